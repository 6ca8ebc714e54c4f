"""Which field of a message was wrong, what stood there, and what would have been right: found again, from the code
under which the message was refused and the message itself. Pure.

A message that nobody believed may be anybody's: what it says is shown as what was found, and decides nothing.
"""

import base64
import binascii
import re
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from lxml import etree

from idp.access import Fault, Step
from idp.federation import Binding, SamlService
from idp.kit.clock import rfc3339
from idp.saml.judging import SKEW
from idp.signing import SignatureAlg
from idp.xml import DS, SAML, Element

_LONGEST = 500
_NONE = "Signed by none of the registered keys."
_FRONT = [Binding.REDIRECT.value, Binding.POST.value]
_ELEMENT = re.compile(r"Element '\{[^}]*\}([A-Za-z]+)'(?:, attribute '([A-Za-z]+)')?")
_VALUE = re.compile(r"(?:The value|Value) '([^']*)'")


class Sent(NamedTuple):
    """A message as far as it could be read. `parameters` are those of the query, without the message."""

    root: Element
    binding: Binding | None
    signature_alg: str | None = None


class Case(NamedTuple):
    """`here` is where it was sent; `detail` what was said when it was refused. Without a message, somebody was to be
    sent to the service from here."""

    sent: Sent | None
    service: SamlService
    here: str
    now_us: int
    detail: str

    def at(self, path: str = "") -> str:
        return "sp" if self.sent is None else f"/{etree.QName(self.sent.root).localname}{path}"

    def said(self, attribute: str) -> str | None:
        return None if self.sent is None else self.sent.root.get(attribute)

    def element(self, path: str) -> Element | None:
        return None if self.sent is None else self.sent.root.find(path)

    @property
    def beside(self) -> bool:
        """Whether a signature would stand beside it."""
        return self.sent is not None and self.sent.binding is Binding.REDIRECT


Finding = Callable[[Case], Fault]


def diagnose(code: str, case: Case) -> tuple[Step, Fault]:
    step, finding = _BY_CODE.get(code, (Step.MESSAGE, _whole))
    field, found, expected, detail = finding(case)
    return step, Fault(field, None if found is None else found[:_LONGEST], expected, (detail or case.detail)[:_LONGEST])


def is_of_message(code: str) -> bool:
    """Whether it is wrong whoever has sent it."""
    return _BY_CODE.get(code, (Step.MESSAGE,))[0] is Step.MESSAGE


def _whole(case: Case) -> Fault:
    return Fault(case.at(), detail=case.detail)


def _attribute(name: str, expected: str | None = None) -> Finding:
    return lambda case: Fault(case.at(f"/@{name}"), case.said(name), expected)


def _element(name: str, expected: str) -> Finding:
    def find(case: Case) -> Fault:
        found = case.element(SAML(name))
        return Fault(case.at(f"/{name}"), None if found is None else found.text, expected)

    return find


def _destination(case: Case) -> Fault:
    return Fault(case.at("/@Destination"), case.said("Destination"), case.here)


def _instant(case: Case) -> Fault:
    early, late = rfc3339(case.now_us - SKEW), rfc3339(case.now_us + SKEW)
    return Fault(case.at("/@IssueInstant"), case.said("IssueInstant"), f"{early} to {late}")


def _expired(case: Case) -> Fault:
    return Fault(case.at("/@NotOnOrAfter"), case.said("NotOnOrAfter"), f"after {rfc3339(case.now_us)}")


def _consumer(case: Case) -> Fault:
    url, index, binding = (case.said(each) for each in (
        "AssertionConsumerServiceURL", "AssertionConsumerServiceIndex", "ProtocolBinding"))  # fmt: skip
    known = case.service.consumers
    if url is not None and index is not None:
        return Fault(case.at("/@AssertionConsumerServiceIndex"), index, "not beside AssertionConsumerServiceURL")
    if url is not None and url not in {each.url for each in known}:
        return Fault(case.at("/@AssertionConsumerServiceURL"), url, [each.url for each in known])
    if index is not None:
        return Fault(case.at("/@AssertionConsumerServiceIndex"), index, [str(each.index) for each in known])
    return Fault(case.at("/@ProtocolBinding"), binding, [each.binding.value for each in known])


def _unsigned(case: Case) -> Fault:
    return Fault("Signature" if case.beside else case.at("/Signature"), None, _keys(case.service))


def _other_key(case: Case) -> Fault:
    """A certificate that comes along is believed by nobody, but it tells whose key it was."""
    if case.beside:
        return Fault("Signature", None, _keys(case.service), "The query is signed by none of the registered keys.")
    found = case.element(f"{DS('Signature')}//{DS('X509Certificate')}")
    return Fault(
        case.at("/Signature"), _fingerprint(found), _keys(case.service), "Signed by none of the registered keys."
    )


