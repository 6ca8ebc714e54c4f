"""Nobody is signed out but by whom it may be, and nobody is sent away but to an address that is registered for it."""

from typing import Any

import pytest
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.saml_party import CROSS_SITE, SamlAnswer, SamlParty
from tests.support.saml_trial import THEIRS, Trial
from tests.support.xml_keys import Pair, rsa_pair

from idp import xml
from idp.kit.clock import rfc3339
from idp.saml.detached import signed_query
from idp.saml.inflating import deflate, to_base64
from idp.signing import SignatureAlg
from idp.xml import SAML, SAMLP, Element

SLO = "/t/aoba/saml/slo"
OUT = "https://leaving.example/out"
RSA = SignatureAlg.RSA_SHA256


@pytest.fixture(scope="module")
def leaving(trial: Trial) -> tuple[SamlParty, SamlAnswer]:
    """A service that may ask for logout, and what it was told of the person who is signed in."""
    slo = [{"url": "https://leaving.example/slo", "binding": "HTTP-Redirect", "response_url": OUT}]
    party = trial.another("leaving", pair=THEIRS, slo=slo)
    return party, party.sign_on(trial.browser)


def asked(leaving: tuple[SamlParty, SamlAnswer], **changes: Any) -> Element:
    party, answer = leaving
    given = {
        "ID": f"_out{len(party.sent)}",
        "Version": "2.0",
        "IssueInstant": rfc3339(party.provider.clock.now_us()),
        "Destination": f"{BASE_URL}{SLO}",
        **changes,
    }
    party.sent.append(given["ID"])
    issuer = SAML.make("Issuer", given.pop("issuer", party.entity_id))
    name = SAML.make("NameID", given.pop("name", answer.name_id.text))
    index = given.pop("index", answer.statement.get("SessionIndex"))
    return SAMLP.make("LogoutRequest", issuer, name, SAMLP.make("SessionIndex", index), **given)


def by_redirect(request: Element, pair: Pair | None = THEIRS, relay_state: str = "r") -> str:
    message = to_base64(deflate(xml.written(request)))
    return f"{SLO}?{signed_query('SAMLRequest', message, relay_state, key=pair.key if pair else None, alg=RSA)}"


def still_there(trial: Trial) -> None:
    party = trial.plain
    assert party.read(trial.browser.get(party.address(IsPassive="true"))).status == ("Success",)


def nothing_ended(trial: Trial, answer: Answer) -> None:
    """Refused by a page, or told to the registered address that it was not done."""
    assert answer.status in {303, 400}
    if answer.status == 303:
        assert answer.location.startswith(f"{OUT}?SAMLResponse=")
    still_there(trial)


WRONG: dict[str, dict[str, Any]] = {
    "no place": {"Destination": None},
    "another place": {"Destination": f"{BASE_URL}{SLO}.evil"},
    "the sign-on": {"Destination": f"{BASE_URL}/t/aoba/saml/sso"},
    "another tenant": {"Destination": f"{BASE_URL}/t/midori/saml/slo"},
    "long ago": {"IssueInstant": "2020-01-01T00:00:00Z"},
    "in the future": {"IssueInstant": "2036-01-01T00:00:00Z"},
    "over": {"NotOnOrAfter": "2026-03-31T00:00:00Z"},
    "nobody": {"name": ""},
    "somebody else": {"name": "somebody else"},
    "another session": {"index": "_guessed"},
    "an unknown service": {"issuer": "https://unknown.example/"},
    "another service": {"issuer": "https://trialstrict.example/saml"},
    "another version": {"Version": "1.1"},
}


@pytest.mark.attack("S15")
@pytest.mark.parametrize("name", WRONG)
def test_a_request_that_is_not_right_signs_nobody_out(
    trial: Trial, leaving: tuple[SamlParty, SamlAnswer], name: str
) -> None:
    nothing_ended(trial, trial.browser.get(by_redirect(asked(leaving, **WRONG[name]))))


@pytest.mark.attack("S15")
@pytest.mark.parametrize("signer", ["nobody", "stranger"])
@pytest.mark.parametrize("binding", ["redirect", "form"])
def test_a_request_that_its_service_has_not_signed_signs_nobody_out(
    trial: Trial, leaving: tuple[SamlParty, SamlAnswer], binding: str, signer: str
) -> None:
    request, pair = asked(leaving), rsa_pair("stranger") if signer == "stranger" else None
    if binding == "redirect":
        answer = trial.browser.get(by_redirect(request, pair))
    else:
        if pair is not None:
            xml.sign(request, pair.key, place=1, alg=RSA)
        answer = trial.browser.post(SLO, {"SAMLRequest": to_base64(xml.written(request))}, CROSS_SITE)
    assert (answer.status, answer.location) == (400, "")
    still_there(trial)


def _response(issuer: str) -> Element:
    status = SAMLP.make("Status", SAMLP.make("StatusCode", Value="urn:oasis:names:tc:SAML:2.0:status:Success"))
    given = {"ID": "_r", "Version": "2.0", "IssueInstant": "2026-04-01T01:00:00Z", "InResponseTo": "_guessed"}
    return SAMLP.make("LogoutResponse", SAML.make("Issuer", issuer), status, Destination=f"{BASE_URL}{SLO}", **given)


@pytest.mark.attack("S14", "S15")
@pytest.mark.parametrize("pair", [None, THEIRS, rsa_pair("stranger")], ids=["unsigned", "signed", "by a stranger"])
def test_an_answer_that_nobody_waits_for_leads_nowhere(
    trial: Trial, leaving: tuple[SamlParty, SamlAnswer], pair: Pair | None
) -> None:
    message = to_base64(deflate(xml.written(_response(leaving[0].entity_id))))
    key = pair.key if pair else None
    query = signed_query("SAMLResponse", message, "https://evil.example/", key=key, alg=RSA)
    answer = trial.browser.get(f"{SLO}?{query}")
    assert (answer.status, answer.location) == (400, "")
    still_there(trial)


GOODBYES = [
    "https://evil.example/",
    "//evil.example",
    "javascript:alert(1)",
    "a\r\nLocation: https://evil.example/",
    "&x=y",
]


@pytest.mark.attack("S14")
@pytest.mark.honest("S14", "S15")
@pytest.mark.parametrize("state", GOODBYES, ids=range(len(GOODBYES)))
def test_after_a_logout_the_browser_goes_to_the_registered_address_whatever_the_relay_state(
    trial: Trial, leaving: tuple[SamlParty, SamlAnswer], state: str
) -> None:
    party = leaving[0]
    browser = trial.provider.browser()
    told = party.sign_on(browser)
    answer = browser.get(by_redirect(asked((party, told)), relay_state=state))
    assert answer.status == 303
    assert answer.location.startswith(f"{OUT}?SAMLResponse=")
    assert answer.query["RelayState"] == state
    assert "\r" not in answer.location
    passive = party.read(browser.follow(browser.get(party.address(IsPassive="true"))))
    assert passive.status[0] == "Responder"
    still_there(trial)


@pytest.mark.attack("S14")
@pytest.mark.parametrize("name", ["wreply", "ReturnTo", "return", "url", "post_logout_redirect_uri", "RelayState"])
@pytest.mark.parametrize("endpoint", ["slo", "sso", "init", "continue"])
def test_no_parameter_leads_away(trial: Trial, endpoint: str, name: str) -> None:
    answer = trial.browser.get(f"/t/aoba/saml/{endpoint}?{name}=https%3A%2F%2Fevil.example%2F")
    assert (answer.status, answer.location) == (400, "")
    assert "evil.example" not in answer.text
