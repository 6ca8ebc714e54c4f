"""Attacks on the sign-on of SAML, tried over HTTP: how they are sent, and what it means that they are refused.

Each can come in four ways: by a service that signs its requests, and must, and by one that does not; by a redirect, and
by a form of another site. `Trial.send` sends what an honest service would, but for the changes that it is told.
"""

import base64
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import CROSS_SITE, SSO, SamlAnswer, SamlParty, posted, register
from tests.support.sign_in import Page
from tests.support.xml_keys import rsa_pair

from idp import xml
from idp.saml.inflating import deflate, to_base64
from idp.saml.model import Status
from idp.xml import SAML, SAMLP, Element

THEIRS = rsa_pair("theirs")


class Way(Enum):
    REDIRECT = "redirect"
    FORM = "form"
    SIGNED_REDIRECT = "signed redirect"
    SIGNED_FORM = "signed form"

    @property
    def signs(self) -> bool:
        return self in {Way.SIGNED_REDIRECT, Way.SIGNED_FORM}

    @property
    def posts(self) -> bool:
        return self in {Way.FORM, Way.SIGNED_FORM}


@dataclass
class Trial:
    """`plain` asks without signatures, `strict` must sign; `browser` is somebody who is signed in at both."""

    provider: Provider
    plain: SamlParty
    strict: SamlParty
    browser: Browser
    others: dict[str, SamlParty] = field(default_factory=dict)

    @classmethod
    def at(cls, provider: Provider, name: str = "trial") -> "Trial":
        plain = register(provider, f"{name}plain")
        strict = register(provider, f"{name}strict", pair=THEIRS, require_signed_requests=True)
        browser = provider.browser()
        for party in (plain, strict):
            party.sign_on(browser)
        return cls(provider, plain, strict, browser)

    def another(self, name: str, **changes: Any) -> SamlParty:
        """A service beside the two, registered once."""
        if name not in self.others:
            self.others[name] = register(self.provider, name, **changes)
        return self.others[name]

    def party(self, way: Way) -> SamlParty:
        return self.strict if way.signs else self.plain

    def send(self, way: Way, *extra: Element, browser: Browser | None = None, **changes: str | None) -> Answer:
        party, browser = self.party(way), browser or self.browser
        if way.posts:
            return browser.post(SSO, party.form(*extra, **changes), CROSS_SITE)
        return browser.get(party.address(*extra, **changes))

    def send_bytes(self, way: Way, data: bytes, *, browser: Browser | None = None, **more: str) -> Answer:
        """Whatever it is, as a message of a service that does not sign."""
        browser = browser or self.browser
        if way.posts:
            return browser.post(SSO, {"SAMLRequest": to_base64(data), **more}, CROSS_SITE)
        return browser.get(f"{SSO}?{urlencode({'SAMLRequest': to_base64(deflate(data)), **more})}")

    def refuses(self, answer: Answer, *, status: int = 400) -> None:
        """A page of ours that leads nowhere: no sign-in, no assertion, no other site."""
        assert (answer.status, answer.location) == (status, ""), answer
        page = Page(answer.text)
        assert not page.forms, page.forms
        assert page.texts["error-code"] == "invalid_request"
        assert "SAMLResponse" not in answer.text
        assert not answer.cookies

    def declines(self, answer: Answer, way: Way) -> tuple[str, ...]:
        """An error for the service, at the address that it registered: its status."""
        page = self.browser.follow(answer)
        told = self.party(way).read(page)
        assert told.action == self.party(way).acs
        assert told.root.find(SAML("Assertion")) is None
        assert told.root.find(SAML("EncryptedAssertion")) is None
        assert told.status[0] != "Success"
        return told.status

    def takes(self, answer: Answer, way: Way) -> SamlAnswer:
        """The honest end: a success, at the address that is registered."""
        told = self.party(way).read(self.browser.follow(answer))
        assert told.action == self.party(way).acs
        assert told.status == ("Success",)
        assert told.root.get("InResponseTo") == self.party(way).sent[-1]
        return told


def raw_response(page: Answer) -> bytes:
    """The document as it was sent."""
    return base64.b64decode(posted(page).fields["SAMLResponse"])


def tells_nobody(answer: Answer) -> None:
    """Whatever is on the page, no assertion is: a way back to the service says no."""
    for form in Page(answer.text).forms.values():
        if "SAMLResponse" in form.fields:
            root = xml.read(base64.b64decode(form.fields["SAMLResponse"]))
            assert not [*root.iter(SAML("Assertion"), SAML("EncryptedAssertion"))], answer
            assert next(root.iter(SAMLP("StatusCode"))).get("Value") != Status.SUCCESS.value
