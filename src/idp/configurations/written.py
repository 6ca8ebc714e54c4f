"""Plain data as YAML: the same data are always the same bytes, and any reader of YAML 1.1 or 1.2 reads them back."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_STEP = "  "
# Begins with a letter and has nothing that means anything to YAML.
_PLAIN = re.compile(r"[^\W\d_](?:[\w./@+=?&~%;()'_-]|:(?=[\w./])| (?=[\w./@+(]))*")
_MEANS_SOMETHING = re.compile(r"(?:null|true|false|yes|no|on|off|y|n)", re.IGNORECASE)
# What readers take for line ends, or do not take at all unless it is escaped.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_LINES = re.compile(r"[^\s#%-][^\n]*(?:\n[^\n]*)*?[^\s]\n?")


def written(value: Any) -> str:
    """Of a mapping or a list: lines, each with its end."""
    return "".join(f"{line}\n" for line in _lines(value, ""))


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _entry(f"{indent}{_text(name)}:", inner, indent)
    else:
        for inner in value:
            if isinstance(inner, Mapping | list) and inner:
                first, *rest = _lines(inner, indent + _STEP)
                yield f"{indent}- {first.removeprefix(indent + _STEP)}"
                yield from rest
            else:
                yield from _entry(f"{indent}-", inner, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list) and value:
        yield head
        yield from _lines(value, indent + _STEP)
    elif isinstance(value, str) and _is_lines(value):
        yield f"{head} |" if value.endswith("\n") else f"{head} |-"
        yield from (f"{indent}{_STEP}{line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _is_lines(text: str) -> bool:
    return "\n" in text and not _ESCAPED.search(text) and "\t" not in text and bool(_LINES.fullmatch(text))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return json.dumps(value)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _MEANS_SOMETHING.fullmatch(text) and not _ESCAPED.search(text):
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
