"""Whose answer it is: a request is good once, in the browser and the session that it belongs to, as long as all may."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.authenticator import enrolled
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import CROSS_SITE, SSO, SamlParty, codes, register
from tests.support.saml_trial import Trial, Way, tells_nobody
from tests.support.sign_in import Page
from tests.support.xml_keys import rsa_pair

from idp import contracts, federation, tenants, users
from idp.kit.sqlite import SqliteLane
from idp.saml.model import Status
from idp.xml import SAML, SAMLP

WAYS = pytest.mark.parametrize("way", Way, ids=lambda way: way.value)
CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
FORMATS = "urn:oasis:names:tc:SAML:2.0:nameid-format:"


def _sent(trial: Trial, way: Way) -> Callable[[Browser], Answer]:
    """One request, to be sent as often as one likes."""
    party = trial.party(way)
    if way.posts:
        form = party.form()
        return lambda browser: browser.post(SSO, form, CROSS_SITE)
    address = party.address()
    return lambda browser: browser.get(address)


@pytest.mark.attack("S8")
@pytest.mark.honest("S8")
@WAYS
@pytest.mark.parametrize("where", ["there", "elsewhere", "signed out", "another worker", "a second later"])
def test_a_request_is_answered_once_wherever_it_is_sent_again(trial: Trial, way: Way, where: str) -> None:
    send = _sent(trial, way)
    trial.takes(send(trial.browser), way)
    others = {
        "elsewhere": lambda: Browser(trial.provider.first, jar=dict(trial.browser.jar)),
        "signed out": trial.provider.browser,
        "another worker": lambda: Browser(trial.provider.second, jar=dict(trial.browser.jar)),
    }
    trial.refuses(send(others.get(where, lambda: trial.browser)()))


@pytest.mark.attack("S8")
@WAYS
def test_a_request_that_waits_is_not_taken_again(trial: Trial, way: Way) -> None:
    send = _sent(trial, way)
    nobody = trial.provider.browser()
    waiting = send(nobody)
    trial.refuses(send(trial.provider.browser()))
    trial.takes(nobody.follow(waiting), way)


def _policy(**attributes: str) -> Any:
    return SAMLP.make("NameIDPolicy", **attributes)


ASKED_FOR: dict[str, tuple[Callable[[Trial], list[Any]], dict[str, str]]] = {
    "another service's name": (lambda trial: [_policy(SPNameQualifier=trial.strict.entity_id)], {}),
    "a group of services' name": (lambda _: [_policy(SPNameQualifier="https://affiliation.example/")], {}),
    "somebody else": (lambda _: [SAML.make("Subject", SAML.make("NameID", "hanako@aoba.example"))], {}),
    "the very person": (lambda _: [SAML.make("Subject", SAML.make("NameID", "taro@aoba.example"))], {}),
    "a format that is not given": (
        lambda _: [_policy(Format="urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos")],
        {},
    ),
    "an encrypted name": (lambda _: [_policy(Format=f"{FORMATS}encrypted")], {}),
    "another provider": (
        lambda _: [SAMLP.make("Scoping", SAMLP.make("IDPList", SAMLP.make("IDPEntry", ProviderID="https://x")))],
        {},
    ),
}


@pytest.mark.attack("S17")
@WAYS
@pytest.mark.parametrize("name", ASKED_FOR)
def test_nobody_gets_a_name_that_is_not_theirs(trial: Trial, way: Way, name: str) -> None:
    extra, changes = ASKED_FOR[name]
    if name == "another service's name" and way.signs:
        extra = lambda trial: [_policy(SPNameQualifier=trial.plain.entity_id)]  # noqa: E731 - the other one's
    status = trial.declines(trial.send(way, *extra(trial), **changes), way)
    assert status[0] in {"Requester", "Responder"}


@pytest.mark.attack("S17")
@WAYS
def test_no_index_of_attributes_and_no_extension_gets_more_than_is_registered(trial: Trial, way: Way) -> None:
    usual = trial.takes(trial.send(way), way)
    extensions = SAMLP.make("Extensions", SAML.make("Attribute", Name="urn:oid:2.5.4.20"))
    for extra, changes in (([], {"AttributeConsumingServiceIndex": "1"}), ([extensions], {})):
        answer = trial.send(way, *extra, **changes)
        if answer.status == 400:
            trial.refuses(answer)
        else:
            assert trial.takes(answer, way).attributes == usual.attributes


@pytest.mark.honest("S17")
@WAYS
@pytest.mark.parametrize("format_", ["persistent", "transient"])
def test_a_service_gets_the_name_that_it_may_have(trial: Trial, way: Way, format_: str) -> None:
    own = trial.party(way).entity_id
    policy = _policy(Format=f"{FORMATS}{format_}", SPNameQualifier=own)
    assert trial.takes(trial.send(way, policy), way).name_id.get("SPNameQualifier") == own


@pytest.mark.attack("S17")
def test_two_services_cannot_tell_that_they_know_the_same_person(trial: Trial) -> None:
    names = [trial.takes(trial.send(way), way).name_id.text for way in (Way.REDIRECT, Way.SIGNED_REDIRECT)]
    assert len(set(names)) == 2


Barred = Callable[[Provider, SamlParty], None]


def _without_service(provider: Provider, party: SamlParty) -> None:
    with provider.open() as unit:
        federation.disable(unit, party.service_id)


def _deleted_service(provider: Provider, party: SamlParty) -> None:
    with provider.open() as unit:
        federation.delete(unit, party.service_id)


def _without_person(provider: Provider, party: SamlParty) -> None:
    with provider.open() as unit:
        users.disable(unit, provider.user())


def _suspended(provider: Provider, party: SamlParty) -> None:
    provider.suspend()


def _terminated(provider: Provider, party: SamlParty) -> None:
    with provider.platform() as unit:
        contracts.terminate(unit, provider.contract(), reason="breach")


def _generation(provider: Provider, party: SamlParty) -> None:
    with provider.open() as unit:
        tenants.end_generation(unit)


def _assigned_away(provider: Provider, party: SamlParty) -> None:
    with provider.open() as unit:
        federation.change(unit, party.service_id, {"assignment_required": True}, production=False)


BARRED: dict[str, Barred] = {
    "service disabled": _without_service,
    "service deleted": _deleted_service,
    "person disabled": _without_person,
    "contract suspended": _suspended,
    "contract terminated": _terminated,
    "everybody signed out": _generation,
    "person not assigned": _assigned_away,
}


@pytest.mark.attack("S19")
@pytest.mark.honest("S19")
@pytest.mark.parametrize("name", BARRED)
def test_whatever_has_been_begun_is_judged_again_when_it_is_answered(alone: Provider, name: str) -> None:
    """With a session, in the middle of a sign-in, begun here, and on another worker: four times nobody is told."""
    party, browser = register(alone, idp_initiated=True), alone.browser()
    assert party.sign_on(browser).status == ("Success",)
    unasked = f"/t/aoba/saml/init?sp={quote(party.entity_id, safe='')}"
    assert party.read(browser.get(unasked)).status == ("Success",)
    kept = browser.post(SSO, party.form(), CROSS_SITE)
    nobody = alone.browser()
    waiting = nobody.get(party.address())
    BARRED[name](alone, party)
    second = Browser(alone.second, jar=dict(browser.jar))
    answers = [
        browser.get(party.address()),
        browser.get(kept.location),
        browser.get(unasked),
        second.get(party.address()),
    ]
    if name not in {
        "everybody signed out",
        "person disabled",
    }:  # then to sign in anew is all it takes, or takes nothing
        answers.append(nobody.follow(waiting))
    for answer in answers:
        tells_nobody(answer)
        assert answer.status in {303, 400, 403}
        assert answer.location == "" or "/signin?" in answer.location


@pytest.mark.attack("S3", "S19")
@pytest.mark.honest("S3", "S19")
def test_a_request_that_waits_unsigned_is_not_answered_once_signatures_are_demanded(alone: Provider) -> None:
    party, nobody, other = register(alone), alone.browser(), alone.browser()
    waiting, answered = (each.get(party.address()) for each in (nobody, other))
    assert party.read(other.follow(answered)).status == ("Success",)
    with alone.open() as unit:
        demanding = {"certificates": [rsa_pair().certificate.text], "require_signed_requests": True}
        federation.change(unit, party.service_id, {"saml": demanding}, production=False)
    tells_nobody(nobody.follow(waiting))


@pytest.mark.attack("S19")
@pytest.mark.parametrize(
    "path",
    [
        "/t/midori/saml/sso",
        "/t/midori/../aoba/saml/sso",
        "/t/aoba%2fsaml/sso",
        "/t/aoba/%2e%2e/midori/saml/sso",
        "/t/AOBA/saml/sso",
        "/t/aoba/saml/sso/",
        "/t//saml/sso",
        "/t/-/saml/sso",
        "/t/nobody/saml/sso",
        "/t/aoba%00/saml/sso",
    ],
)
def test_a_session_and_a_service_of_one_tenant_are_nothing_to_another(trial: Trial, path: str) -> None:
    address = trial.plain.address()
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in trial.browser.jar.items())}
    answer = trial.provider.first.call("GET", address.replace(SSO, path, 1), cookies)  # as it stands there
    assert answer.status in {400, 404}
    assert "SAMLResponse" not in answer.text
    assert answer.location == ""
    trial.takes(trial.browser.get(address), Way.REDIRECT)


def _unlike(text: str) -> str:
    """A page without its reference."""
    return re.sub(r"\b[0-9A-HJKMNP-TV-Z]{10}\b", "R", text)


def _enumerable(trial: Trial) -> dict[str, SamlParty]:
    return {
        "unknown": SamlParty(trial.provider, "svc_x", "https://unknown.example/saml", "https://unknown.example/acs"),
        "unsigned": SamlParty(trial.provider, "x", trial.strict.entity_id, trial.strict.acs),
        "of OpenID": SamlParty(trial.provider, "x", trial.provider.party("web").client_id, "https://x.example/"),
    }


WRONGLY = {
    "another address": {"AssertionConsumerServiceURL": "https://evil.example/"},
    "another time": {"IssueInstant": "2020-01-01T00:00:00Z"},
    "another place": {"Destination": "https://evil.example/"},
}


@pytest.mark.attack("S20")
@pytest.mark.parametrize("way", [Way.REDIRECT, Way.FORM], ids=lambda way: way.value)
@pytest.mark.parametrize("name", ["unsigned", "of OpenID", *WRONGLY, "no XML"])
def test_who_is_registered_is_not_told_by_how_a_request_is_refused(trial: Trial, way: Way, name: str) -> None:
    def ask(party: SamlParty, **changes: str) -> Answer:
        form = party.form(relay_state=None, **changes)
        return (
            trial.browser.post(SSO, form, CROSS_SITE)
            if way.posts
            else trial.browser.get(party.address(relay_state=None, **changes))
        )

    known = _enumerable(trial)
    unknown = ask(known["unknown"])
    if name == "no XML":
        answer = trial.send_bytes(way, b"hello")
    elif name in known:
        answer = ask(known[name])
    else:
        answer = ask(trial.plain, **WRONGLY[name])
    for each in (unknown, answer):
        trial.refuses(each)
    assert answer.headers.keys() == unknown.headers.keys()
    assert len(answer.body) == len(unknown.body)
    assert _unlike(answer.text) == _unlike(unknown.text)


@pytest.mark.attack("S20")
@pytest.mark.rewired
def test_a_service_that_is_unknown_costs_as_much_as_one_that_is_wrongly_asked(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what is asked of the database, not by a clock: one question more where nothing is found. What
    is kept of the refusal is written when the answer has gone."""
    asked: list[str] = []
    execute = SqliteLane.execute

    def noting(lane: SqliteLane, text: str, values: Any) -> Any:
        asked.append(text)
        return execute(lane, text, values)

    monkeypatch.setattr(SqliteLane, "execute", noting)
    known, ways = _enumerable(trial), {}
    for name in ("unknown", "unsigned"):
        address = known[name].address()
        trial.refuses(trial.browser.get(address))
        asked.clear()
        trial.refuses(trial.browser.get(address))
        ways[name] = [*asked]
        assert not any(text.startswith(("INSERT", "UPDATE", "DELETE")) for text in asked)
    assert 0 <= len(ways["unknown"]) - len(ways["unsigned"]) <= 1


