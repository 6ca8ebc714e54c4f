from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from idp.credentials.model import Factor
from idp.credentials.tables import factors
from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit


class SecretRow(NamedTuple):
    id: str
    secret: bytes
    used_step: int


class _Id(NamedTuple):
    id: str


_of_user = (own(factors), factors.c.user_id == bindparam("user"))
_FACTORS = query(select(*(factors.c[name] for name in Factor._fields)).where(*_of_user).order_by(factors.c.id), Factor)
_SECRET = query(select(*(factors.c[name] for name in SecretRow._fields)).where(*_of_user), SecretRow)
_ANY = query(select(factors.c.id).where(*_of_user).limit(1), _Id)
_ADD = add_new(factors)
_USE = command(
    update(factors)
    .where(own(factors), factors.c.id == bindparam("factor"), factors.c.used_step < bindparam("step"))
    .values(used_step=bindparam("step"), used_at=bindparam("now"))
)
_REMOVE = command(delete(factors).where(*_of_user, factors.c.id == bindparam("factor")))
_FORGET = command(delete(factors).where(*_of_user))


def factors_of(unit: Unit, user_id: str) -> list[Factor]:
    return unit.all(_FACTORS, user=user_id)


def has_factor(unit: Unit, user_id: str) -> bool:
    return unit.one(_ANY, user=user_id) is not None


def secret_of(unit: Unit, user_id: str) -> SecretRow | None:
    """Opened."""
    row = unit.one(_SECRET, user=user_id)
    return None if row is None else row._replace(secret=unit.open_sealed("factors", "secret", row.id, row.secret))


def add(unit: Unit, factor: Factor, user_id: str, secret: bytes, *, used_step: int) -> bool:
    """False when the person has one of the kind."""
    sealed = unit.seal("factors", "secret", factor.id, secret)
    return unit.run(_ADD, **factor._asdict(), user_id=user_id, secret=sealed, used_step=used_step) == 1


def use(unit: Unit, factor_id: str, step: int) -> bool:
    """True for exactly one caller."""
    return unit.run(_USE, factor=factor_id, step=step, now=unit.now_us) == 1


def remove(unit: Unit, user_id: str, factor_id: str) -> bool:
    return unit.run(_REMOVE, user=user_id, factor=factor_id) == 1


def forget(unit: Unit, user_id: str) -> None:
    unit.run(_FORGET, user=user_id)
