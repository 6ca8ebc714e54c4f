"""One question at two doors: what OpenID Connect answers in a situation, and what SAML does, in the same words."""

import itertools
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from tests.support.filling import CALLBACK
from tests.support.in_process import Answer
from tests.support.party import Browser, Party
from tests.support.provider import Provider
from tests.support.saml_party import SamlParty, codes, posted
from tests.support.saml_party import register as register_saml
from tests.support.sign_in import Form, Page

from idp import federation, signing, tenants
from idp.saml.model import Status
from idp.signing import Alg, Private, Use

DENIED = codes(Status.RESPONDER, Status.REQUEST_DENIED)
_NUMBERS = itertools.count(1)
ASKED = codes(Status.RESPONDER, Status.NO_PASSIVE)


class Door(Protocol):
    @property
    def service_id(self) -> str: ...
    def address(self, *, passive: bool = False) -> str: ...
    def told(self, answer: Answer) -> str | None:
        """What the service is told; None where the answer is none of its protocol."""


@dataclass(frozen=True)
class OpenIdDoor:
    party: Party

    @property
    def service_id(self) -> str:
        found: str = self.party.registered["id"]
        return found

    def address(self, *, passive: bool = False) -> str:
        return self.party.address(prompt="none") if passive else self.party.address()

    def told(self, answer: Answer) -> str | None:
        if not answer.location.startswith(f"{CALLBACK}?"):
            return None
        if "code" in answer.query:
            return "issued"
        if answer.query["error"] == "access_denied":
            return f"denied {answer.query['error_description']}"
        assert answer.query["error"] in {"login_required", "interaction_required", "consent_required"}, answer
        return "asks"


@dataclass(frozen=True)
class SamlDoor:
    party: SamlParty

    @property
    def service_id(self) -> str:
        return self.party.service_id

    def address(self, *, passive: bool = False) -> str:
        return self.party.address(IsPassive="true") if passive else self.party.address()

    def told(self, answer: Answer) -> str | None:
        if answer.status != 200 or "SAMLResponse" not in answer.text:
            return None
        assert posted(answer).action == self.party.acs
        said = self.party.read(answer)
        if said.status == ("Success",):
            assert said.name_id.text
            return "issued"
        if said.status == DENIED:
            return f"denied {said.root.findtext('.//{*}StatusMessage')}"
        assert said.status == ASKED, said.status
        return "asks"


def said(door: Door, answer: Answer) -> str:
    """`issued`, `denied` and why, `asks` where nobody may be asked; a page of ours by its name; `nothing` where there
    is no such tenant, `unknown` where there is no such service."""
    told = door.told(answer)
    if told is not None:
        return told
    if answer.location:
        return f"page {urlsplit(answer.location).path.rpartition('/')[2]}"
    texts, forms = Page(answer.text).texts, Page(answer.text).forms
    if 'id="denied-page"' in answer.text:
        assert (answer.status, bool(texts["denied-reference"])) == (403, True)
        return f"denied {texts['error-code']}"
    if answer.status in {400, 404}:
        return "unknown" if answer.status == 400 else "nothing"
    assert answer.status in {200, 401}, answer
    assert "SAMLResponse" not in answer.text
    if "proposal" in forms.get("otp-form", Form("", "")).fields:
        return "page enrolment"
    return f"page {next(name for name in forms if name.endswith('-form'))}"


class Row(NamedTuple):
    """What one situation gives, cell by cell: to somebody who is signed in, and to somebody who is not; where nobody
    may be asked, and to the end; and to a request that has waited since before."""

    signed_in: str
    passive: str
    stranger: str
    nobody_asked: str
    in_the_end: str
    had_waited: str


@dataclass
class Standing:
    """At one door: who is signed in there, and whose sign-in waits."""

    door: Door
    provider: Provider
    cookies: dict[str, str]
    waiting: tuple[Browser, Answer]

    @classmethod
    def at(cls, door: Door, provider: Provider) -> "Standing":
        somebody, nobody = provider.browser(), Browser(provider.second)
        somebody.follow(somebody.get(door.address()))
        return cls(door, provider, somebody.jar, (nobody, nobody.get(door.address())))

    def row(self) -> Row:
        """Asked of the other worker first, which has seen nothing of what happened."""
        waiting, begun = self.waiting
        return Row(
            self._said(self._somebody().get(self.door.address())),
            self._said(self._somebody().get(self.door.address(passive=True))),
            self._said(Browser(self.provider.second).get(self.door.address())),
            self._said(Browser(self.provider.first).get(self.door.address(passive=True))),
            self._in_the_end(),
            self._said(waiting.follow(begun)),
        )

    def _in_the_end(self) -> str:
        browser = Browser(self.provider.first)
        return self._said(browser.follow(browser.get(self.door.address())))

    def _somebody(self) -> Browser:
        return Browser(self.provider.second, jar=dict(self.cookies))

    def _said(self, answer: Answer) -> str:
        return said(self.door, answer)


@cache
def a_key() -> Private:
    return signing.generate(Alg.RS256)


def open_id(provider: Provider, slug: str, document: dict[str, Any]) -> OpenIdDoor:
    with provider.open(slug) as unit:
        tenants.adopt_key(unit, Use.SAML, Alg.RS256, a_key())  # to make one takes longer than all the rest
        made = federation.create(unit, federation.read({**document, "protocol": "oidc"}, production=False))
    return OpenIdDoor(Party(provider.first, slug, federation.to_json(made)))


def doors(provider: Provider, slug: str = "aoba") -> tuple[OpenIdDoor, SamlDoor]:
    """Two services that differ in nothing but the protocol."""
    name = f"twin{next(_NUMBERS)}"
    oidc = {"redirect_uris": [CALLBACK], "scope": "openid email"}
    return (
        open_id(provider, slug, {"name": name, "oidc": oidc, "assignment_required": False}),
        SamlDoor(register_saml(provider, name, slug=slug)),
    )
