"""Requests that a browser has taken along to services. Each is answered once, by the service that it was for: the
answer has to name it, and nobody else has seen its name."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, false, insert, select, true, update

from idp.kit.db import command, own, query
from idp.kit.units import Unit
from idp.saml.tables import logout_requests as requests


class Step(NamedTuple):
    """The `place`-th stop of a walk."""

    walk: str
    place: int


class Asked(NamedTuple):
    place: int
    confirmed: bool


_ADD = command(insert(requests))
_ASKED = query(
    select(requests.c.place, requests.c.confirmed).where(own(requests), requests.c.walk == bindparam("of_walk")), Asked
)
_open = (
    own(requests),
    requests.c.id == bindparam("request"),
    requests.c.service_id == bindparam("service"),
    requests.c.answered_at.is_(None),
    requests.c.expires_at > bindparam("now"),
)
_ANSWERED, _CONFIRMED = (
    query(
        update(requests)
        .where(*_open)
        .values(answered_at=bindparam("now"), confirmed=confirmed)
        .returning(requests.c.walk, requests.c.place),
        Step,
    )
    for confirmed in (false(), true())
)


def ask(unit: Unit, request_id: str, step: Step, *, service_id: str, expires_at: int) -> None:
    unit.run(
        _ADD,
        id=request_id,
        walk=step.walk,
        place=step.place,
        service_id=service_id,
        expires_at=expires_at,
        answered_at=None,
        confirmed=False,
    )


def answered(unit: Unit, request_id: str, *, service_id: str, confirmed: bool) -> Step | None:
    """None for what this service was not asked, or has answered."""
    statement = _CONFIRMED if confirmed else _ANSWERED
    return unit.one(statement, request=request_id, service=service_id, now=unit.now_us)


def of_walk(unit: Unit, walk: str) -> Sequence[Asked]:
    return unit.all(_ASKED, of_walk=walk)
