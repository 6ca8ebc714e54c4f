import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit
from idp.users.attribute_types import AttributeType, Definition, key_of
from idp.users.model import UserId
from idp.users.tables import person_attributes as attributes
from idp.users.tables import unique_values as values


class _Row(NamedTuple):
    name: str
    document: str
    version: int
    created_at: int
    changed_at: int


class _Held(NamedTuple):
    attribute: str
    value_mac: bytes


class _Holder(NamedTuple):
    user_id: str


_ALL = query(
    select(*[attributes.c[name] for name in _Row._fields]).where(own(attributes)).order_by(attributes.c.name), _Row
)
_ADD = add_new(attributes)
_CHANGE = command(
    update(attributes)
    .where(own(attributes), attributes.c.name == bindparam("attribute"))
    .values(document=bindparam("new_document"), version=attributes.c.version + 1, changed_at=bindparam("now"))
)
_DELETE = command(delete(attributes).where(own(attributes), attributes.c.name == bindparam("gone")))
_HELD_BY = query(
    select(values.c.attribute, values.c.value_mac).where(own(values), values.c.user_id == bindparam("user")), _Held
)
_HOLDER = query(
    select(values.c.user_id).where(
        own(values), values.c.attribute == bindparam("of"), values.c.value_mac == bindparam("mac")
    ),
    _Holder,
)
_CLAIM = add_new(values)
_RELEASE = command(
    delete(values).where(own(values), values.c.user_id == bindparam("user"), values.c.attribute == bindparam("of"))
)
_RELEASE_ALL = command(delete(values).where(own(values), values.c.user_id == bindparam("user")))
_FORGET = command(delete(values).where(own(values), values.c.attribute == bindparam("of")))


def definitions(unit: Unit) -> tuple[Definition, ...]:
    """Of the tenant, by their names."""
    return tuple(map(_definition, unit.all(_ALL)))


def add(unit: Unit, definition: Definition) -> bool:
    """False when there is one of this name."""
    row = {"name": definition.name, "document": _document(definition), "version": 1}
    return unit.run(_ADD, **row, created_at=unit.now_us, changed_at=unit.now_us) == 1


def change(unit: Unit, definition: Definition) -> None:
    unit.run(_CHANGE, attribute=definition.name, new_document=_document(definition), now=unit.now_us)


def delete_definition(unit: Unit, name: str) -> None:
    unit.run(_FORGET, of=name)
    unit.run(_DELETE, gone=name)


def mac_of(unit: Unit, attribute: str, key: bytes) -> bytes:
    """`key` as `key_of` gives it."""
    return unit.mac(f"attributes.{attribute}", key)


def hold(unit: Unit, user_id: UserId, attribute: str, key: bytes) -> None:
    """Of values that nobody has twice."""
    unit.run(_CLAIM, attribute=attribute, value_mac=mac_of(unit, attribute, key), user_id=user_id)


def holder_of(unit: Unit, attribute: str, mac: bytes) -> str | None:
    """Whose the value is that nobody else may have."""
    row = unit.one(_HOLDER, of=attribute, mac=mac)
    return None if row is None else row.user_id


class Claims:
    """Of many who are to have values: which of them nobody else has, and none before them has taken."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._unique = [each.name for each in definitions(unit) if each.unique]
        self._taken: dict[tuple[str, bytes], str] = {}

    def taken(self, said: Mapping[str, Any], *, by: str, held_by: str | None) -> str | None:
        """The name of an attribute whose value is somebody else's; otherwise all are taken `by` whoever it is.
        `held_by` is the ID that may have them already."""
        wanted = {name: mac_of(self._unit, name, key_of(said[name])) for name in self._unique if name in said}
        for name, mac in wanted.items():
            holder = holder_of(self._unit, name, mac)
            if self._taken.get((name, mac), by) != by or holder not in (None, held_by):
                return name
        self._taken |= dict.fromkeys(wanted.items(), by)
        return None


def claim(unit: Unit, user_id: UserId, said: Mapping[str, Any], unique: Iterable[str]) -> str | None:
    """Holds the ID's values of the attributes that are unique, in one conditional write each, and gives back what it
    held before. The name of an attribute whose value somebody else has; then nothing of it may be committed."""
    names = set(unique)
    held = {row.attribute: bytes(row.value_mac) for row in unit.all(_HELD_BY, user=user_id)}
    wanted = {name: mac_of(unit, name, key_of(said[name])) for name in sorted(names & said.keys())}
    for name in held.keys() - {name for name, mac in wanted.items() if held.get(name) == mac}:
        unit.run(_RELEASE, user=user_id, of=name)
    for name, mac in wanted.items():
        if held.get(name) != mac and not unit.run(_CLAIM, attribute=name, value_mac=mac, user_id=user_id):
            return name
    return None


def release(unit: Unit, user_id: UserId) -> None:
    unit.run(_RELEASE_ALL, user=user_id)


def forget_claims(unit: Unit, attribute: str) -> None:
    unit.run(_FORGET, of=attribute)


def _document(definition: Definition) -> str:
    said = definition._asdict()
    return json.dumps({name: said[name] for name in _DESCRIBED}, ensure_ascii=False, separators=(",", ":"))


_DESCRIBED = ("type", "required", "unique", "max_length", "pattern", "values", "description")


def _definition(row: _Row) -> Definition:
    said = json.loads(row.document)
    said |= {"type": AttributeType(said["type"]), "values": tuple(said["values"])}
    return Definition(row.name, **said, version=row.version, created_at=row.created_at, changed_at=row.changed_at)
