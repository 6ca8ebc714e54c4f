from enum import StrEnum
from typing import NamedTuple


class Entry(NamedTuple):
    chain: str
    seq: int
    at: int
    event: str
    actor_kind: str
    actor_id: str
    source: str
    subject: str
    facts: str
    hash: bytes

    @property
    def place(self) -> "Place":
        return Place(self.at, self.chain, self.seq)


class Head(NamedTuple):
    """The last row of a chain, or the one that it is known to have had."""

    chain: str
    seq: int
    hash: bytes


class Place(NamedTuple):
    """Where an entry stands among all of its tenant: by its instant, and within it by chain and number."""

    at: int
    chain: str
    seq: int


BEGINNING = Place(-1, "", 0)
END = Place(2**62, "", 0)


class Flaw(StrEnum):
    MISSING = "missing"
    ALTERED = "altered"
    OUTDATED = "outdated"


class Break(NamedTuple):
    """Where a chain does not add up. `missing`: no row `seq`, up to `before`, the next one that is there (None at the
    end); `altered`: row `seq` is not what was written; `outdated`: it was removed when its time was over, and is
    back."""

    chain: str
    seq: int
    problem: Flaw
    before: int | None = None


class Verdict(NamedTuple):
    """What a verification saw: `bad` are the first of `broken` places."""

    rows: int
    chains: int
    broken: int = 0
    bad: tuple[Break, ...] = ()

    @property
    def first_bad(self) -> Break | None:
        return self.bad[0] if self.bad else None
