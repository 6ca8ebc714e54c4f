"""Values of attributes made of others: `{family_name} {given_name}`, `{email|before:@|lower}`.

Text, and in braces the name of something that is known of a person, with functions behind it that each take a text and
give one, or nothing. There is nothing else: no names to reach, no calls, no loops (attack class: code in mappings). Of
what has several values one may take part, and gives as many. What is not known gives no value at all.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from idp import users

LONGEST = 512
_MOST = 10
_SEVERAL = frozenset({"groups", "roles"})
_PART = re.compile(r"\{\{|\}\}|\{(?P<inside>[^{}]*)\}|(?P<text>[^{}]+)|(?P<wrong>.)", re.DOTALL)


class BadExpression(ValueError):
    """The message is for whoever wrote it."""


class Step(NamedTuple):
    name: str
    argument: str


class Reference(NamedTuple):
    source: str
    steps: tuple[Step, ...]


class Expression(NamedTuple):
    """As it was written, and in its parts."""

    text: str
    parts: tuple[str | Reference, ...]

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(part.source for part in self.parts if isinstance(part, Reference))

    def values(self, known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        """One for each value of what has several."""
        several = next((known.get(each, ()) for each in sorted(self.sources & _SEVERAL)), None)
        for each in [None] if several is None else several:
            made = [_made(part, known, each) for part in self.parts]
            text = "".join(part for part in made if part is not None)
            if None not in made and text:
                yield text


def _made(part: str | Reference, known: Mapping[str, tuple[str, ...]], each: str | None) -> str | None:
    if isinstance(part, str):
        return part
    values = known.get(part.source, ())
    value = each if part.source in _SEVERAL else values[0] if values else None
    for step in part.steps:
        value = None if value is None else _FUNCTIONS[step.name](value, step.argument)
    return value


def _before(value: str, mark: str) -> str | None:
    head, found, _ = value.partition(mark)
    return head if found else None


def _after(value: str, mark: str) -> str | None:
    _, found, tail = value.partition(mark)
    return tail if found else None


_FUNCTIONS: Mapping[str, Callable[[str, str], str | None]] = MappingProxyType(
    {
        "after": _after,
        "before": _before,
        "lower": lambda value, _: value.lower(),
        "upper": lambda value, _: value.upper(),
    }
)
_WITH_ARGUMENT = frozenset({"after", "before"})


def parse(text: str) -> Expression:
    """`{{` and `}}` are braces. Raises `BadExpression`."""
    if not 0 < len(text) <= LONGEST:
        raise BadExpression(f"An expression has 1 to {LONGEST} characters.")
    parts = tuple(_parts(text))
    found = Expression(text, parts)
    if sum(isinstance(part, Reference) for part in parts) > _MOST:
        raise BadExpression(f"An expression names at most {_MOST} sources.")
    if not found.sources:
        raise BadExpression("An expression names a source in braces; what is always the same is `values`.")
    if len(found.sources & _SEVERAL) > 1:
        raise BadExpression("Of groups and roles one can take part.")
    return found


def _parts(text: str) -> Iterator[str | Reference]:
    for match in _PART.finditer(text):
        if match["wrong"] is not None:
            raise BadExpression("A brace is not closed; two of them stand for one.")
        if match["inside"] is not None:
            yield _reference(match["inside"])
        else:
            yield match["text"] or match[0][0]


def _reference(inside: str) -> Reference:
    source, *steps = inside.split("|")
    if not users.is_source(source):
        raise BadExpression(f"Nothing is known of a person by the name {source!r}.")
    return Reference(source, tuple(map(_step, steps)))


def _step(text: str) -> Step:
    name, given, argument = text.partition(":")
    if name not in _FUNCTIONS:
        raise BadExpression(f"There is no function {name!r}: {', '.join(sorted(_FUNCTIONS))}.")
    if bool(given and argument) is not (name in _WITH_ARGUMENT):
        raise BadExpression("before and after want a text behind a colon, the others none.")
    return Step(name, argument)