@pytest.mark.honest("S20")
def test_the_administrators_learn_what_was_wrong_by_the_reference_on_the_page(trial: Trial) -> None:
    answer = trial.browser.get(_enumerable(trial)["unknown"].address())
    assert answer.headers["x-request-id"] in answer.text


@pytest.mark.attack("S21")
@pytest.mark.honest("S21")
@WAYS
def test_a_session_of_before_is_no_fresh_sign_in(trial: Trial, way: Way) -> None:
    before = trial.takes(trial.send(way), way).statement.get("AuthnInstant") or ""
    trial.provider.clock.advance(seconds=1)
    answer = trial.send(way, ForceAuthn="true")
    if way.posts:
        answer = trial.browser.get(answer.location)
    assert "/signin?" in answer.location
    page = trial.browser.get(answer.location)
    assert "login-form" in Page(page.text).forms
    interaction = answer.location.partition("interaction=")[2]
    back = trial.browser.get(f"/t/aoba/saml/continue?interaction={interaction}")
    assert "/signin?" in back.location  # going on without signing in
    fresh = trial.takes(trial.browser.follow(page), way).statement.get("AuthnInstant") or ""
    assert fresh > before
    again = trial.browser.get(f"/t/aoba/saml/continue?interaction={interaction}")  # the back button
    assert (again.status, "SAMLResponse" in again.text) == (400, False)


