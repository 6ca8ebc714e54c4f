"""Documents of the API, for its description: what may be sent, and what is shown. The rooms judge what arrives."""
