"""What a service asks for when somebody signs out there (core 3.7.1), and whether it is somebody whom it has seen."""

import json
from typing import NamedTuple

from idp import federation, users
from idp.federation import NameIdFormat, SamlService, Service
from idp.kit.units import Unit
from idp.saml.errors import BadMessage
from idp.saml.persons import texts
from idp.saml.requests import id_of, instant_of
from idp.sessions import Grant
from idp.xml import SAML, SAMLP, Element

_MOST_SESSIONS = 20


class LogoutRequest(NamedTuple):
    """As its service has signed it; instants in microseconds. `sessions` are the indexes that it was given."""

    id: str
    sender: str
    issued_at: int
    expires_at: int | None
    destination: str | None
    name: str
    sessions: tuple[str, ...]
    signed: bool = True


def read(root: Element, *, sender: str) -> LogoutRequest:
    """Of a message that its schema has judged. Raises `BadMessage`: an encrypted name is one that nobody here reads,
    and without an index it does not say which session is meant."""
    name, until = root.find(SAML("NameID")), root.get("NotOnOrAfter")
    sessions = tuple((each.text or "").strip() for each in root.iterfind(SAMLP("SessionIndex")))
    if name is None or not name.text:
        raise BadMessage("name_id")
    if not 0 < len(sessions) <= _MOST_SESSIONS:
        raise BadMessage("session_index")
    return LogoutRequest(
        id=id_of(root),
        sender=sender,
        issued_at=instant_of(root.get("IssueInstant") or ""),
        expires_at=None if until is None else instant_of(until),
        destination=root.get("Destination"),
        name=name.text,
        sessions=sessions,
    )


def is_meant(unit: Unit, service: Service, grant: Grant | None, name: str) -> bool:
    """Whether that session was told to this service, under this name: nobody signs out whom another service knows."""
    if grant is None or grant.service_id != service.id or service.saml is None:
        return False
    return name in _names(unit, service.saml, service, grant)


def _names(unit: Unit, saml: SamlService, service: Service, grant: Grant) -> set[str]:
    """All by which the service may know the person of that session."""
    kept = federation.find_person_name(unit, service_id=service.id, user_id=grant.user_id)
    once = json.loads(grant.claims).get("name_id") if grant.claims else None
    sources = {saml.name_id_source} if saml.name_id_source else set()
    sources |= {"email"} if saml.name_id_format is not NameIdFormat.EMAIL else set()
    person = users.find(unit, grant.user_id)
    known = users.attributes_of(unit, users.get(unit, grant.user_id), sources) if person is not None else {}
    return {each for each in (kept, once) if each} | {text for value in known.values() for text in texts(value)}
