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
        places = _Places(text)
        return any(_ends(atoms, places) >> len(text) for atoms in self.alternatives)


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


class _Places:
    """Where in a text what stands: sets of places, as the bits of a number, so that one step is taken from all of them
    at once."""

    def __init__(self, text: str) -> None:
        self._of: dict[str, int] = {}
        for place, character in enumerate(text):
            self._of[character] = self._of.get(character, 0) | 1 << place
        self._characters = "".join(self._of)
        self._known: dict[re.Pattern[str], int] = {}

    def of(self, one: re.Pattern[str]) -> int:
        if one not in self._known:
            found = 0
            for character in one.findall(self._characters):
                found |= self._of[character]
            self._known[one] = found
        return self._known[one]


def _ends(atoms: tuple[_Atom, ...], places: _Places) -> int:
    """The places up to which the text has matched."""
    ends = 1
    for atom in atoms:
        here = places.of(atom.one)
        ends = _further(ends, here, atom.least)
        if atom.most is None:
            # adding carries from each place to the end of the run in which it stands
            ends |= ((ends & here) + here) ^ here
        else:
            ends = _up_to(ends, here, atom.most - atom.least)
    return ends


def _further(ends: int, here: int, times: int) -> int:
    """By just so many characters."""
    run, size = here, 1  # from where so many characters in a row are the atom's
    while size < times:
        more = min(size, times - size)
        run &= run >> more
        size += more
    return (ends & run) << times if times else ends


def _up_to(ends: int, here: int, times: int) -> int:
    """By so many characters, or fewer."""
    done = 0
    while done < times:
        more = min(done + 1, times - done)
        ends |= _further(ends, here, more)
        done += more
    return ends
