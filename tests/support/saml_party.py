"""A service of SAML as its developers know it: it makes requests, and reads of answers what is signed."""

import base64
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from lxml import etree
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_requests import authn_request, signed
from tests.support.sign_in import Form, Page
from tests.support.xml_keys import Pair

from idp import federation, xml
from idp.federation import Binding
from idp.kit.clock import rfc3339
from idp.saml.detached import signed_query
from idp.saml.inflating import deflate, to_base64
from idp.saml.model import Status
from idp.signing import SignatureAlg, read_certificate
from idp.xml import MD, SAML, SAMLP, Element

SSO = "/t/aoba/saml/sso"
IDP = f"{BASE_URL}/t/aoba/saml/metadata"
CROSS_SITE: Mapping[str, str] = {"origin": "https://sp.example", "sec-fetch-site": "cross-site"}
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class SamlAnswer:
    """What a service reads of a response: `root` is what its signature covers."""

    root: Element
    fields: dict[str, str]
    action: str

    @property
    def status(self) -> tuple[str, ...]:
        """The codes, outermost first, by their last word."""
        return tuple((each.get("Value") or "").rpartition(":")[2] for each in self.root.iter(SAMLP("StatusCode")))

    @property
    def assertion(self) -> Element:
        found = self.root.find(SAML("Assertion"))
        assert found is not None, etree.tostring(self.root)
        return found

    @property
    def name_id(self) -> Element:
        found = self.assertion.find(f"{SAML('Subject')}/{SAML('NameID')}")
        assert found is not None
        return found

    @property
    def attributes(self) -> dict[str, list[str]]:
        return {
            each.get("FriendlyName") or each.get("Name") or "": [value.text or "" for value in each]
            for each in self.assertion.iter(SAML("Attribute"))
        }

    @property
    def statement(self) -> Element:
        found = self.assertion.find(SAML("AuthnStatement"))
        assert found is not None
        return found

    @property
    def context(self) -> str:
        return self.statement.findtext(f"{SAML('AuthnContext')}/{SAML('AuthnContextClassRef')}") or ""


@dataclass
class SamlParty:
    provider: Provider
    service_id: str
    entity_id: str
    acs: str
    pair: Pair | None = None
    sent: list[str] = field(default_factory=list)
    slug: str = "aoba"

    @property
    def sso(self) -> str:
        return f"/t/{self.slug}/saml/sso"

    def request(self, *extra: Element, **changes: str | None) -> Element:
        request_id = f"_request{next(_NUMBERS)}"
        self.sent.append(request_id)
        given: dict[str, str | None] = {
            "ID": request_id,
            "IssueInstant": rfc3339(self.provider.clock.now_us()),
            "Destination": f"{BASE_URL}{self.sso}",
            **changes,
        }
        return authn_request(self.entity_id, *extra, **{k: v for k, v in given.items() if v is not None})

    def address(self, *extra: Element, relay_state: str | None = "back here", **changes: str | None) -> str:
        return self.address_of(self.request(*extra, **changes), relay_state)

    def address_of(self, request: Element, relay_state: str | None = None) -> str:
        message = to_base64(deflate(xml.written(request)))
        if self.pair is not None:
            key, alg = self.pair.key, SignatureAlg.RSA_SHA256
            return f"{self.sso}?{signed_query('SAMLRequest', message, relay_state, key=key, alg=alg)}"
        more = {} if relay_state is None else {"RelayState": relay_state}
        return f"{self.sso}?{urlencode({'SAMLRequest': message, **more}, quote_via=quote)}"

    def form(self, *extra: Element, relay_state: str | None = "back here", **changes: str | None) -> dict[str, str]:
        made = self.request(*extra, **changes)
        data = xml.written(made) if self.pair is None else signed(made, self.pair)
        return {"SAMLRequest": to_base64(data), **({} if relay_state is None else {"RelayState": relay_state})}

    def sign_on(self, browser: Browser, *extra: Element, **changes: str | None) -> SamlAnswer:
        return self.read(browser.follow(browser.get(self.address(*extra, **changes))))

    def read(self, page: Answer) -> SamlAnswer:
        """The form on the page, its answer verified by our metadata."""
        form = posted(page)
        root = xml.read(base64.b64decode(form.fields["SAMLResponse"]))
        certificates = [read_certificate(text) for text in certificates_of(self.provider, self.slug)]
        verified = xml.verify(root, certificates, place=1)
        return SamlAnswer(verified, form.fields, form.action)


def posted(page: Answer) -> Form:
    assert page.status in {200, 403}, page
    return next(form for form in Page(page.text).forms.values() if "SAMLResponse" in form.fields)


def certificates_of(provider: Provider, slug: str = "aoba") -> list[str]:
    root = xml.read(provider.get(f"/t/{slug}/saml/metadata").body, limits=xml.METADATA)
    return re.findall(r"<ds:X509Certificate>([^<]+)<", etree.tostring(root.find(MD("IDPSSODescriptor"))).decode())


def register(
    provider: Provider, name: str = "keihi", *, pair: Pair | None = None, slug: str = "aoba", **changes: Any
) -> SamlParty:
    """With one address, and nobody has to be assigned; one signature, as our own reader has it."""
    entity_id, acs = f"https://{name}.example/saml", f"https://{name}.example/acs"
    rest = {key: changes.pop(key) for key in ("assignment_required", "consent", "status") if key in changes}
    saml = {"entity_id": entity_id, "acs": [{"url": acs, "binding": Binding.POST.value}], "sign": "response", **changes}
    if pair is not None:
        saml["certificates"] = [pair.certificate.text]
    document = {"name": name, "protocol": "saml", "assignment_required": False, "saml": saml, **rest}
    with provider.open(slug) as unit:
        made = federation.create(unit, federation.read(document, production=False))
    return SamlParty(provider, made.service.id, entity_id, acs, pair, slug=slug)


def codes(*status: Status) -> tuple[str, ...]:
    return tuple(each.value.rpartition(":")[2] for each in status)
