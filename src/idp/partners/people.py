"""The people of a partner: accounts of the platform, each of one partner for good."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from idp import audit
from idp.audit import Event
from idp.kit.db import command, own, query
from idp.kit.errors import NotFound
from idp.kit.units import Unit
from idp.partners import store
from idp.partners.tables import partner_people as people


class Person(NamedTuple):
    user_id: str
    partner_id: str
    since: int


_COLUMNS = [people.c[name] for name in Person._fields]
_ADD = command(insert(people))
_FIND = query(select(*_COLUMNS).where(own(people), people.c.user_id == bindparam("id")), Person)
_PAGE = query(
    select(*_COLUMNS)
    .where(own(people), people.c.partner_id == bindparam("partner"), people.c.user_id > bindparam("after"))
    .order_by(people.c.user_id)
    .limit(bindparam("limit")),
    Person,
)
_REMOVE = command(delete(people).where(own(people), people.c.user_id == bindparam("of_user")))


def employ(unit: Unit, partner_id: str, user_id: str) -> None:
    """An account that was made in this very unit, so that it has never been an operator's. Raises `NotFound`."""
    partner = store.get(unit, partner_id)
    unit.run(_ADD, user_id=user_id, partner_id=partner.id, since=unit.now_us)
    audit.record(unit, Event.PARTNER_PERSON_ADDED, subject=user_id, partner=partner.id)


def employer_of(unit: Unit, user_id: str) -> str:
    """Empty for an operator's account."""
    found = unit.one(_FIND, id=user_id)
    return "" if found is None else found.partner_id


def people_of(unit: Unit, partner_id: str, *, after: str = "", limit: int = 50) -> list[Person]:
    """In the order of their ids."""
    return unit.all(_PAGE, partner=partner_id, after=after, limit=limit)


def refuse_others(unit: Unit, partner_id: str, user_id: str) -> None:
    """Raises `NotFound`."""
    if employer_of(unit, user_id) != partner_id:
        raise NotFound("person of the partner")


def release(unit: Unit, user_id: str) -> None:
    """Of an account that is deleted."""
    unit.run(_REMOVE, of_user=user_id)
