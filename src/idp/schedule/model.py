from typing import NamedTuple, Protocol

from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units


class Place(NamedTuple):
    """In the order in which things are done: by the instant (microseconds since the epoch), then by id."""

    at_us: int
    id: str


BEGINNING = Place(-1, "")


class Item(NamedTuple):
    """Something due to `tenant` at an instant that is 00:00 of a day in `zone`; `id` is of the step's own choice."""

    tenant: TenantId
    id: str
    at_us: int
    zone: str

    @property
    def place(self) -> Place:
        return Place(self.at_us, self.id)


class Done(NamedTuple):
    renewed: int = 0
    ended: int = 0
    erased: int = 0
    reminders: int = 0
    statements: int = 0

    def plus(self, other: "Done") -> "Done":
        return Done(*(mine + its for mine, its in zip(self, other, strict=True)))


class Outcome(NamedTuple):
    """`failed` are the items that could not be done, each with what went wrong; the next run tries them again."""

    done: Done
    failed: tuple[tuple[Item, Exception], ...]


class Step(Protocol):
    """One kind of thing that falls due."""

    def resume(self, units: Units) -> Done:
        """What an earlier run, had it not died, would have brought to its end."""

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        """Up to `limit` items beyond `after` and no later than the instant `upto`, in order; in a unit of the platform
        that only reads. Doing an item may make others due, at a later place of the same step or in another one."""

    def do(self, units: Units, item: Item) -> Done:
        """In a unit of its own, which commits the whole of it or nothing. Finds out for itself whether it is still to
        be done: somebody else may have been first."""
