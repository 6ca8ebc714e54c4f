"""What becomes of a tenant's schema. At every commit each person fits it: a definition that somebody would not fit is
not put in force, and says of how many that is so."""

from collections.abc import Mapping
from typing import NamedTuple

from idp import audit, tenants
from idp.audit import Event
from idp.kit.asking import Filter, Flag, Words, named_like
from idp.kit.errors import Conflict, NotFound, Stale
from idp.kit.listing import Listing
from idp.kit.units import Unit
from idp.users import attribute_store, dynamic_groups, store
from idp.users.attribute_document import read_change
from idp.users.attribute_store import definitions
from idp.users.attribute_types import MOST, AttributeType, Definition, against, key_of
from idp.users.model import Known, UserId
from idp.users.surveying import Survey

_NAMED = 50

__all__ = ["LISTED", "Change", "Preview", "change", "create", "definitions", "delete", "get", "prepared_change"]


class Preview(NamedTuple):
    """Of `people`, how many have a value and how many would not fit; the first of those."""

    people: int
    having: int
    violating: int
    users: tuple[UserId, ...]


class _Look(NamedTuple):
    has: bool
    fits: bool
    key: bytes | None


class Change:
    """One that has been prepared in a unit that reads, and is made in one that writes."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._survey: Survey[_Look] = Survey(self._judge)

    def preview(self, unit: Unit) -> Preview:
        """As of now."""
        looks = self._survey.look(unit)
        wrong = {user for user, look in looks.items() if not look.fits}
        if self.definition.unique:
            owners: dict[bytes, UserId] = {}
            for user, look in looks.items():
                if look.key is not None and owners.setdefault(look.key, user) != user:
                    wrong.add(user)
        having = sum(look.has for look in looks.values())
        return Preview(len(looks), having, len(wrong), tuple(sorted(wrong)[:_NAMED]))

    def holders(self, unit: Unit) -> dict[UserId, bytes]:
        """Who has which value, in the form in which two are compared."""
        return {user: look.key for user, look in self._survey.look(unit).items() if look.key is not None}

    def _judge(self, known: Known) -> _Look:
        value = known.attributes.get(self.definition.name)
        if value is None:
            return _Look(has=False, fits=not self.definition.required, key=None)
        return _Look(has=True, fits=against(self.definition, value) is None, key=key_of(value))


def create(unit: Unit, change: Change) -> Definition:
    """Raises `Conflict`: `attribute_exists`, `too_many_attributes` with `limit`, `attribute_violated` with `count`."""
    _hold(unit)
    definition = change.definition
    known = attribute_store.definitions(unit)
    if definition.name in {each.name for each in known}:
        raise Conflict.at("/name", "attribute_exists", "There is an attribute of this name already.")
    if len(known) >= MOST:
        raise Conflict("too_many_attributes", f"A tenant has at most {MOST} attributes.", limit=MOST)
    _refuse_violated(unit, change)
    attribute_store.add(unit, definition)
    audit.record(unit, Event.ATTRIBUTE_CREATED, subject=definition.name)
    return get(unit, definition.name)


def change(unit: Unit, prepared: Change, *, before: Definition) -> Definition:
    """`before` is what it was prepared on. Raises `NotFound`, `Stale`, `Conflict("attribute_violated")`."""
    _hold(unit)
    now = get(unit, before.name)
    if now.version != before.version:
        raise Stale("attribute")
    after = prepared.definition
    if after == now:
        return now
    _refuse_violated(unit, prepared)
    attribute_store.change(unit, after)
    if after.unique and not now.unique:
        for user, key in prepared.holders(unit).items():
            attribute_store.hold(unit, user, after.name, key)
    elif now.unique and not after.unique:
        attribute_store.forget_claims(unit, after.name)
    changed = [name for name in Definition._fields if getattr(now, name) != getattr(after, name)]
    audit.record(unit, Event.ATTRIBUTE_CHANGED, subject=after.name, fields=changed)
    return get(unit, after.name)


def delete(unit: Unit, prepared: Change, *, discard: bool) -> None:
    """With the values that people have, where they are to be discarded. Raises `NotFound`,
    `Conflict`: `attribute_in_use` with the `groups` whose rules ask about it, `attribute_has_values` with `count`."""
    _hold(unit)
    name = get(unit, prepared.definition.name).name
    asking = dynamic_groups.asking_about(unit, name)
    if asking:
        raise Conflict("attribute_in_use", "Rules of groups ask about it.", groups=asking)
    holders = sorted(prepared.holders(unit))
    if holders and not discard:
        detail = f"{len(holders)} people have a value."
        raise Conflict("attribute_has_values", detail, count=len(holders))
    for user in holders:
        store.drop_attribute(unit, user, name)
    attribute_store.delete_definition(unit, name)
    audit.record(unit, Event.ATTRIBUTE_DELETED, subject=name, discarded=len(holders))


def get(unit: Unit, name: str) -> Definition:
    """Raises `NotFound`."""
    found = next((each for each in attribute_store.definitions(unit) if each.name == name), None)
    if found is None:
        raise NotFound("attribute")
    return found


def prepared_change(unit: Unit, name: str, patch: Mapping[str, object]) -> tuple[Definition, Change]:
    """What the definition is, and what it is to be. Raises `NotFound`, `Invalid`."""
    before = get(unit, name)
    return before, Change(read_change(before, patch))


LISTED: Listing[Definition] = Listing(
    row=Definition,
    make=lambda _, definition: definition,
    key="name",
    natural="name",
    orders={"changed_at": "changed_at"},
    filters={
        "q": named_like("name", "description", example="dep", meaning="Those in whose name or description it stands."),
        "type": Filter(
            takes=Words(AttributeType), meaning="Those of it.", sieve=lambda _, each, wanted: each.type.value == wanted
        ),
        "required": Filter(
            takes=Flag(),
            meaning="Those that everybody has, or those that somebody may lack.",
            sieve=lambda _, each, wanted: each.required is wanted,
        ),
    },
)


def _hold(unit: Unit) -> None:
    """Until the commit nobody is changed and nobody comes into being."""
    tenants.touch(unit)
    store.hold_names(unit)


def _refuse_violated(unit: Unit, prepared: Change) -> None:
    found = prepared.preview(unit)
    if found.violating:
        detail = f"{found.violating} of {found.people} people would not fit."
        raise Conflict("attribute_violated", detail, count=found.violating, users=list(found.users))
