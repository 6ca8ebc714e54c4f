"""Messages of services, decoded: from the bytes of a binding to a document of which as much is believed as is signed.

`from_redirect`, `from_post` and `from_soap` give a message that only says of itself whose it is; `verified` gives it
again, as its sender has signed it. All of them raise `BadMessage`.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from idp import xml
from idp.federation import Binding
from idp.kit.errors import Invalid
from idp.saml.detached import Detached, detached_from
from idp.saml.errors import BadMessage
from idp.saml.inflating import from_base64, inflate
from idp.saml.model import Kind
from idp.signing import Certificate, any_verifies
from idp.web.forms import Form, parse_query
from idp.xml import SAML, SAMLP, SOAP, BadSignature, BadXml, Element

LONGEST_RELAY_STATE = 2_048  # bindings 3.4.3 say 80, which many do not keep to
LONGEST_ENTITY_ID = 1_024  # core 8.3.6
_ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
_SIGNATURE_PLACE = 1  # behind the issuer (core 3.2.1)
_OURS = frozenset({"SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding"})


class Received(NamedTuple):
    """Well-formed, of one of the expected kinds, and as its schema says; but anybody may have written it."""

    kind: Kind
    root: Element
    issuer: str
    binding: Binding
    relay_state: str | None = None
    detached: Detached | None = None


class Verified(NamedTuple):
    """To be looked at instead of what was received. `signed`: by its issuer; otherwise anybody may have written it."""

    root: Element
    signed: bool


def from_redirect(query: bytes, kinds: Collection[Kind]) -> Received:
    """Bindings 3.4.4.1."""
    form = _form(query)
    text, name = _message(form)
    data = inflate(from_base64(text, lines=False))
    return _received(data, name, kinds, Binding.REDIRECT, form)._replace(detached=detached_from(query, form, name))


def from_post(form: Form, kinds: Collection[Kind]) -> Received:
    """Bindings 3.5.4; deflated too, as some send it."""
    _refuse_repeated(form)
    if "Signature" in form or "SigAlg" in form:  # the binding HTTP-POST-SimpleSign: not to be taken for unsigned
        raise BadMessage("signature_not_supported")
    text, name = _message(form)
    data = from_base64(text, lines=True)
    return _received(data if _is_xml(data) else inflate(data), name, kinds, Binding.POST, form)


def is_soap(content_type: bytes) -> bool:
    """SOAP 1.1 6.1; pysaml2 gives that version the name of the next one."""
    return content_type.partition(b";")[0].strip().lower() in {b"text/xml", b"application/soap+xml"}


def from_soap(body: bytes, kinds: Collection[Kind]) -> Received:
    """Bindings 3.2.2: one message in one body. Headers are not for us unless they say so (SOAP 1.1 4.2.3)."""
    try:
        envelope = xml.read(body)
        xml.refuse_unlike(envelope, SOAP("Envelope"))
    except BadXml as bad:
        raise BadMessage(bad.code, str(bad)) from bad
    bodies = envelope.findall(SOAP("Body"))
    if len(bodies) != 1 or len(bodies[0]) != 1 or envelope[-1] is not bodies[0]:
        raise BadMessage("envelope", "not one message in one body")
    if any(header.get(SOAP("mustUnderstand")) in {"1", "true"} for header in envelope.iterfind(f"{SOAP('Header')}/*")):
        raise BadMessage("envelope", "a header must be understood")
    return _judged(bodies[0][0], kinds, Binding.SOAP)


def verified(
    received: Received, certificates: Sequence[Certificate], *, required: bool, sha1: bool = False
) -> Verified:
    """A signature that is there must be right, whether one is required or not."""
    try:
        if received.detached is not None:
            return _by_detached(received, received.detached, certificates, sha1=sha1)
        if xml.signature_of(received.root) is None:
            if required:
                raise BadMessage("unsigned")
            return Verified(received.root, signed=False)
        if received.binding is Binding.REDIRECT:
            raise BadMessage("signature_in_message")  # bindings 3.4.4.1: it is to be taken out, and stands beside
        signed = xml.verify(received.root, certificates, place=_SIGNATURE_PLACE, sha1=sha1)
    except (BadSignature, BadXml) as bad:
        raise BadMessage(bad.code, str(bad)) from bad
    again = _judged(signed, [received.kind], received.binding)
    if again.issuer != received.issuer:
        raise BadMessage("issuer", "the signature covers another issuer")
    return Verified(signed, signed=True)


def _by_detached(
    received: Received, detached: Detached, certificates: Sequence[Certificate], *, sha1: bool
) -> Verified:
    if xml.signature_of(received.root) is not None:
        raise BadMessage("signature_in_message")
    if detached.alg.is_weak and not sha1:
        raise BadMessage("weak_algorithm")
    if not any_verifies(certificates, detached.alg, detached.message, detached.signature):
        raise BadMessage("not_by_a_registered_key")
    return Verified(received.root, signed=True)


def _form(query: bytes) -> Form:
    try:
        form = parse_query(query)
    except Invalid as bad:
        raise BadMessage("query", bad.detail) from bad
    _refuse_repeated(form)
    if form.get("SAMLEncoding") not in {None, "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"}:
        raise BadMessage("encoding")
    return form


def _refuse_repeated(form: Form) -> None:
    if repeated := form.repeated & _OURS:
        raise BadMessage("repeated", min(repeated))


def _message(form: Form) -> tuple[str, str]:
    """The one message, and the name of the parameter in which it comes."""
    found = [(text, name) for name in ("SAMLRequest", "SAMLResponse") if (text := form.get(name)) is not None]
    if len(found) != 1:
        raise BadMessage("no_message" if not found else "two_messages")
    return found[0]


def _is_xml(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _received(data: bytes, name: str, kinds: Collection[Kind], binding: Binding, form: Form) -> Received:
    relay_state = form.get("RelayState")
    if relay_state is not None and len(relay_state.encode()) > LONGEST_RELAY_STATE:
        raise BadMessage("relay_state", f"more than {LONGEST_RELAY_STATE} bytes")
    try:
        root = xml.read(data)
    except BadXml as bad:
        raise BadMessage(bad.code, str(bad)) from bad
    expected = [kind for kind in kinds if kind.parameter == name]
    return _judged(root, expected, binding)._replace(relay_state=relay_state)


def _judged(root: Element, kinds: Collection[Kind], binding: Binding) -> Received:
    kind = next((kind for kind in kinds if root.tag == SAMLP(kind)), None)
    if kind is None:
        raise BadMessage("wrong_root", "not a message that is taken here")
    try:
        xml.refuse_unlike(root, SAMLP(kind))
    except BadXml as bad:
        raise BadMessage(bad.code, str(bad)) from bad
    if root.get("Version") != "2.0":  # core 3.2.1
        raise BadMessage("version")
    return Received(kind, root, _issuer(root), binding)


def _issuer(root: Element) -> str:
    """Character by character as it stands there: the service is looked up by it (profiles 4.1.4.1, core 2.2.5)."""
    issuer = root.find(SAML("Issuer"))
    if issuer is None or not issuer.text or len(issuer.text) > LONGEST_ENTITY_ID:
        raise BadMessage("issuer")
    if issuer.items() not in ([], [("Format", _ENTITY)]):
        raise BadMessage("issuer", "an issuer has no qualifiers")
    return issuer.text
