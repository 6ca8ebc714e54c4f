"""The name under which one service knows one person (SAML core 8.3.7): random, the same for good, and never anybody
else's. Two services that compare what they know find nothing in common."""

import secrets
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from idp.federation.tables import person_names as names
from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit

_BYTES = 20  # core 8.3.7 and 1.3.4: nobody meets another's name by chance


class _Row(NamedTuple):
    name: str


_of_one = own(names), names.c.service_id == bindparam("service"), names.c.user_id == bindparam("user")
_FIND = query(select(names.c.name).where(*_of_one), _Row)
_ADD = add_new(names)
_FORGET_USER = command(delete(names).where(own(names), names.c.user_id == bindparam("user")))
_FORGET_SERVICE = command(delete(names).where(own(names), names.c.service_id == bindparam("service")))


def new_person_name() -> str:
    return secrets.token_hex(_BYTES)


def find_person_name(unit: Unit, *, service_id: str, user_id: str) -> str | None:
    row = unit.one(_FIND, service=service_id, user=user_id)
    return None if row is None else row.name


def add_person_name(unit: Unit, *, service_id: str, user_id: str, name: str) -> bool:
    """False when the person has got one meanwhile: that is the one."""
    return unit.run(_ADD, service_id=service_id, user_id=user_id, name=name, created_at=unit.now_us) == 1


def forget_names_of_user(unit: Unit, user_id: str) -> None:
    unit.run(_FORGET_USER, user=user_id)


def forget_names_at(unit: Unit, service_id: str) -> None:
    unit.run(_FORGET_SERVICE, service=service_id)