@pytest.mark.attack("S21")
@WAYS
def test_a_request_that_waits_is_only_for_the_browser_in_which_it_began(trial: Trial, way: Way) -> None:
    nobody = trial.provider.browser()
    waiting = trial.send(way, browser=nobody)
    for other in (trial.browser, trial.provider.browser()):
        answer = other.get(waiting.location)
        assert answer.status == 400
        assert not Page(answer.text).forms
    trial.takes(nobody.follow(waiting), way)


@pytest.mark.attack("S21")
@WAYS
def test_who_may_not_be_asked_is_not_signed_in(trial: Trial, way: Way) -> None:
    nobody = trial.provider.browser()
    answer = nobody.follow(trial.send(way, browser=nobody, IsPassive="true"))
    assert trial.party(way).read(answer).status == codes(Status.RESPONDER, Status.NO_PASSIVE)
    forced = trial.send(way, ForceAuthn="true", IsPassive="true")
    assert trial.declines(forced, way) == codes(Status.RESPONDER, Status.NO_PASSIVE)


def _classes(comparison: str, *names: str) -> Any:
    refs = [SAML.make("AuthnContextClassRef", each) for each in names]
    return SAMLP.make("RequestedAuthnContext", *refs, Comparison=comparison)


MFA = "https://refeds.org/profile/mfa"
PASSWORD = f"{CLASSES}PasswordProtectedTransport"
DEMANDS = [
    ("exact", (MFA,)),
    ("minimum", (MFA,)),
    ("better", (PASSWORD,)),
    ("better", (MFA,)),
    ("better", (PASSWORD, MFA)),
    ("exact", (f"{CLASSES}X509",)),
    ("minimum", (f"{CLASSES}Kerberos",)),
]


