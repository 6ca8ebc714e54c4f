"""Parts that our messages share. Every text goes into them through lxml, which knows what to escape."""

from collections.abc import Iterable

from idp import xml
from idp.kit.clock import SECOND, rfc3339
from idp.kit.randomness import take
from idp.saml.model import Outcome
from idp.signing import SignatureAlg, XmlKey
from idp.xml import SAML, SAMLP, Element

VERSION = "2.0"
_SIGNATURE_PLACE = 1


def new_id() -> str:
    """Core 1.3.4: a name of 160 random bits, that begins with no digit."""
    return f"_{take():020x}{take():020x}"


def moment(us: int) -> str:
    """Core 1.3.3: UTC; whole seconds, for there are readers that take no fraction."""
    return rfc3339(us // SECOND * SECOND)


def issuer(entity_id: str) -> Element:
    return SAML.make("Issuer", entity_id)


def status(outcome: Outcome) -> Element:
    """Core 3.2.2.1: the inner code inside the outer one."""
    inner = SAMLP.make("StatusCode", Value=outcome.inner.value) if outcome.inner else None
    said = SAMLP.make("StatusMessage", outcome.said) if outcome.said else None
    return SAMLP.make("Status", SAMLP.make("StatusCode", inner, Value=outcome.code.value), said)


def message(
    name: str, *content: Element | None, entity_id: str, destination: str | None, request_id: str | None, at_us: int
) -> Element:
    """Core 3.2.1 and 3.2.2: what all of them begin with. Raises `BadXml` for a text that none can have."""
    return SAMLP.make(
        name,
        issuer(entity_id),
        *content,
        ID=new_id(),
        InResponseTo=request_id,
        Version=VERSION,
        IssueInstant=moment(at_us),
        Destination=destination,
    )


def sign(element: Element, key: XmlKey, alg: SignatureAlg) -> None:
    """Behind the issuer, where core 3.2.1 and 2.3.3 have it."""
    xml.sign(element, key, place=_SIGNATURE_PLACE, alg=alg)


def texts(name: str, values: Iterable[str]) -> list[Element]:
    return [SAMLP.make(name, value) for value in values]
