"""The end of a session, however it comes about: once, and whoever was used in it is told in the same transaction.

A session has been used with the services that hold a grant of it; the grant is written with their first tokens.
"""

import json
from typing import NamedTuple

from idp import audit, delivery, federation
from idp.federation import Protocol, Service
from idp.kit.units import Unit
from idp.sessions import store

TOLD = "session.ended"
"""In the outbox: `receiver` is the service; the payload names the `session` and the `user`, and the `protocol` if that
is not OpenID Connect."""


class Ended(NamedTuple):
    """`services` have seen the session; `deliveries` are what tells those of them that can be told directly."""

    session_id: str
    user_id: str
    services: tuple[Service, ...]
    deliveries: tuple[str, ...]


def end_session(unit: Unit, session_id: str, *, asked_by: str | None = None) -> Ended | None:
    """None when it had ended already. Tokens that hang on the session are dead from this commit on. The service that
    has asked for it knows."""
    ended = end_unnoticed(unit, session_id, asked_by=asked_by)
    if ended is not None:
        audit.record(unit, audit.Event.SESSION_ENDED, subject=session_id)
    return ended


def end_unnoticed(unit: Unit, session_id: str, *, asked_by: str | None = None) -> Ended | None:
    """As `end_session`, where the trail names the cause already."""
    user_id = store.end(unit, session_id)
    if user_id is None:
        return None
    used = store.services_used(unit, session_id=session_id, user_id=user_id)
    others = (each for each in used if each != asked_by)
    services = [found for each in others if (found := federation.find(unit, each)) is not None]
    told = [_tell(unit, each, session_id, user_id) for each in services if _listens(each)]
    return Ended(session_id, user_id, tuple(services), tuple(told))


def protocol_of(payload: str) -> Protocol:
    """The one that the receiver of `TOLD` is told by."""
    return Protocol(json.loads(payload).get("protocol", Protocol.OIDC))


def _tell(unit: Unit, service: Service, session_id: str, user_id: str) -> str:
    payload = {"session": session_id, "user": user_id}
    if service.protocol is not Protocol.OIDC:
        payload["protocol"] = service.protocol.value
    return delivery.enqueue(unit, TOLD, receiver=service.id, payload=payload)


def _listens(service: Service) -> bool:
    if service.saml is not None:
        return service.saml.is_told_directly
    return service.oidc is not None and service.oidc.logout.backchannel_uri is not None
