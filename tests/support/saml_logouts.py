"""A service of SAML at a logout: it asks for one, reads what it is asked, and answers."""

import base64
import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.provider import Provider
from tests.support.saml_party import IDP, SamlAnswer, SamlParty, certificates_of, register
from tests.support.sign_in import Form, Page
from tests.support.xml_keys import Pair, rsa_pair

from idp import xml
from idp.federation import Binding
from idp.kit.clock import rfc3339
from idp.saml.detached import detached_from, signed_query
from idp.saml.inflating import deflate, inflate, to_base64
from idp.saml.model import Status
from idp.signing import SignatureAlg, read_certificate
from idp.web.forms import parse_query
from idp.xml import SAML, SAMLP, Element

SLO = "/t/aoba/saml/slo"
THEIRS = rsa_pair("theirs")
RSA = SignatureAlg.RSA_SHA256


def registered(provider: Provider, name: str = "keihi", binding: Binding = Binding.REDIRECT, **more: Any) -> SamlParty:
    """With an address for requests, and another one for answers."""
    url, out = f"https://{name}.example/slo?x=1", f"https://{name}.example/out"
    slo = [{"url": url, "binding": binding.value, "response_url": out}]
    return register(provider, name, pair=THEIRS, **{"slo": slo, **more})


def asked(
    party: SamlParty, answer: SamlAnswer, *inner: Element, name: str | None = None, **changes: str | None
) -> Element:
    """The request of a service for the session of that answer."""
    given: dict[str, str | None] = {
        "ID": f"_out{len(party.sent)}",
        "Version": "2.0",
        "IssueInstant": rfc3339(party.provider.clock.now_us()),
        "Destination": f"{BASE_URL}{SLO}",
        **changes,
    }
    index = given.pop("index", answer.statement.get("SessionIndex"))
    party.sent.append(str(given["ID"]))
    issuer = SAML.make("Issuer", given.pop("issuer", party.entity_id))
    named = SAML.make("NameID", name if name is not None else answer.name_id.text)
    indexes = [SAMLP.make("SessionIndex", each) for each in (index or "").split()]
    return SAMLP.make("LogoutRequest", issuer, *inner, named, *indexes, **given)


def by_redirect(
    message: Element, pair: Pair | None = THEIRS, *, name: str = "SAMLRequest", relay_state: str | None = "r&s"
) -> str:
    text = to_base64(deflate(xml.written(message)))
    return f"{SLO}?{signed_query(name, text, relay_state, key=pair.key if pair else None, alg=RSA)}"


def signed(message: Element, pair: Pair = THEIRS) -> Element:
    xml.sign(message, pair.key, place=1, alg=RSA)
    return message


def status_of(root: Element) -> tuple[str, ...]:
    return tuple((each.get("Value") or "").rpartition(":")[2] for each in root.iter(SAMLP("StatusCode")))


def redirected(party: SamlParty, page: Answer, *, relay_state: str = "r&s") -> Element:
    """The answer to it, its signature verified by our metadata."""
    parts = urlsplit(page.location)
    assert (page.status, parts.netloc, parts.path) == (303, urlsplit(party.acs).netloc, "/out")
    root = _from_query(party.provider, parts.query, "SAMLResponse")
    assert dict(parse_qsl(parts.query))["RelayState"] == relay_state
    xml.refuse_unlike(root, SAMLP("LogoutResponse"))
    assert (root.get("InResponseTo"), root.findtext(SAML("Issuer"))) == (party.sent[-1], IDP)
    return root


@dataclass(frozen=True)
class Visit:
    """A page that takes a browser to a service with a request, which was verified by our metadata. `message` is the
    query, or the fields of the form, as the service gets it."""

    page: Answer
    address: str
    message: str | dict[str, str]
    request: Element
    skip: Form

    @property
    def relay_state(self) -> str:
        fields = dict(parse_qsl(self.message)) if isinstance(self.message, str) else self.message
        return fields["RelayState"]

    @property
    def name(self) -> str:
        return self.request.findtext(SAML("NameID")) or ""

    @property
    def indexes(self) -> list[str]:
        return [each.text or "" for each in self.request.iterfind(SAMLP("SessionIndex"))]

    @property
    def again(self) -> bool:
        """Whether it waits for the person."""
        assert ("walk.js" in self.page.text) != ("signing-out-again" in self.page.text)
        return "signing-out-again" in self.page.text

    @property
    def past(self) -> str:
        return f"{self.skip.action}?interaction={self.skip.fields['interaction']}&at={self.skip.fields['at']}"


def visit(provider: Provider, page: Answer) -> Visit:
    assert page.status == 200, page
    forms = Page(page.text).forms
    skip = forms["signing-out-skip"]
    message: str | dict[str, str]
    if form := forms.get("signing-out-form"):
        certificates = [read_certificate(text) for text in certificates_of(provider)]
        request = xml.verify(xml.read(base64.b64decode(form.fields["SAMLRequest"])), certificates, place=1)
        address, message = form.action, form.fields
    else:
        (found,) = re.findall(r'<a id="signing-out-go" href="([^"]+)"', page.text)
        address, _, query = html.unescape(found).partition("SAMLRequest=")
        message = f"SAMLRequest={query}"
        request = _from_query(provider, message, "SAMLRequest")
    xml.refuse_unlike(request, SAMLP("LogoutRequest"))
    assert request.findtext(SAML("Issuer")) == IDP
    return Visit(page, address.rstrip("?&"), message, request, skip)


def answered(
    party: SamlParty, request: Element, *, status: tuple[Status, ...] = (Status.SUCCESS,), **changes: str | None
) -> Element:
    """What the service says to a request of ours."""
    issuer = SAML.make("Issuer", changes.pop("issuer", party.entity_id))
    inner = [SAMLP.make("StatusCode", Value=each.value) for each in status[1:]]
    code = SAMLP.make("StatusCode", *inner, Value=status[0].value)
    given: dict[str, str | None] = {
        "ID": f"_said{len(party.sent)}",
        "Version": "2.0",
        "InResponseTo": request.get("ID"),
        "IssueInstant": rfc3339(party.provider.clock.now_us()),
        "Destination": f"{BASE_URL}{SLO}",
        **changes,
    }
    party.sent.append(str(given["ID"]))
    return SAMLP.make("LogoutResponse", issuer, SAMLP.make("Status", code), **given)


def answer_by_redirect(party: SamlParty, seen: Visit, pair: Pair | None = THEIRS, **changes: Any) -> str:
    said = answered(party, seen.request, **changes)
    return by_redirect(said, pair, name="SAMLResponse", relay_state=seen.relay_state)


def answer_by_form(party: SamlParty, seen: Visit, **changes: Any) -> dict[str, str]:
    said = signed(answered(party, seen.request, **changes))
    return {"SAMLResponse": to_base64(xml.written(said)), "RelayState": seen.relay_state}


def _from_query(provider: Provider, query: str, name: str) -> Element:
    raw = query.encode()
    found = detached_from(raw, parse_query(raw), name)
    assert found is not None
    certificate = read_certificate(certificates_of(provider)[0])
    assert certificate.verifies(found.alg, found.message, found.signature)
    return xml.read(inflate(base64.b64decode(dict(parse_qsl(query))[name])))
