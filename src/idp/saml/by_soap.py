"""A logout that is told by SOAP (profiles 4.4.3.3, bindings 3.2), at each attempt in the same words but for the time.

The request bears the id of its delivery: a service that has had it knows it again. One that knows the person under
several names gets a request for each of them. Once the session is too old to live, nobody there needs to hear of it
(core 2.7.2: its assertions have said until when), and what would be told is gone.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from idp import delivery, federation, sessions, xml
from idp.delivery import OVERTAKEN, Claimed, Impossible, PutOff
from idp.federation import Binding, SamlService
from idp.kit.actors import SYSTEM
from idp.kit.clock import monotonic
from idp.kit.egress import Answer
from idp.kit.errors import NotFound
from idp.kit.sealing import KeyDestroyed
from idp.kit.units import Unit
from idp.saml import answers, codec, elements, given_names, logout_answers, places
from idp.saml.direct import DirectLogout
from idp.saml.errors import BadMessage
from idp.saml.model import Kind
from idp.xml import SOAP, BadXml, Element

_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": '"http://www.oasis-open.org/committees/security"',  # bindings 3.2.3.1
}
_LARGEST = 256 * 1024


class _Call(NamedTuple):
    uri: str
    saml: SamlService
    requests: Sequence[Element]
    now_us: int


def tell(office: DirectLogout, claimed: Claimed, *, until: float) -> None:
    """Raises `PutOff` and `Impossible`, once each request has been sent."""
    try:
        with office.units.open(claimed.tenant_id, actor=SYSTEM, write=False) as unit:
            call = _call(office, unit, claimed)
    except (NotFound, KeyDestroyed):  # the service, or the whole tenant, is gone
        raise Impossible(OVERTAKEN) from None
    failures = [failed for each in call.requests if (failed := _failure(office, claimed, call, each, until))]
    for failed in sorted(failures, key=lambda failed: isinstance(failed, Impossible)):
        raise failed


def _call(office: DirectLogout, unit: Unit, claimed: Claimed) -> _Call:
    service = federation.get(unit, claimed.receiver)
    address = service.saml.logout(Binding.SOAP) if service.saml else None
    if service.saml is None or address is None:
        raise Impossible("no_channel")
    facts = office.memory.current(unit, service.client_id)
    if facts.keys.xml is None:
        raise PutOff("no_key")
    about = json.loads(claimed.payload)
    seen = sessions.grants_of(unit, session_id=about["session"], user_id=about["user"])
    told = given_names.told(unit, [each for each in seen if each.service_id == service.id])
    if not told:
        raise Impossible(OVERTAKEN)
    requests = [
        answers.logout_request(
            each.name,
            each.indexes,
            entity_id=places.entity_id(f"{office.base_url}/t/{facts.tenant.slug}", facts),
            destination=address.url,
            at_us=unit.now_us,
            by_the_user=None,
            request_id=f"_{claimed.id}.{number}",
        )
        for number, each in enumerate(told)
    ]
    key = facts.keys.xml_for(service.saml.switch, now_us=unit.now_us)
    for each in requests:
        elements.sign(each, key, service.saml.signature_alg)
    return _Call(address.url, service.saml, requests, unit.now_us)


def _failure(
    office: DirectLogout, claimed: Claimed, call: _Call, request: Element, until: float
) -> PutOff | Impossible | None:
    body = xml.written(answers.enveloped(request))
    try:
        answer = delivery.call(
            office.egress, claimed, call.uri, body, largest=_LARGEST, patience=until - monotonic(), headers=_HEADERS
        )
        _judge(answer, call, request.get("ID") or "")
    except (PutOff, Impossible) as failed:
        return failed
    return None


def _judge(answer: Answer, call: _Call, request_id: str) -> None:
    """An answer came by the connection that was asked for, so its signature is judged where it has one."""
    if answer.status == 500 and _is_our_fault(answer.body):
        raise Impossible("soap_fault")
    delivery.refuse_unaccepted(answer)
    try:
        received = codec.from_soap(answer.body, [Kind.LOGOUT_RESPONSE])
        sha1 = call.saml.takes_sha1(call.now_us)
        verified = codec.verified(received, call.saml.keys.signing, required=False, sha1=sha1)
        said = logout_answers.read(verified.root, sender=received.issuer, signed=verified.signed)
    except BadMessage as bad:
        raise Impossible(f"answer_{bad.code}") from None
    if (said.sender, said.request_id) != (call.saml.entity_id, request_id):
        raise Impossible("answer_of_another")
    if not said.confirms:
        raise (PutOff if said.is_later else Impossible)("not_confirmed")


def _is_our_fault(body: bytes) -> bool:
    """SOAP 1.1 4.4.1: the message is wrong, and will be so again."""
    try:
        root = xml.read(body)
    except BadXml:
        return False
    code = root.findtext(f"{SOAP('Body')}/{SOAP('Fault')}/faultcode") or ""
    return code.rpartition(":")[2].partition(".")[0] == "Client"
