"""A person signs on to a service (profiles 4.1): by both bindings, with and without a session, told what was asked."""

from typing import Any

import pytest
from tests.support.filling import BASE_URL
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import CROSS_SITE, IDP, SSO, SamlParty, codes, register
from tests.support.sign_in import Page
from tests.support.xml_keys import rsa_pair

from idp.saml.model import Status
from idp.xml import SAML, SAMLP

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
FORMATS = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def policy(**attributes: str) -> Any:
    return SAMLP.make("NameIDPolicy", **attributes)


def contexts(*classes: str, comparison: str | None = None) -> Any:
    refs = [SAML.make("AuthnContextClassRef", each) for each in classes]
    return SAMLP.make("RequestedAuthnContext", *refs, Comparison=comparison)


def test_a_person_signs_on_by_redirect_and_the_service_believes_it(provider: Provider) -> None:
    party, browser = register(provider), provider.browser()
    first = browser.get(party.address())
    assert first.location.startswith(f"{BASE_URL}/t/aoba/signin?interaction=int_")
    answer = party.read(browser.follow(first))
    assert (answer.status, answer.action) == (("Success",), party.acs)
    assert answer.fields["RelayState"] == "back here"
    assert (answer.root.get("InResponseTo"), answer.root.get("Destination")) == (party.sent[-1], party.acs)
    assert answer.root.findtext(SAML("Issuer")) == IDP
    assert answer.attributes["mail"] == ["taro@aoba.example"]
    assert answer.context == f"{CLASSES}PasswordProtectedTransport"
    assert answer.name_id.get("Format") == f"{FORMATS}persistent"
    assert (answer.name_id.get("NameQualifier"), answer.name_id.get("SPNameQualifier")) == (IDP, party.entity_id)
    events = provider.events()
    assert events.count("assertion.issued") == 1
    # with a session there is no page in between, and the person has the same name
    page = browser.get(party.address(relay_state=None))
    again = party.read(page)
    assert "RelayState" not in again.fields
    assert again.name_id.text == answer.name_id.text
    assert again.statement.get("AuthnInstant") == answer.statement.get("AuthnInstant")
    assert again.statement.get("SessionIndex") != answer.statement.get("SessionIndex")
    assert "form-action" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert "<button" in page.text
    assert provider.count("decisions") == 2
    assert provider.count("person_names") == 1


def test_a_form_of_another_site_is_kept_and_answered_by_a_step_of_our_own(provider: Provider) -> None:
    party, browser = register(provider, pair=rsa_pair("theirs")), provider.browser()
    party.sign_on(browser)
    jar = dict(browser.jar)
    browser.jar.clear()  # a browser sends no Lax cookie with it
    kept = browser.post(SSO, party.form(), CROSS_SITE)
    assert kept.status == 303
    assert kept.location.startswith(f"{BASE_URL}/t/aoba/saml/continue?interaction=int_")
    browser.jar = {**jar, **browser.jar}
    page = browser.get(kept.location)
    assert party.read(page).status == ("Success",)
    assert browser.get(kept.location).status == 400  # one answer for one request
    stranger = Browser(provider.first)
    assert stranger.get(browser.post(SSO, party.form(), CROSS_SITE).location).status == 400


def test_two_services_know_a_person_by_different_names_and_nobody_gets_one_of_before(alone: Provider) -> None:
    one, two, browser = register(alone), register(alone, "other"), alone.browser()
    names = [each.sign_on(browser).name_id.text for each in (one, two, one, two)]
    assert names[:2] == names[2:]
    assert names[0] != names[1]
    assert alone.user() not in names
    hanako = Browser(alone.first, user="hanako@aoba.example")
    assert one.sign_on(hanako).name_id.text not in names


