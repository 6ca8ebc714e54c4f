"""What a service asks for when somebody signs out there (core 3.7.1), and whether it is somebody whom it has seen."""

from collections.abc import Sequence
from typing import NamedTuple

from idp import sessions
from idp.federation import Service
from idp.kit.units import Unit
from idp.saml import given_names
from idp.saml.errors import BadMessage
from idp.saml.redacting import redacted
from idp.saml.requests import id_of, instant_of
from idp.sessions import Grant
from idp.xml import SAML, SAMLP, Element

_MOST_SESSIONS = 100
# Asynchronous Single Logout Profile Extension 1.0, 2.1
_ASYNCHRONOUS = f"{SAMLP('Extensions')}/{{urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo}}Asynchronous"


class LogoutRequest(NamedTuple):
    """As its service has signed it; instants in microseconds. `sessions` are the indexes that it was given; none: all
    that it knows under that name. `answered`: unless it wants no answer."""

    id: str
    sender: str
    issued_at: int
    expires_at: int | None
    destination: str | None
    name: str
    sessions: tuple[str, ...]
    answered: bool = True
    signed: bool = True
    xml: str | None = None


def read(root: Element, *, sender: str) -> LogoutRequest:
    """Of a message that its schema has judged. Raises `BadMessage`: an encrypted name is one that nobody here reads."""
    name, until = root.find(SAML("NameID")), root.get("NotOnOrAfter")
    indexes = tuple((each.text or "").strip() for each in root.iterfind(SAMLP("SessionIndex")))
    if name is None or not name.text:
        raise BadMessage("name_id")
    if len(indexes) > _MOST_SESSIONS:
        raise BadMessage("session_index")
    return LogoutRequest(
        id=id_of(root),
        sender=sender,
        issued_at=instant_of(root.get("IssueInstant") or ""),
        expires_at=None if until is None else instant_of(until),
        destination=root.get("Destination"),
        name=name.text,
        sessions=indexes,
        answered=root.find(_ASYNCHRONOUS) is None,
        xml=redacted(root),
    )


def meant(unit: Unit, service: Service, request: LogoutRequest) -> Sequence[Grant]:
    """What of the sessions that are to end was told to this service under this name; nothing unless all of them were:
    nobody signs out whom another service knows."""
    alias = given_names.alias(unit, service.id, request.name)
    if not request.sessions:
        return sessions.grants_called(unit, service_id=service.id, alias=alias)
    found = [sessions.find_grant(unit, each) for each in request.sessions]
    known = [each for each in found if each is not None and (each.service_id, each.alias) == (service.id, alias)]
    return known if len(known) == len(found) else []
