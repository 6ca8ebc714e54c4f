"""What is asked here takes minutes: `make scale` asks it, and says of how many. The gate counts statements instead
(`tests/admin/test_statements_of_lists.py`)."""

import os

collect_ignore = [] if "IDS" in os.environ else ["test_pages.py"]