def _algorithm(case: Case) -> Fault:
    expected = [each.value for each in SignatureAlg if not each.is_weak]
    if case.sent is not None and case.sent.signature_alg is not None:
        return Fault("SigAlg", case.sent.signature_alg, expected)
    method = case.element(f"{DS('Signature')}//{DS('SignatureMethod')}")
    found = None if method is None else method.get("Algorithm")
    return Fault(case.at("/Signature/SignedInfo/SignatureMethod/@Algorithm"), found, expected)


def _schema(case: Case) -> Fault:
    """As libxml2 says it; the first thing that is not as published."""
    where, value = _ELEMENT.search(case.detail), _VALUE.search(case.detail)
    if where is None:
        return _whole(case)
    name, attribute = where.groups()
    own = "" if case.at() == f"/{name}" else f"/{name}"
    found = case.said(attribute) if attribute and not own else None
    said = found if found is not None else value[1] if value else None
    return Fault(case.at(own + (f"/@{attribute}" if attribute else "")), said, "as the schema has it", case.detail)


def _ended(case: Case) -> Fault:
    """The word of its metadata."""
    until = case.service.valid_until
    found = None if until is None else rfc3339(until)
    return Fault("saml/valid_until", found, f"after {rfc3339(case.now_us)}")


def _fingerprint(certificate: Element | None) -> str | None:
    if certificate is None or not certificate.text:
        return None
    try:
        return f"sha256:{sha256(base64.b64decode(certificate.text)).hexdigest()}"
    except (binascii.Error, ValueError):
        return None


def _keys(service: SamlService) -> list[str]:
    """The registered certificates, by their fingerprints."""
    return [f"sha256:{sha256(each.der).hexdigest()}" for each in service.keys.signing]


def _signature(detail: str) -> Finding:
    return lambda case: Fault(case.at("/Signature"), None, None, detail)


_BY_CODE: dict[str, tuple[Step, Finding]] = {
    "schema": (Step.MESSAGE, _schema),
    "version": (Step.MESSAGE, _attribute("Version", "2.0")),
    "id": (Step.MESSAGE, _attribute("ID", "1 to 1,024 characters")),
    "issuer": (Step.MESSAGE, _element("Issuer", "the entity ID, without qualifiers")),
    "relay_state": (Step.MESSAGE, lambda _: Fault("RelayState", None, "at most 2,048 bytes")),
    "wrong_root": (Step.MESSAGE, lambda case: Fault("/", case.at()[1:], ["AuthnRequest", "LogoutRequest"])),
    "repeated": (Step.MESSAGE, lambda case: Fault(case.detail, None, "once")),
    "in_response_to": (Step.MESSAGE, _attribute("InResponseTo", "the ID of the request")),
    "name_id": (Step.MESSAGE, lambda case: Fault(case.at("/NameID"), None, "a name that is not encrypted")),
    "session_index": (
        Step.MESSAGE,
        lambda case: Fault(case.at("/SessionIndex"), None, "at most 20"),
    ),
    "unknown_service": (Step.SERVICE, lambda _: Fault("status", "disabled", "enabled")),
    "metadata_expired": (Step.SERVICE, _ended),
    "idp_initiated": (Step.SERVICE, lambda _: Fault("saml/idp_initiated", "false", "true")),
    "unsigned": (Step.SIGNATURE, _unsigned),
    "not_by_a_registered_key": (Step.SIGNATURE, _other_key),
    "altered": (Step.SIGNATURE, _signature("What is signed was changed afterwards.")),
    "weak_algorithm": (Step.SIGNATURE, _algorithm),
    "algorithm": (Step.SIGNATURE, _algorithm),
    "signature_in_message": (Step.SIGNATURE, _signature("By Redirect the signature stands beside the message.")),
    "signature_incomplete": (Step.SIGNATURE, lambda _: Fault("Signature", None, "SigAlg and Signature")),
    "signature_not_supported": (Step.SIGNATURE, lambda _: Fault("SigAlg", None, "a signature in the message")),
    "reference": (Step.SIGNATURE, _signature("The signature does not refer to the message that it stands in.")),
    "misplaced": (Step.SIGNATURE, _signature("The signature does not stand behind the issuer.")),
    "shape": (Step.SIGNATURE, _signature("The signature has parts that none here needs.")),
    "destination": (Step.ADDRESSEE, _destination),
    "issue_instant": (Step.ADDRESSEE, _instant),
    "expired": (Step.ADDRESSEE, _expired),
    "assertion_consumer_service": (Step.ADDRESS, _consumer),
    "single_logout_service": (Step.ADDRESS, lambda _: Fault("saml/slo", None, _FRONT)),
    "unanswerable": (Step.SESSION, lambda _: Fault("request", None, "one that can be answered without asking")),
    "replayed": (Step.ONCE, _attribute("ID", "one that was not used before")),
    "unasked": (Step.ONCE, _attribute("InResponseTo", "a request that was sent to this service")),
}

CODES = frozenset(_BY_CODE)
