from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from idp.kit.errors import FieldError
from idp.kit.ids import TenantId
from idp.kit.units import Unit


class Action(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


class Absent(Enum):
    ABSENT = "absent"


ABSENT = Absent.ABSENT


class Change(NamedTuple):
    """One field; `ABSENT` where there is none. Of a secret it says where it comes from."""

    path: str
    before: Any
    after: Any


class Revealed(NamedTuple):
    """A secret that was made, to be shown this once: `client_id` is what it is known by, the id of a webhook."""

    tenant: str
    service: str
    client_id: str
    client_secret: str


class Step(NamedTuple):
    """`place` is where the document says it (RFC 6901), or where it does not say it any more."""

    kind: str
    action: Action
    id: str
    name: str
    place: str
    changes: tuple[Change, ...]
    do: Callable[[Unit], Revealed | None]


class TenantPlan(NamedTuple):
    """`left` is what the document does not name, by kind; `tries_policies` where an administrator could be locked out;
    `last` is what is done when all else is there, with the places that say so."""

    tenant: TenantId
    slug: str
    place: str
    revision: int
    steps: tuple[Step, ...]
    unchanged: int
    left: tuple[tuple[str, str], ...]
    last: tuple[tuple[str, Callable[[Unit], object]], ...]
    tries_policies: bool


class Plan(NamedTuple):
    tenants: tuple[TenantPlan, ...]

    @property
    def steps(self) -> list[tuple[str, Step]]:
        """With the slug of their tenants."""
        return [(each.slug, step) for each in self.tenants for step in each.steps]

    def count(self, action: Action) -> int:
        return sum(step.action is action for _, step in self.steps)

    @property
    def unchanged(self) -> int:
        return sum(each.unchanged for each in self.tenants)

    @property
    def said(self) -> list[tuple[object, ...]]:
        """What a person has seen of it."""
        return [(slug, *step[:4], step.changes) for slug, step in self.steps]


class Refused(Exception):
    """Every fault that was found, each with its place in the document."""

    def __init__(self, faults: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{each.pointer}: {each.detail}" for each in faults))
        self.faults = tuple(faults)


def differences(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """By field, in the order of their names; a list is one value."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        if before != after:
            yield Change(path, before, after)
        return
    for name in sorted(before.keys() | after.keys()):
        inner = f"{path}.{name}" if path else name
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            yield from differences({} if old is ABSENT else old, {} if new is ABSENT else new, inner)
        elif old != new:
            yield Change(inner, old, new)


def tidied(value: Any) -> Any:
    """Without what is null, and in the order of the names."""
    if isinstance(value, Mapping):
        return {name: tidied(value[name]) for name in sorted(value) if value[name] is not None}
    if isinstance(value, list | tuple):
        return [tidied(each) for each in value]
    return value