@pytest.mark.attack("S21")
@pytest.mark.parametrize("way", [Way.REDIRECT, Way.SIGNED_REDIRECT], ids=lambda way: way.value)
@pytest.mark.parametrize(("comparison", "names"), DEMANDS, ids=range(len(DEMANDS)))
def test_one_factor_never_passes_for_more(trial: Trial, way: Way, comparison: str, names: tuple[str, ...]) -> None:
    passive = trial.send(way, _classes(comparison, *names), IsPassive="true")
    assert trial.declines(passive, way) == codes(Status.RESPONDER, Status.NO_AUTHN_CONTEXT)
    active = trial.send(way, _classes(comparison, *names))
    if active.location:
        assert "/signin?" in active.location
    else:
        assert trial.declines(active, way) == codes(Status.RESPONDER, Status.NO_AUTHN_CONTEXT)


@pytest.mark.honest("S21")
@pytest.mark.parametrize(
    ("comparison", "names"), [("exact", (PASSWORD,)), ("minimum", (PASSWORD,)), ("maximum", (MFA,))]
)
def test_what_was_proved_is_told(trial: Trial, comparison: str, names: tuple[str, ...]) -> None:
    answer = trial.takes(trial.send(Way.REDIRECT, _classes(comparison, *names)), Way.REDIRECT)
    assert answer.context == PASSWORD


@pytest.mark.attack("S21")
def test_half_a_sign_in_answers_nobody(alone: Provider) -> None:
    party = register(alone)
    enrolled(alone)
    browser = alone.browser()
    page = browser.get(browser.get(party.address()).location)
    half = browser.sign_in(browser.form(page))
    assert half.status == 303
    for address in (party.address(), half.location.replace("signin", "saml/continue")):
        assert "SAMLResponse" not in browser.get(address).text
