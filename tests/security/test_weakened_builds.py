"""Each case must fail on a build without its defence, or it proves nothing (SECURITY 2).

One defence is switched off, the case is run, and it must object; with the defence on, the same case passes.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.support.authenticator import enrolled
from tests.support.filling import CALLBACK, GOODBYE, cheaply_hashed
from tests.support.in_process import FORM, Answer, basic, encoded
from tests.support.party import SAME_ORIGIN, Browser
from tests.support.provider import Provider

from idp import credentials
from idp.access import deciding
from idp.credentials import Tried, factor_store, factors, password_sign_in
from idp.federation import redirect_uris
from idp.oidc import answering, bearer, clients, redemption, request, store, token
from idp.oidc import grants as oidc_grants
from idp.sessions import grants, interactions, signed_in
from idp.signin import dispatching
from idp.web import consent_page, cookies, csrf

pytestmark = pytest.mark.rewired

SESSION = "__Host-warifu-aoba-session"


class Unequal:
    """`hmac` as somebody writes it who does not compare."""

    @staticmethod
    def compare_digest(*_: object) -> bool:
        return True


def _with_code(provider: Provider, code: str) -> Answer:
    """Of a sign-in of its own."""
    browser = provider.browser()
    page = browser.get(browser.sign_in(browser.login_page(provider.party("web"))).location)
    form = browser.form(page, "otp-form")
    return browser.post(form.action, {**form.fields, "code": code})


class Weakness(NamedTuple):
    place: Any
    name: str
    instead: Any
    case: Callable[[Provider], None]


def another_address(provider: Provider) -> None:
    answer = provider.get(provider.party("web").address(redirect_uri=f"{CALLBACK}.evil.example/", prompt="none"))
    assert not answer.location


def another_goodbye(provider: Provider) -> None:
    browser = provider.browser()
    hint = provider.party("web").tokens(browser)["id_token"]
    fields = encoded({"id_token_hint": hint, "post_logout_redirect_uri": f"{GOODBYE}.evil.example/"}).decode()
    assert not browser.get(f"/t/aoba/end_session?{fields}").location


def a_password_alone(provider: Provider) -> None:
    enrolled(provider)
    browser = provider.browser()
    browser.sign_in(browser.login_page(provider.party("web")))
    assert SESSION not in browser.jar


def a_code_that_was_used(provider: Provider) -> None:
    app = enrolled(provider)
    assert [_with_code(provider, app.code()).status for _ in range(2)] == [303, 401]


def many_codes(provider: Provider) -> None:
    enrolled(provider)
    assert [_with_code(provider, "000000").status for _ in range(6)] == [401] * 5 + [429]


def a_wrong_verifier(provider: Provider) -> None:
    web = provider.party("web")
    assert web.redeem(provider.browser().code(web), code_verifier="v" * 43).status == 400


def no_challenge(provider: Provider) -> None:
    answer = provider.get(provider.party("web").address(code_challenge=None, code_challenge_method=None))
    assert "error" in answer.query


def a_second_redemption(provider: Provider) -> None:
    web = provider.party("web")
    code = provider.browser().code(web)
    told = web.redeem(code).json()
    assert web.redeem(code).status == 400
    assert web.userinfo(told["access_token"]).status == 401


def a_code_after_sign_out(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    hint = web.tokens(browser)["id_token"]
    code = browser.code(web)
    browser.get(f"/t/aoba/end_session?id_token_hint={hint}")
    assert web.redeem(code).status == 400


def a_form_from_elsewhere(provider: Provider) -> None:
    browser = provider.browser()
    answer = browser.sign_in(browser.login_page(provider.party("web")), {"origin": "https://evil.example"})
    assert answer.status == 403


def a_form_of_somebody_else(provider: Provider) -> None:
    asking, browser = provider.party("asking"), provider.browser()
    browser.code(provider.party("web"))
    form = browser.form(browser.get(browser.get(asking.address()).location), "consent-form")
    browser.user = "hanako@aoba.example"
    browser.code(provider.party("web"), prompt="login")
    assert browser.press(form, "consent-allow").status == 403


def a_tossed_cookie(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    twice = f"{SESSION}={browser.jar[SESSION]}; {SESSION}=x"
    assert provider.get(web.address(prompt="none"), {"cookie": twice}).query["error"] == "login_required"


def a_wrong_secret(provider: Provider) -> None:
    web = provider.party("web")
    headers = {"content-type": FORM, "authorization": basic(web.client_id, "wrong")}
    assert provider.first.call("POST", "/t/aoba/token", headers, b"grant_type=client_credentials").status == 401


def a_tampered_token(provider: Provider) -> None:
    web = provider.party("web")
    access = web.tokens(provider.browser())["access_token"]
    assert web.userinfo(access.rpartition(".")[0] + ".AAAA").status == 401


def a_token_after_revocation(provider: Provider) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser())
    web.post("revoke", token=told["refresh_token"])
    assert web.userinfo(told["access_token"]).status == 401


def a_form_of_another_browser(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    waiting = provider.browser().get(web.address()).location
    browser.code(web)
    assert browser.get(waiting).status == 400


def a_suspended_contract(provider: Provider) -> None:
    provider.suspend()
    assert provider.party("web").credentials().status == 400


def a_changed_password(provider: Provider) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser())
    encoded_anew = cheaply_hashed("another-Passw0rd!")
    with provider.open() as unit:
        credentials.set_password(unit, provider.user(), encoded_anew)
    assert web.refresh(told["refresh_token"]).status == 400


def a_planted_session(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    planted = Browser(provider.first, jar=dict(browser.jar))
    browser.code(web, prompt="login")
    assert planted.get(web.address(prompt="none")).query.get("error") == "login_required"


def a_replaced_refresh_token(provider: Provider) -> None:
    app = provider.party("app")
    first = app.tokens(provider.browser())["refresh_token"]
    second = app.refresh(first).json()["refresh_token"]
    app.refresh(first)
    assert app.refresh(second).status == 400


def more_scopes(provider: Provider) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser(), scope="openid")
    assert web.refresh(told["refresh_token"], scope="openid email").status == 400


def many_guesses(provider: Provider) -> None:
    browser = provider.browser()
    form = browser.login_page(provider.party("web"))
    tried = [browser.sign_in(form, username="x", password="wrong").status for _ in range(110)]
    assert 429 in tried


def a_repeated_field(provider: Provider) -> None:
    web = provider.party("web")
    headers, form = web.proof({"grant_type": "client_credentials"})
    body = encoded([*form.items(), ("scope", "api"), ("scope", "api")])  # type: ignore[list-item] - none is None
    assert provider.first.call("POST", "/t/aoba/token", headers | {"content-type": FORM}, body).status == 400


def no_issuer(provider: Provider) -> None:
    assert provider.get(provider.party("web").address(prompt="none")).query["iss"] == provider.issuer()


def a_refusal_by_post(provider: Provider) -> None:
    """SECURITY A14: 303, or the password would be sent on."""
    browser = provider.browser()
    answer = browser.sign_in(browser.login_page(provider.party("web")), SAME_ORIGIN)
    assert browser.get(answer.location).status == 303


def _prefix(self: Any, presented: str) -> bool:
    return any(presented.startswith(uri) for uri in self.exact)


def _first_wins(header: str | None, cookie: Any, *, slug: str, secure: bool) -> Any:
    found = [pair for pair in (header or "").split("; ") if pair.startswith(cookies._name(cookie, slug, secure=secure))]
    return cookies.ids.presented(cookies._KINDS[cookie], found[0].partition("=")[2]) if found else None


def _answer_without_issuer(back: Any, issuer: str, parameters: Any) -> dict[str, str]:
    del back, issuer
    return dict(parameters)


async def _sent_on(send: Any, location: str, headers: Any = ()) -> None:
    await answering.respond(send, 307, [(b"location", location.encode()), *headers])


def _any_grant(form: Any, grant: Any) -> frozenset[str]:
    return frozenset((form.get("scope") or grant.scopes).split())


WEAKNESSES = {
    "addresses by prefix": Weakness(redirect_uris.RedirectUris, "admits", _prefix, another_address),
    "goodbyes by prefix": Weakness(redirect_uris.RedirectUris, "admits", _prefix, another_goodbye),
    "any verifier": Weakness(redemption, "_verified", lambda *_: True, a_wrong_verifier),
    "no need of a challenge": Weakness(
        request, "CHECKS", tuple(c for c in request.CHECKS if c.__name__ != "_pkce"), no_challenge
    ),
    # A second wall stands behind this one: a grant has the code's id, and there is one row of it.
    "a code that is not spent": Weakness(store, "redeem", lambda *_: True, a_second_redemption),
    "a replay that revokes nothing": Weakness(redemption, "revoke_replayed", lambda *_: None, a_second_redemption),
    "a code without its session": Weakness(
        redemption.sessions, "is_current", lambda *_, **__: True, a_code_after_sign_out
    ),
    "no check of forms": Weakness(csrf, "check", lambda *_, **__: None, a_form_from_elsewhere),
    "a form for anybody": Weakness(consent_page, "_purpose", lambda *_: "consent", a_form_of_somebody_else),
    "the first cookie wins": Weakness(cookies, "read", _first_wins, a_tossed_cookie),
    "any secret": Weakness(clients, "_any_equal", lambda *_: True, a_wrong_secret),
    "any digest of a token": Weakness(bearer, "hmac", Unequal, a_tampered_token),
    "tokens that outlive their grant": Weakness(bearer, "_is_over", lambda *_: False, a_token_after_revocation),
    "any browser": Weakness(interactions, "hmac", Unequal, a_form_of_another_browser),
    "no contract": Weakness(deciding.contracts, "reason_against", lambda *_: None, a_suspended_contract),
    "grants that outlive credentials": Weakness(
        oidc_grants.sessions, "grant_is_alive", lambda *_, **__: True, a_changed_password
    ),
    "sessions that are kept": Weakness(signed_in.store, "end", lambda *_: True, a_planted_session),
    "families that live on": Weakness(grants, "_end_family", lambda *_: None, a_replaced_refresh_token),
    "any scope": Weakness(oidc_grants, "_narrowed", _any_grant, more_scopes),
    "no limit of tries": Weakness(password_sign_in.throttle, "count", lambda *_, **__: [], many_guesses),
    "half a sign-in": Weakness(dispatching, "next_step", lambda *_, **__: None, a_password_alone),
    "a code that is not used up": Weakness(factor_store, "use", lambda *_: True, a_code_that_was_used),
    "no limit of codes": Weakness(factors.throttle, "count_code", lambda *_: Tried(b"", 0), many_codes),
    "repeated fields": Weakness(token, "_MAY_REPEAT", frozenset({"scope", "resource"}), a_repeated_field),
    "no issuer": Weakness(answering, "complete", _answer_without_issuer, no_issuer),
    "a redirect that repeats the form": Weakness(answering, "redirect", _sent_on, a_refusal_by_post),
}


@pytest.mark.parametrize("name", WEAKNESSES)
def test_a_build_without_its_defence_is_found_out(alone: Provider, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    weakness = WEAKNESSES[name]
    monkeypatch.setattr(weakness.place, weakness.name, weakness.instead)
    with pytest.raises((AssertionError, KeyError)):
        weakness.case(alone)


@pytest.mark.parametrize(
    "case", dict.fromkeys(weakness.case for weakness in WEAKNESSES.values()), ids=lambda case: case.__name__
)
def test_and_with_it_the_case_passes(alone: Provider, case: Callable[[Provider], None]) -> None:
    case(alone)
