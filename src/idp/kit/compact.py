"""JSON without a space too many, by an encoder that is made once: `json.dumps` makes one for each call."""

import json

dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
