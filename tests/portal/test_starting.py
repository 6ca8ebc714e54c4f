"""Services that a person starts from their own page (OpenID Connect Core 4), and those that are not shown there."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.support import saml_party
from tests.support.desk import Desk
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import Answer
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider
from tests.support.registered import register
from tests.support.sign_in import Page

from idp import federation

HOME = "/t/aoba/"
BEGIN = "https://rp.example/begin"


@dataclass
class RelyingParty:
    """As small as one can be: it begins a sign-in where somebody else asks it to, for a provider that it knows."""

    party: Party
    issuer: str
    home: str | None = None

    def begin(self, address: str) -> str:
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BEGIN
        pairs = parse_qsl(parts.query, strict_parsing=True)
        asked = dict(pairs)
        assert len(asked) == len(pairs)
        assert asked.pop("iss") == self.issuer
        assert asked.pop("target_link_uri", None) == self.home  # it checks where it would lead (Core 4)
        return self.party.address(login_hint=asked["login_hint"])


def starting(provider: Provider, name: str, **oidc: Any) -> Party:
    return register(provider, name, initiate_login_uri=BEGIN, **oidc)


def page_of(browser: Browser) -> Answer:
    answer = browser.get(HOME)
    return answer if answer.status == 200 else browser.follow(answer)


def offers(page: Answer) -> dict[str, str]:
    """The addresses by the services' ids."""
    return {key: unescape(uri) for key, uri in re.findall(r'<a id="start-([^"]+)" href="([^"]+)"', page.text)}


def offered(browser: Browser, party: Party) -> str:
    return offers(page_of(browser))[party.registered["id"]]


def test_a_service_is_started_and_signs_the_person_in_without_asking(provider: Provider) -> None:
    home = "https://rp.example/home"
    party, browser = starting(provider, "starting", client_uri=home), provider.browser()
    relying = RelyingParty(party, provider.issuer(), home)
    answer = browser.get(relying.begin(offered(browser, party)))
    assert answer.query["iss"] == provider.issuer()
    told = party.redeem(answer.query["code"]).json()
    assert claims(told["id_token"])["sub"] == provider.user()


def test_the_hint_is_the_identifier_of_the_services_own_sector_and_no_name(provider: Provider) -> None:
    party, browser = starting(provider, "pairwise", subject_type="pairwise"), provider.browser()
    address = offered(browser, party)
    hint = dict(parse_qsl(urlsplit(address).query))["login_hint"]
    assert "taro" not in address
    code = browser.get(RelyingParty(party, provider.issuer()).begin(address)).query["code"]
    assert claims(party.redeem(code).json()["id_token"])["sub"] == hint != provider.user()


@pytest.mark.parametrize("hint", ["own", "pairwise", "taro@aoba.example"])
def test_who_has_signed_out_meanwhile_finds_no_identifier_in_the_form(shared: Provider, hint: str) -> None:
    shown = {"own": shared.user(), "pairwise": "x" * 43}.get(hint, hint)
    form = shared.browser().login_page(shared.party("web"), login_hint=shown)
    assert form.fields["username"] == ("" if hint in {"own", "pairwise"} else shown)


def test_what_a_service_has_registered_is_kept_and_another_sites_page_is_no_target(alone: Provider) -> None:
    party = register(alone, "queried", initiate_login_uri=f"{BEGIN}?x=1#y", client_uri="https://other.example/")
    address = offered(alone.browser(), party)
    assert address.startswith(f"{BEGIN}?x=1&iss=https%3A%2F%2Fid.example%2Ft%2Faoba&login_hint=usr_")
    assert address.endswith("#y")
    assert "target_link_uri" not in address


def test_services_that_do_not_take_it_or_would_not_let_the_person_in_are_not_shown(provider: Provider) -> None:
    browser = provider.browser()
    assert offers(page_of(browser)) == {}
    assert "start" not in Page(browser.get(HOME).text).texts
    on, off = starting(provider, "on"), starting(provider, "off")
    document = {
        "name": "closed",
        "protocol": "oidc",
        "assignment_required": True,
        "oidc": {"redirect_uris": [CALLBACK], "initiate_login_uri": BEGIN},
    }
    with provider.open() as unit:
        closed = federation.create(unit, federation.read(document, production=True))
        federation.disable(unit, off.registered["id"])
    assert offers(browser.get(HOME)).keys() == {on.registered["id"]}
    with provider.open() as unit:
        federation.assign(unit, service_id=closed.service.id, user_id=provider.user())
    assert offers(browser.get(HOME)).keys() == {on.registered["id"], closed.service.id}
    rule = {"name": "nobody", "effect": "deny", "services": [on.registered["id"]], "when": {"all": []}}
    stepped = {"name": "two", "effect": "step_up", "services": ["*"], "when": {"all": []}, "require": ["mfa"]}
    Desk.of(provider).put_in_force(rule, stepped)
    assert offers(browser.get(HOME)).keys() == {closed.service.id}  # more is asked for on the way


def test_abroad_nothing_is_offered_that_the_country_rule_refuses(alone: Provider) -> None:
    """Art. 6.4: from Japan, or from a network that the operator has named."""
    alone.settings = alone.settings.model_copy(update={"trusted_proxies": "133.11.0.1/32"})
    party, browser = starting(alone, "starting"), alone.browser()
    assert page_of(browser).status == 200
    for abroad in ("8.8.8.8", "192.0.2.1"):
        there = {"x-forwarded-for": abroad}
        assert offers(browser.get(HOME, **there)) == {}
        assert browser.get(party.address(), **there).status == 403
    assert offers(browser.get(HOME, **{"x-forwarded-for": "133.11.0.9"})).keys() == {party.registered["id"]}


def test_another_tenant_has_its_own(alone: Provider) -> None:
    starting(alone, "starting")
    browser = alone.browser()
    page = browser.follow(browser.get("/t/midori/"))
    assert (page.status, offers(page), BASE_URL in browser.here) == (200, {}, True)


def test_a_service_of_saml_is_started_if_it_takes_what_it_has_not_asked_for(provider: Provider) -> None:
    taking, asking = (
        saml_party.register(provider, "taking", idp_initiated=True),
        saml_party.register(provider, "asking"),
    )
    browser = provider.browser()
    shown = offers(page_of(browser))
    assert asking.service_id not in shown
    answer = taking.read(browser.get(shown[taking.service_id]))
    assert (answer.status, answer.root.get("InResponseTo")) == (("Success",), None)
    with provider.open() as unit:
        federation.disable(unit, taking.service_id)
    assert taking.service_id not in offers(page_of(browser))
