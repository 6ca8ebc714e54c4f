"""What a list may be asked: the filters that it knows, each with what it takes, and the orders it comes in."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.sql import ColumnElement

from idp.kit.fields import Fields

SORT = "sort"
NATURAL = ""
_DESCENDING = "-"
_LONGEST = 200
_BEHIND_ALL = "~"  # no id begins so


class Takes(Protocol):
    """What a parameter of a query may be."""

    def read(self, fields: Fields, name: str, text: str) -> Any:
        """What is wrong with it is remembered in `fields`."""

    @property
    def schema(self) -> dict[str, Any]:
        """As OpenAPI describes it."""


@dataclass(frozen=True)
class Words:
    """One of some words."""

    words: type[StrEnum]

    def read(self, fields: Fields, name: str, text: str) -> Any:
        if text in self._known:
            return self.words(text).value
        fields.refuse(name, "unknown_value", "This value is not known.", found=text, expected=self._known)
        return None

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self._known}

    @property
    def _known(self) -> list[str]:
        return [word.value for word in self.words]


@dataclass(frozen=True)
class Text:
    """Any text that is not empty, such as an id: what nothing has finds nothing."""

    example: str
    longest: int = _LONGEST

    def read(self, fields: Fields, name: str, text: str) -> Any:
        if len(text.strip()) > 0 and len(text) <= self.longest and "\0" not in text:
            return text
        bounds = {"minLength": 1, "maxLength": self.longest}
        detail = f"{name} must have 1 to {self.longest} characters."
        fields.refuse(name, "invalid_length", detail, found=text, expected=bounds)
        return None

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.longest, "examples": [self.example]}


@dataclass(frozen=True)
class Flag:
    def read(self, fields: Fields, name: str, text: str) -> Any:
        if text in ("true", "false"):
            return text == "true"
        fields.refuse(name, "unknown_value", "It is true or false.", found=text, expected=[True, False])
        return None

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


def asked(name: str) -> "BindParameter[Any]":
    """In the condition of the filter of this name: what was asked for."""
    return bindparam(f"asked_{name}")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What rows must be, in SQL (`where`), or where the database cannot see it, in Python: `sieve` is shown the row
    before it is opened, `keeps` what was made of it. `finds` gives ids that may be it, in the order of creation."""

    takes: Takes
    meaning: str
    where: ColumnElement[bool] | Mapping[Any, ColumnElement[bool]] | None = None
    """One for all values, which names the value (`asked`), or one for each."""
    binds: Callable[[Any, Any], dict[str, Any]] | None = None
    """Of a unit and the value: what `where` names, if that is not the value itself."""
    sieve: Callable[[Any, Any, Any], bool] | None = None
    """Of a unit, the row and the value."""
    keeps: Callable[[Any, Any], bool] | None = None
    """Of what was made of the row, and the value."""
    finds: "Callable[[Any, Any, Span], list[str]] | None" = None
    """Of a unit and the value."""
    narrow: bool = False
    """Whether it leaves next to nothing: then nothing else is looked for first."""

    def condition(self, value: Any) -> ColumnElement[bool] | None:
        return self.where[value] if isinstance(self.where, Mapping) else self.where

    def values(self, unit: Any, name: str, value: Any) -> dict[str, Any]:
        """What its condition names."""
        if self.binds is not None:
            return self.binds(unit, value)
        return {} if self.where is None or isinstance(self.where, Mapping) else {f"asked_{name}": value}


class Span(NamedTuple):
    """Of ids: behind `after` (empty: from the beginning), at most so many."""

    after: str
    limit: int
    descending: bool = False

    @property
    def start(self) -> str:
        """What all of them are behind."""
        return self.after or (_BEHIND_ALL if self.descending else "")


def named_like(*members: str, example: str, meaning: str) -> Filter:
    """Of members of the row that are names in clear: somewhere in one of them, in any case and width."""

    def sieve(_: Any, row: Any, wanted: str) -> bool:
        return any(contains(getattr(row, name) or "", wanted) for name in members)

    return Filter(takes=Text(example, longest=100), meaning=meaning, sieve=sieve)


def contains(name: str, wanted: str) -> bool:
    """In any case and width."""
    return _folded(wanted) in _folded(name)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class Asked(NamedTuple):
    """A question to a list, read; `order` is one that the list has, `NATURAL` the one that it has by itself."""

    values: Mapping[str, Any]
    order: str = NATURAL
    descending: bool = False


EVERYTHING = Asked({})


def read(given: Mapping[str, str], filters: Mapping[str, Filter], orders: Sequence[str]) -> Asked:
    """The first of the orders is the natural one. Raises `Invalid` with everything that is wrong with it."""
    fields = Fields({})
    values = {name: filters[name].takes.read(fields, name, text) for name, text in given.items() if name in filters}
    wanted = given.get(SORT, orders[0])
    order, descending = wanted.removeprefix(_DESCENDING), wanted.startswith(_DESCENDING)
    if wanted not in both_ways(orders):
        fields.refuse(SORT, "unknown_value", "There is no such order.", found=wanted, expected=both_ways(orders))
    elif order != orders[0] and (seeking := [name for name in values if filters[name].finds is not None]):
        detail = f"What is found by {seeking[0]} comes in the order of creation."
        fields.refuse(SORT, "not_combinable", detail, found=wanted, expected=both_ways(orders[:1]))
    fields.finish()
    return Asked(values, NATURAL if order == orders[0] else order, descending)


def both_ways(orders: Iterable[str]) -> list[str]:
    return [spelled for name in orders for spelled in (name, f"{_DESCENDING}{name}")]
