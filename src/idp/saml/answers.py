"""Messages of ours: answers to services, and requests to them. Whoever sends one signs it, where that is wanted."""

from collections.abc import Sequence

from lxml import etree

from idp.kit.clock import SECOND
from idp.saml.assertions import name_of
from idp.saml.elements import message, moment, status, texts
from idp.saml.model import NameId, Outcome
from idp.xml import SOAP, Element

_LOGOUT_EXPIRES = 300 * SECOND
_BY_THE_USER = "urn:oasis:names:tc:SAML:2.0:logout:user"
_BY_AN_ADMINISTRATOR = "urn:oasis:names:tc:SAML:2.0:logout:admin"


def response(
    outcome: Outcome,
    *,
    entity_id: str,
    destination: str,
    request_id: str | None,
    at_us: int,
    assertion: Element | None = None,
) -> Element:
    """Core 3.3.3; an assertion, or what stands for it encrypted, comes with a success alone."""
    return message(
        "Response",
        status(outcome),
        assertion,
        entity_id=entity_id,
        destination=destination,
        request_id=request_id,
        at_us=at_us,
    )


def logout_request(
    name_id: NameId,
    session_indexes: Sequence[str],
    *,
    entity_id: str,
    destination: str,
    at_us: int,
    by_the_user: bool | None = True,
    request_id: str | None = None,
) -> Element:
    """Core 3.7.1; `by_the_user` is None where nobody knows any more, `request_id` is given where it has to be the
    same each time."""
    made = message(
        "LogoutRequest",
        name_of(name_id),
        *texts("SessionIndex", session_indexes),
        entity_id=entity_id,
        destination=destination,
        request_id=None,
        at_us=at_us,
    )
    if request_id is not None:
        made.set("ID", request_id)
    if by_the_user is not None:
        made.set("Reason", _BY_THE_USER if by_the_user else _BY_AN_ADMINISTRATOR)
    made.set("NotOnOrAfter", moment(at_us + _LOGOUT_EXPIRES))
    return made


def logout_response(
    outcome: Outcome, *, entity_id: str, destination: str | None, request_id: str, at_us: int
) -> Element:
    """Core 3.7.2. Where something could not be ended, a success with `PartialLogout` inside (3.7.3.2)."""
    return message(
        "LogoutResponse",
        status(outcome),
        entity_id=entity_id,
        destination=destination,
        request_id=request_id,
        at_us=at_us,
    )


def artifact_response(
    outcome: Outcome, *, entity_id: str, request_id: str, at_us: int, kept: Element | None
) -> Element:
    """Core 3.5.2; without a message where there is none, and that too is a success."""
    return message(
        "ArtifactResponse",
        status(outcome),
        kept,
        entity_id=entity_id,
        destination=None,
        request_id=request_id,
        at_us=at_us,
    )


def enveloped(content: Element) -> Element:
    """SOAP 1.1 4 (bindings 3.2.2)."""
    return SOAP.make("Envelope", SOAP.make("Body", content))


def fault(code: str, said: str) -> Element:
    """SOAP 1.1 4.4: for what is no message of SAML at all (bindings 3.2.3.2). `code` is `Client` or `Server`."""
    made = SOAP.make("Fault")
    for name, text in (("faultcode", f"{SOAP.prefix}:{code}"), ("faultstring", said)):
        etree.SubElement(made, name).text = text
    return enveloped(made)
