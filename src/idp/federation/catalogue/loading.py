"""The file, read and judged: every entry gives a registration that would be taken, whatever fits its parameters."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from idp.federation.catalogue.model import Application, Parameter, Step, Text
from idp.federation.catalogue.values import MEANINGS
from idp.federation.vocabulary import Protocol

FILE = Path(__file__).with_name("applications.toml")
PLACE = re.compile(r"<([a-z_]+)>")
_ID = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_URL = re.compile(r"https://[^\s<>]+")
_MEMBERS = {"name", "protocol", "documentation", "sources", "setup"}
_ALLOWED = _MEMBERS | {"where", "note", "parameters", *Protocol}


class BadCatalogue(Exception):
    """Names the application and what is wrong with it."""


@cache
def applications() -> Mapping[str, Application]:
    """By their ids, in the order of these. Raises `BadCatalogue`."""
    return read(FILE.read_text("utf-8"))


def read(text: str) -> dict[str, Application]:
    """Raises `BadCatalogue`."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadCatalogue(str(error)) from None
    return {name: _application(name, found[name]) for name in sorted(found)}


def places(value: object) -> Iterator[str]:
    """The names of parameters that stand in it, or in what it holds."""
    if isinstance(value, str):
        yield from PLACE.findall(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from places(each)
    elif isinstance(value, list):
        for each in value:
            yield from places(each)


def _application(name: str, entry: Any) -> Application:
    try:
        return _read(name, entry)
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        raise BadCatalogue(f"{name}: {error}") from error


def _read(name: str, entry: dict[str, Any]) -> Application:
    _require(_ID.fullmatch(name) is not None, "the id has small letters, digits and single underscores")
    _require(set(entry) <= _ALLOWED, f"unknown members: {sorted(set(entry) - _ALLOWED)}")
    protocol = Protocol(entry["protocol"])
    found = Application(
        name,
        entry["name"],
        protocol,
        entry["documentation"],
        tuple(entry["sources"]),
        tuple(_parameter(each, said) for each, said in entry.get("parameters", {}).items()),
        entry[protocol.value],
        tuple(Step(**each) for each in entry["setup"]),
        _text(entry.get("where")),
        _text(entry.get("note")),
    )
    _require(bool(found.sources), "facts have a source")
    _require(all(map(_URL.fullmatch, (found.documentation, *found.sources))), "addresses are https")
    named = {each.name for each in found.parameters}
    _require(set(places(found.settings)) == named, f"places and parameters differ: {sorted(named)}")
    unknown = [each.value for each in found.setup if not each.value.startswith("=") and each.value not in MEANINGS]
    _require(bool(found.setup) and not unknown, f"unknown values: {unknown}")
    return found


def _parameter(name: str, said: dict[str, Any]) -> Parameter:
    label = _text(said["label"])
    _require(re.fullmatch(said["pattern"], said["example"]) is not None, f"{name}: the example does not fit")
    _require(label is not None and set(said) == {"pattern", "example", "label"}, f"{name}: pattern, example, label")
    assert label is not None
    return Parameter(name, said["pattern"], said["example"], label)


def _text(said: dict[str, str] | None) -> Text | None:
    return None if said is None else Text(**said)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
