"""The hallway behind every door: what is common to answering a browser, and knows nothing of any protocol."""
