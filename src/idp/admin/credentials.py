"""What people of a tenant sign in with beside their password."""

from typing import Any

from idp import credentials, users
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes.users import Credential
from idp.admin.users import check_stand_in
from idp.credentials import Factor, Noun
from idp.kit.clock import rfc3339


def listing(call: Call) -> Answer:
    """The second factors of an ID, without their secrets, which nobody is shown again."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        user = users.get(unit, call.names["user"])
        found = credentials.FACTORS.gathered(unit, credentials.factors_of(unit, user.id), call.page.question)
        return call.page.shown(found, _to_json)


def delete(call: Call) -> Answer:
    """For somebody who has lost it. Everything that they are signed in with ends, and they are told by letter."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        user = users.get(unit, call.names["user"])
        check_stand_in(call, unit, user)
        credentials.remove_factor(unit, user.id, call.names["credential"])
        return call.done(unit, None)


def _to_json(factor: Factor) -> dict[str, Any]:
    used = {"created_at": rfc3339(factor.enrolled_at), "last_used_at": rfc3339(factor.used_at)}
    return {"id": factor.id, "kind": factor.kind, **used}


_MANY = "/tenants/{tenant}/users/{user}/credentials"

ROUTES = (
    Route(
        "GET", _MANY, listing, rights.read(Noun.CREDENTIALS), gives=Credential, pages=True, listed=credentials.FACTORS
    ),
    Route(
        "DELETE",
        f"{_MANY}/{{credential}}",
        delete,
        rights.write(Noun.CREDENTIALS, WITH_TENANT),
        status=204,
        conflicts=("contract_not_active",),
    ),
)
