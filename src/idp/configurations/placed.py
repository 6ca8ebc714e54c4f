"""A YAML document as plain data that remembers on which lines it stands.

Read as YAML 1.2 has it (core schema): `NO` is a country and `10:00` a time of day, whatever older readers make of them.
There is one reading of a document, or none: no name twice, no tags of programs, no merging, nothing after the document,
and anchors only as far as a person could have meant them.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

LARGEST = 64 * 1024 * 1024  # bytes
DEEPEST = 48
MOST = 4_000_000  # values, where anchors count as often as they are used
MOST_ALIASES = 10_000

_CORE = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = {each: each.lower() == "true" for each in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)")


class Unreadable(Exception):
    """With the line, from 1."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line


class Members(dict[str, Any]):
    """A mapping; `lines` by name, and its own `line`."""

    line: int = 0
    lines: dict[str, int]


class Items(list[Any]):
    line: int = 0
    lines: list[int]


class Document(NamedTuple):
    root: Any
    line: int

    def line_of(self, pointer: str) -> int:
        """Of what stands at the pointer (RFC 6901), or of the nearest that is there around it."""
        at, line = self.root, self.line
        for part in pointer.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(at, Members) and name in at:
                at, line = at[name], at.lines[name]
            elif isinstance(at, Items) and name.isdecimal() and int(name) < len(at):
                at, line = at[int(name)], at.lines[int(name)]
            else:
                break
        return line


def read(text: bytes) -> Document:
    """Raises `Unreadable`."""
    if len(text) > LARGEST:
        raise Unreadable(1, f"The file is larger than {LARGEST:,} bytes.")
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(yaml).build(yaml.parse(text.decode("utf-8-sig"), Loader=loader))
    except UnicodeDecodeError as error:
        raise Unreadable(text.count(b"\n", 0, error.start) + 1, "This is not UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = getattr(error, "problem", None) or "this is no YAML"
        raise Unreadable(mark.line + 1 if mark else 1, f"{said[0].upper()}{said[1:]}.") from None


class _Open(NamedTuple):
    """A collection that is being read, and of a mapping the name whose value comes next."""

    into: Members | Items
    names: list[str]
    anchor: str | None


class _Builder:
    def __init__(self, yaml: Any) -> None:
        self._yaml = yaml
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._aliases = 0
        self._root: Document | None = None

    def build(self, events: Iterator[Any]) -> Document:
        for event in events:
            self._take(event, event.start_mark.line + 1)
        return self._root or Document(None, 1)

    def _take(self, event: Any, line: int) -> None:
        yaml = self._yaml
        if isinstance(event, yaml.DocumentStartEvent):
            if self._root is not None:
                raise Unreadable(line, "One file is one document.")
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event.tag, line)
            self._put(_scalar(event, line), line, event.anchor, plain=event.implicit[0])
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(event.tag, line)
            self._begin(Members() if isinstance(event, yaml.MappingStartEvent) else Items(), line, event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = self._open.pop()
            if ended.anchor is not None:
                self._anchors[ended.anchor] = ended.into, _size(ended.into)
        elif isinstance(event, yaml.AliasEvent):
            self._refer(event.anchor, line)

    def _begin(self, into: Members | Items, line: int, anchor: str | None) -> None:
        if len(self._open) >= DEEPEST:
            raise Unreadable(line, f"More than {DEEPEST} levels.")
        into.line = line
        into.lines = {} if isinstance(into, Members) else []
        self._put(into, line, None, plain=False)
        self._open.append(_Open(into, [], anchor))

    def _refer(self, anchor: str, line: int) -> None:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            raise Unreadable(line, f"More than {MOST_ALIASES:,} references to anchors.")
        if anchor not in self._anchors:  # also of what has not ended yet: it would hold itself
            raise Unreadable(line, f"There is no anchor {anchor} before this.")
        value, size = self._anchors[anchor]
        self._count += size
        self._put(value, line, None, plain=False)

    def _put(self, value: Any, line: int, anchor: str | None, *, plain: bool) -> None:
        self._count += 1
        if self._count > MOST:
            raise Unreadable(line, f"More than {MOST:,} values.")
        if anchor is not None:
            self._anchors[anchor] = value, 1
        if not self._open:
            self._root = Document(value, line)
            return
        into, names, _ = self._open[-1]
        if isinstance(into, Items):
            into.append(value)
            into.lines.append(line)
        elif names:
            into[names[-1]] = value
            names.pop()
        else:
            self._name(into, names, value, line, plain=plain)

    def _name(self, into: Members, names: list[str], value: Any, line: int, *, plain: bool) -> None:
        if not isinstance(value, str):
            raise Unreadable(line, "A name is a text: put it in quotes.")
        if plain and value == "<<":
            raise Unreadable(line, "Mappings are not merged into each other.")
        if value in into.lines:
            raise Unreadable(line, f"{value} stands here twice; first in line {into.lines[value]}.")
        into.lines[value] = line
        names.append(value)

    def _refuse_tag(self, tag: str | None, line: int) -> None:
        if tag is not None and tag not in {f"{_CORE}str", f"{_CORE}map", f"{_CORE}seq", "!"}:
            raise Unreadable(line, f"The tag {tag} has no meaning here.")


def _scalar(event: Any, line: int) -> Any:
    text = cast(str, event.value)
    if "\0" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise Unreadable(line, "A character that no text has.")
    if not event.implicit[0] or event.tag is not None:
        return text
    if text in _NULLS:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if _INTEGER.fullmatch(text):
        number = int(text)
        if not -(2**63) <= number < 2**63:
            raise Unreadable(line, "A whole number beyond 64 bits.")
        return number
    if _NUMBER.fullmatch(text):
        if not math.isfinite(float(text)):
            raise Unreadable(line, "A number beyond double precision.")
        return float(text)
    return text


def _size(value: Any) -> int:
    """Values in it; what an anchor stood for in it was counted when it was put there."""
    if isinstance(value, Mapping):
        return 1 + sum(_size(each) for each in value.values())
    if isinstance(value, list):
        return 1 + sum(_size(each) for each in value)
    return 1
