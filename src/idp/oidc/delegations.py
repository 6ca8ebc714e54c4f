"""What tokens that came of others hang on (RFC 8693): the token they came of, whom they are for, and who acts."""

import json
from collections.abc import Set
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from idp.access import Facts
from idp.federation import Grant, Service
from idp.kit.db import addition, own, query
from idp.kit.units import Unit
from idp.oidc.tables import delegations

MOST_ACTORS = 3


class Delegated(NamedTuple):
    """`id` is that of the token. It came of `origin_id`, which was signed by `origin_key` if it was a JWT; `act` is the
    chain of those who act, the last one outermost."""

    id: str
    origin_id: str
    origin_key: str | None
    target_id: str
    act: str
    expires_at: int


_ADD = addition(delegations, Delegated)
_FIND = query(
    select(*[delegations.c[name] for name in Delegated._fields]).where(
        own(delegations), delegations.c.id == bindparam("id")
    ),
    Delegated,
)


def add(unit: Unit, delegated: Delegated) -> None:
    unit.append(_ADD, delegated)


def find(unit: Unit, token_id: str) -> Delegated | None:
    return unit.one(_FIND, id=token_id)


def may_call(facts: Facts, service: Service, target: Service, resources: Set[str]) -> bool:
    """Whether tokens for these are exchanged at all: by the tenant's switch, and by what both services are registered
    for."""
    client, called = service.oidc, target.oidc
    if not facts.switches.token_exchange or client is None or called is None:
        return False
    return Grant.TOKEN_EXCHANGE in client.grants and client.exchange.admits(resources) and resources <= called.resources


def chained(client_id: str, before: str | None) -> dict[str, Any]:
    """RFC 8693 4.1: whoever acts now, around those who acted before."""
    actor: dict[str, Any] = {"sub": client_id}
    return actor if before is None else {**actor, "act": json.loads(before)}


def actors(act: str | None) -> list[str]:
    found = []
    link = None if act is None else json.loads(act)
    while link is not None:
        found.append(link["sub"])
        link = link.get("act")
    return found
