"""Where people of a tenant are signed in, and the end of one of these sessions."""

from typing import Any

from idp import sessions, tenants, users
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes.users import Session as Shape
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import NotFound
from idp.kit.units import Unit
from idp.sessions import Context, Generations, Session
from idp.users import UserId


def listing(call: Call) -> Answer:
    """The sessions of an ID that live, with what was known at the last step of each sign-in."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = sessions.LISTED.gathered(unit, _alive(unit, UserId(call.names["user"])), call.page.question)
        return call.page.shown(found, lambda each: _to_json(each, sessions.context_of(unit, each)))


def delete(call: Call) -> Answer:
    """Its tokens are dead at once, save those with `offline_access`, and the services that were used in it are told."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        named = call.names["session"]
        if named not in {each.id for each in _alive(unit, UserId(call.names["user"]))}:
            raise NotFound("session")
        sessions.end_session(unit, named)
        return call.done(unit, None)


def _alive(unit: Unit, user_id: UserId) -> list[Session]:
    """In the order of their creation."""
    user = users.get(unit, user_id)
    present = Generations(tenants.get(unit).generation, user.generation)
    return sorted(sessions.sessions_of(unit, user.id, present=present), key=lambda each: each.id)


def _to_json(session: Session, context: Context) -> dict[str, Any]:
    where = context.whereabouts
    return {
        "id": session.id,
        "created_at": rfc3339(session.created_at),
        "authenticated_at": rfc3339(session.authenticated_at),
        "last_seen_at": rfc3339(session.seen_at),
        "ends_at": rfc3339(session.ends_at),
        "methods": session.amr,
        "address": where.address,
        "country": where.country,
        "browser": where.browser,
    }


_MANY = "/tenants/{tenant}/users/{user}/sessions"

ROUTES = (
    Route("GET", _MANY, listing, rights.read(Noun.SESSIONS), gives=Shape, pages=True, listed=sessions.LISTED),
    Route(
        "DELETE",
        f"{_MANY}/{{session}}",
        delete,
        rights.write(Noun.SESSIONS, WITH_TENANT),
        status=204,
        conflicts=("contract_not_active",),
    ),
)