@pytest.mark.parametrize(
    ("wanted", "format_", "value"),
    [
        (f"{FORMATS}transient", f"{FORMATS}transient", None),
        (EMAIL, EMAIL, "taro@aoba.example"),
        ("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", f"{FORMATS}persistent", None),
    ],
)
def test_a_request_may_choose_the_format_of_the_name(
    signed_on: tuple[SamlParty, Browser], wanted: str, format_: str, value: str | None
) -> None:
    party, browser = signed_on
    first, second = (party.sign_on(browser, policy(Format=wanted, AllowCreate="false")) for _ in range(2))
    assert first.name_id.get("Format") == format_
    assert value in {None, first.name_id.text}
    assert (first.name_id.text == second.name_id.text) is (not format_.endswith("transient"))


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        (policy(Format="urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"), "InvalidNameIDPolicy"),
        (policy(SPNameQualifier="https://other.example/saml"), "InvalidNameIDPolicy"),
        (contexts("urn:example:unknown"), "NoAuthnContext"),
        (contexts("https://refeds.org/profile/mfa", comparison="better"), "NoAuthnContext"),
        (
            SAMLP.make("Scoping", SAMLP.make("IDPList", SAMLP.make("IDPEntry", ProviderID="https://a"))),
            "NoSupportedIDP",
        ),
        (SAML.make("Subject", SAML.make("SubjectConfirmation", Method=BEARER)), "RequestUnsupported"),
    ],
)
def test_what_can_never_be_met_is_said_to_the_service(
    signed_on: tuple[SamlParty, Browser], extra: Any, status: str
) -> None:
    party, browser = signed_on
    answer = party.read(browser.get(party.address(extra)))
    assert answer.status[1] == status
    assert answer.root.find(SAML("Assertion")) is None
    assert (answer.action, answer.root.get("InResponseTo")) == (party.acs, party.sent[-1])


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (contexts(f"{CLASSES}PasswordProtectedTransport"), f"{CLASSES}PasswordProtectedTransport"),
        (contexts(f"{CLASSES}Password", comparison="minimum"), f"{CLASSES}Password"),
        (contexts("https://refeds.org/profile/mfa", f"{CLASSES}Password"), f"{CLASSES}Password"),
        (contexts("https://refeds.org/profile/mfa", comparison="maximum"), f"{CLASSES}PasswordProtectedTransport"),
    ],
)
def test_a_class_that_was_reached_is_told_as_it_was_asked_for(
    signed_on: tuple[SamlParty, Browser], extra: Any, told: str
) -> None:
    party, browser = signed_on
    assert party.sign_on(browser, extra).context == told


def test_more_than_was_proved_is_asked_for_and_a_passive_request_is_told_so(
    signed_on: tuple[SamlParty, Browser],
) -> None:
    party, browser = signed_on
    for extra in (contexts("https://refeds.org/profile/mfa"), contexts(f"{CLASSES}Password", comparison="better")):
        assert "/signin?" in browser.get(party.address(extra)).location
    extra = contexts("https://refeds.org/profile/mfa")
    assert party.read(browser.get(party.address(extra, IsPassive="true"))).status == codes(
        Status.RESPONDER, Status.NO_AUTHN_CONTEXT
    )


def test_a_passive_request_asks_nobody(signed_on: tuple[SamlParty, Browser]) -> None:
    party, browser = signed_on
    assert party.read(browser.get(party.address(IsPassive="1"))).status == ("Success",)
    nobody = Browser(browser.worker)
    no_passive = codes(Status.RESPONDER, Status.NO_PASSIVE)
    assert party.read(nobody.get(party.address(IsPassive="true"))).status == no_passive
    assert party.read(browser.get(party.address(IsPassive="true", ForceAuthn="true"))).status == no_passive


def test_a_fresh_sign_in_is_made_where_it_is_wanted(alone: Provider) -> None:
    party, browser = register(alone), alone.browser()
    before = party.sign_on(browser)
    alone.clock.advance(seconds=90)
    first = browser.get(party.address(ForceAuthn="true"))
    assert "/signin?" in first.location
    back = first.location.replace("/signin?", "/saml/continue?")
    assert "/signin?" in browser.get(back).location  # nothing was proved yet
    after = party.read(browser.follow(browser.get(back)))
    assert after.statement.get("AuthnInstant") != before.statement.get("AuthnInstant")


def test_whoever_turns_back_is_said_not_to_have_signed_in(alone: Provider) -> None:
    party, browser = register(alone), alone.browser()
    page = browser.get(browser.get(party.address()).location)
    (form,) = (form for form in Page(page.text).forms.values() if "cancel" in form.action)
    answer = browser.post(form.action, form.fields)
    assert party.read(browser.follow(answer)).status == codes(Status.RESPONDER, Status.AUTHN_FAILED)
