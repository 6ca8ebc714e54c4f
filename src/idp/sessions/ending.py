"""The end of a session, however it comes about: once, and whoever was used in it is told in the same transaction.

A session has been used with the services that hold a grant of it; the grant is written with their first tokens.
"""

from typing import NamedTuple

from idp import audit, delivery, federation
from idp.federation import Service
from idp.kit.units import Unit
from idp.sessions import store

TOLD = "session.ended"
"""In the outbox: `receiver` is the service; the payload names the `session` and the `user`."""


class Ended(NamedTuple):
    """`services` have seen the session; `deliveries` are what tells those of them that can be told directly."""

    session_id: str
    user_id: str
    services: tuple[Service, ...]
    deliveries: tuple[str, ...]


def end_session(unit: Unit, session_id: str) -> Ended | None:
    """None when it had ended already. Tokens that hang on the session are dead from this commit on."""
    ended = end_unnoticed(unit, session_id)
    if ended is not None:
        audit.record(unit, audit.Event.SESSION_ENDED, subject=session_id)
    return ended


def end_unnoticed(unit: Unit, session_id: str) -> Ended | None:
    """As `end_session`, where the trail names the cause already."""
    user_id = store.end(unit, session_id)
    if user_id is None:
        return None
    used = store.services_used(unit, session_id=session_id, user_id=user_id)
    services = [found for each in used if (found := federation.find(unit, each)) is not None]
    payload = {"session": session_id, "user": user_id}
    told = [delivery.enqueue(unit, TOLD, receiver=each.id, payload=payload) for each in services if _listens(each)]
    return Ended(session_id, user_id, tuple(services), tuple(told))


def _listens(service: Service) -> bool:
    return service.oidc is not None and service.oidc.logout.backchannel_uri is not None
