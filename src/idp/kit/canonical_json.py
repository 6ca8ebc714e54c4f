"""JSON of which two people make the same bytes (RFC 8785), for what is hashed and signed."""

import json
from typing import Any


def encode(value: Any) -> bytes:
    """Members are sorted as UTF-16 would sort them (3.2.3), strings escaped no more than needed. Numbers are integers
    that every reader can hold; there are no others in what we sign. Raises `ValueError`."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    if isinstance(value, list):
        return [_ordered(each) for each in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > 2**53 - 1):
        raise ValueError(f"{value!r} has no one spelling here")
    return value
