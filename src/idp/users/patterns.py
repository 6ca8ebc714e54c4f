"""Patterns of attributes, which tenants write: matched in time that grows with the text, whatever was written.

A pattern is one or more alternatives, parted by `|`, each a row of characters, `.`, `\\d`, `\\w`, `\\s` and classes in
brackets; behind each may stand `?`, `*`, `+`, `{n}` or `{m,n}`. It matches the whole text. There are no groups: what
takes exponential time in other engines cannot be said.
"""

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST = 200
_MOST_TIMES = 1_000
_ATOM = re.compile(
    r"(?P<one>\\[dwsDWS]|\\[^a-zA-Z0-9\s]|\[\^?(?:\\[dwsDWS]|\\[^a-zA-Z0-9\s]|[^\[\]\\])+\]|[^\\\[\](){}?*+|^$])"
    r"(?P<times>[?*+]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\})?"
)
_TIMES = {"": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}


class BadPattern(ValueError):
    """`args[0]` is a sentence for whoever wrote it."""


class _Atom(NamedTuple):
    one: re.Pattern[str]
    least: int
    most: int | None


class Pattern(NamedTuple):
    alternatives: tuple[tuple[_Atom, ...], ...]

    def matches(self, text: str) -> bool:
        return any(_matches(atoms, text) for atoms in self.alternatives)


@lru_cache(maxsize=256)
def parse(text: str) -> Pattern:
    """Raises `BadPattern`."""
    if not 0 < len(text) <= LONGEST:
        raise BadPattern(f"A pattern has 1 to {LONGEST} characters.")
    alternatives: list[list[_Atom]] = [[]]
    at = 0
    while at < len(text):
        if text[at] == "|":
            alternatives.append([])
            at += 1
            continue
        found = _ATOM.match(text, at)
        if found is None:
            raise BadPattern(f"It cannot be read from character {at + 1} on: {text[at : at + 10]!r}.")
        alternatives[-1].append(_atom(found))
        at = found.end()
    return Pattern(tuple(tuple(each) for each in alternatives))


def _atom(found: "re.Match[str]") -> _Atom:
    if re.search(r"([-&~|])\1", found["one"]):  # set operations, which other readers of classes know
        raise BadPattern(f"The class {found['one']!r} cannot be read.")
    try:
        one = re.compile(found["one"], re.DOTALL | re.ASCII)
    except re.error:  # such as a range that runs backwards
        raise BadPattern(f"The class {found['one']!r} cannot be read.") from None
    times = found["times"] or ""
    if not times.startswith("{"):
        return _Atom(one, *_TIMES[times])
    least, comma, most = times[1:-1].partition(",")
    lowest, highest = int(least), int(most) if most else None if comma else int(least)
    if (highest is not None and highest < lowest) or max(lowest, highest or 0) > _MOST_TIMES:
        raise BadPattern(f"{times} says nothing that could be.")
    return _Atom(one, lowest, highest)


def _matches(atoms: tuple[_Atom, ...], text: str) -> bool:
    """`ends` holds, for each place in the text, whether what stands before it has matched so far."""
    size = len(text)
    ends = [True] + [False] * size
    for atom in atoms:
        run = _runs(atom, text)
        opened = [0] * (size + 2)
        for start in range(size + 1):
            if ends[start] and run[start] >= atom.least:
                opened[start + atom.least] += 1
                furthest = run[start] if atom.most is None else min(run[start], atom.most)
                opened[start + furthest + 1] -= 1
        within, ends = 0, []
        for place in range(size + 1):
            within += opened[place]
            ends.append(within > 0)
    return ends[size]


def _runs(atom: _Atom, text: str) -> list[int]:
    """For each place how many characters from there on are the atom's."""
    run = [0] * (len(text) + 1)
    for place in range(len(text) - 1, -1, -1):
        run[place] = run[place + 1] + 1 if atom.one.fullmatch(text[place]) else 0
    return run
