"""One form for each JSON document (RFC 8785), so that a digest of it means the document."""

import json
from typing import Any


def canonical(document: Any) -> bytes:
    """Of strings, whole numbers, true, false, null, arrays and objects whose names are ASCII: all that we sign. Raises
    ValueError for anything else, whose form needs more of RFC 8785 than this."""
    _check(document)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _check(value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            # RFC 8785 3.2.3 sorts by UTF-16 code units, as Python does as long as there is nothing beyond
            if not isinstance(name, str) or not name.isascii():
                raise ValueError(name)
            _check(inner)
    elif isinstance(value, list):
        for inner in value:
            _check(inner)
    elif isinstance(value, int):
        if abs(value) >= 2**53:  # RFC 8785 3.2.2.3: numbers are those of IEEE 754
            raise ValueError(value)
    elif value is not None and not isinstance(value, str):
        raise ValueError(value)
