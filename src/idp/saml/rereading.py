"""A message that was refused, read again as far as it goes: for a trace, and for nothing else.

What stops the codec need not stop here: that a message is not as its schema says, or carries a wrong signature, is what
is to be shown. Bounded as the codec is, and never believed.
"""

from contextlib import suppress
from typing import NamedTuple

from idp import xml
from idp.federation import Binding
from idp.kit.errors import Invalid
from idp.saml.diagnosing import Sent
from idp.saml.errors import BadMessage
from idp.saml.inflating import from_base64, inflate
from idp.web.asgi import Scope
from idp.web.forms import Form, parse_query
from idp.xml import SAML, SOAP, BadXml, Element


class Attempt(NamedTuple):
    """`sender` is who it says it is from; without a message a person was to be sent there from here."""

    sender: str
    sent: Sent | None


def reread(scope: Scope) -> Attempt | None:
    """None where nothing says whose it is. `state["sent"]` is the form or the document that came in a body."""
    with suppress(BadMessage, BadXml, Invalid):
        body = scope["state"].get("sent")
        if isinstance(body, bytes):
            return _of(_in_envelope(xml.read(body)), Binding.SOAP)
        form: Form = body if body is not None else parse_query(scope["query_string"])
        text = form.get("SAMLRequest") or form.get("SAMLResponse")
        if text is None:
            sender = form.get("sp")
            return None if sender is None else Attempt(sender, None)
        data = from_base64(text, lines=True)
        binding = Binding.REDIRECT if body is None else Binding.POST
        root = xml.read(data if data.lstrip()[:1] == b"<" else inflate(data))
        return _of(root, binding, form.get("SigAlg"))
    return None


def _in_envelope(envelope: Element) -> Element | None:
    body = envelope.find(SOAP("Body"))
    return None if body is None or not len(body) else body[0]


def _of(root: Element | None, binding: Binding, signature_alg: str | None = None) -> Attempt | None:
    issuer = None if root is None else root.find(SAML("Issuer"))
    if root is None or issuer is None or not issuer.text:
        return None
    return Attempt(issuer.text, Sent(root, binding, signature_alg))
