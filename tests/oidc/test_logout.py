"""RP-initiated logout 1.0."""

import base64
import json
from urllib.parse import urlencode

import pytest
from tests.support.filling import GOODBYE
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import SAME_ORIGIN, Browser, Party
from tests.support.provider import Provider
from tests.support.sign_in import Page

END = "/t/aoba/end_session"


@pytest.fixture
def web(shared: Provider) -> Party:
    return shared.party("web")


@pytest.fixture
def browser(shared: Provider) -> Browser:
    return shared.browser()


@pytest.fixture
def hint(browser: Browser, web: Party) -> str:
    """The ID token of the sign-in in `browser`."""
    found: str = web.tokens(browser)["id_token"]
    return found


def leave(browser: Browser, method: str = "GET", **fields: str) -> Answer:
    if method == "GET":
        return browser.get(f"{END}?{urlencode(fields)}")
    return browser.post(END, fields, {})


def signed_in(browser: Browser, party: Party) -> bool:
    return "code" in browser.get(party.address(prompt="none")).query


def is_goodbye(answer: Answer) -> bool:
    return answer.status == 200 and 'id="logged-out"' in answer.text and not answer.location


def is_question(answer: Answer) -> bool:
    return answer.status == 200 and "logout-form" in Page(answer.text).forms and not answer.location


def is_error(answer: Answer, status: int = 400) -> bool:
    return answer.status == status and 'id="error-page"' in answer.text and not answer.location


@pytest.mark.honest("B8", "B9")
@pytest.mark.meets("L1", "L2")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({}, GOODBYE),
        ({"state": "a b&c"}, f"{GOODBYE}?state=a+b%26c"),
        ({"state": "", "client_id": "", "ui_locales": ""}, GOODBYE),
        ({"post_logout_redirect_uri": f"{GOODBYE}?from=id"}, f"{GOODBYE}?from=id"),
        ({"post_logout_redirect_uri": f"{GOODBYE}?from=id", "state": "x"}, f"{GOODBYE}?from=id&state=x"),
        ({"ui_locales": "en", "logout_hint": "taro", "unknown": "1"}, GOODBYE),
    ],
)
def test_a_service_that_proves_whose_session_it_is_ends_it_and_gets_its_person_back(
    browser: Browser, web: Party, hint: str, method: str, fields: dict[str, str], target: str
) -> None:
    answer = leave(browser, method, id_token_hint=hint, **{"post_logout_redirect_uri": GOODBYE, **fields})
    assert (answer.status, answer.location) == (303, target)
    assert not signed_in(browser, web)


@pytest.mark.meets("L4")
def test_a_hint_alone_ends_the_session_on_a_page_of_ours(browser: Browser, web: Party, hint: str) -> None:
    assert is_goodbye(leave(browser, id_token_hint=hint))
    assert not signed_in(browser, web)


@pytest.mark.meets("L5")
def test_a_hint_that_has_expired_is_still_a_hint(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    hint = web.tokens(browser)["id_token"]
    alone.clock.advance(hours=7)
    assert leave(browser, id_token_hint=hint, post_logout_redirect_uri=GOODBYE).location == GOODBYE
    assert not signed_in(browser, web)


@pytest.mark.attack("B8")
@pytest.mark.meets("L4")
@pytest.mark.parametrize("fields", [{}, {"state": "x"}, {"client_id": "cli_x"}, {"logout_hint": "taro"}])
def test_without_a_hint_the_person_decides(browser: Browser, web: Party, hint: str, fields: dict[str, str]) -> None:
    page = leave(browser, **fields)
    assert is_question(page)
    assert signed_in(browser, web)
    assert is_goodbye(browser.press(Page(page.text).forms["logout-form"], "logout-confirm"))
    assert not signed_in(browser, web)


def test_the_person_may_stay_signed_in(browser: Browser, web: Party, hint: str) -> None:
    form = Page(leave(browser, post_logout_redirect_uri=GOODBYE, state="x").text).forms["logout-form"]
    answer = browser.press(form, "logout-cancel")
    assert answer.status == 200
    assert 'id="stayed-signed-in"' in answer.text
    assert not answer.location
    assert signed_in(browser, web)


def test_the_page_names_a_service_that_has_proved_who_asks_and_no_other(
    shared: Provider, browser: Browser, web: Party, hint: str
) -> None:
    hanako = shared.browser()
    hanako.user = "hanako@aoba.example"
    hanako.code(web)
    name = shared.party("web").registered["name"]
    heading = "依頼を受け取りました"
    assert heading in (proven := leave(hanako, id_token_hint=hint).text)
    assert f">{name}</bdi>" in proven
    assert heading not in leave(hanako, client_id=web.client_id).text


@pytest.mark.meets("L3")
def test_without_a_hint_nobody_is_sent_to_any_address(browser: Browser, web: Party, hint: str) -> None:
    page = leave(browser, post_logout_redirect_uri=GOODBYE, client_id=web.client_id, state="x")
    assert is_question(page)
    assert is_goodbye(browser.press(Page(page.text).forms["logout-form"], "logout-confirm"))


def test_somebody_who_is_not_signed_in_is_told_so(shared: Provider, web: Party, hint: str) -> None:
    assert is_goodbye(leave(shared.browser()))
    stranger = shared.browser()
    assert leave(stranger, id_token_hint=hint, post_logout_redirect_uri=GOODBYE).location == GOODBYE


@pytest.mark.attack("B8")
def test_a_hint_of_another_session_does_not_end_this_one_unasked(
    shared: Provider, browser: Browser, web: Party, hint: str
) -> None:
    """Attack B8: no forced logout."""
    hanako = shared.browser()
    hanako.user = "hanako@aoba.example"
    hanako.code(web)
    page = leave(hanako, id_token_hint=hint, post_logout_redirect_uri=GOODBYE)
    assert is_question(page)
    assert signed_in(hanako, web)
    assert signed_in(browser, web)
    answer = hanako.press(Page(page.text).forms["logout-form"], "logout-confirm")
    assert answer.location == GOODBYE
    assert not signed_in(hanako, web)
    assert signed_in(browser, web)


BAD_ADDRESSES = [
    "https://evil.example/",
    f"{GOODBYE}/",
    f"{GOODBYE}?x=1",
    f"{GOODBYE}#x",
    GOODBYE.upper(),
    "https://rp.example.evil.example/bye",
    "https://rp.example@evil.example/bye",
    "https://rp.example:443/bye",
    "https://rp.example./bye",
    "https://rp.example/./bye",
    "https://rp.example/cb",
    "javascript:alert(1)",
    "//rp.example/bye",
    "/t/aoba/jwks",
    f" {GOODBYE}",
    f"{GOODBYE}\r\nx: y",
]


@pytest.mark.attack("B9")
@pytest.mark.meets("L3")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_is_not_registered_is_never_gone_to(
    browser: Browser, web: Party, hint: str, address: str, method: str
) -> None:
    answer = leave(browser, method, id_token_hint=hint, post_logout_redirect_uri=address)
    if method == "POST" and answer.status == 303:
        answer = browser.get(answer.location)
    assert is_error(answer)
    assert signed_in(browser, web)


def changed(token: str, place: int, **changes: object) -> str:
    parts = token.split(".")
    padded = parts[place] + "=" * (-len(parts[place]) % 4)
    said = {**json.loads(base64.urlsafe_b64decode(padded)), **changes}
    parts[place] = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    return ".".join(parts)


BAD_HINTS = {
    "unsigned": lambda token: changed(token, 0, alg="none").rsplit(".", 1)[0] + ".",
    "another algorithm": lambda token: changed(token, 0, alg="HS256"),
    "another key": lambda token: changed(token, 0, kid="x"),
    "another type": lambda token: changed(token, 0, typ="at+jwt"),
    "another person": lambda token: changed(token, 1, sub="usr_x"),
    "another audience": lambda token: changed(token, 1, aud="cli_x"),
    "an audience with a NUL": lambda token: changed(token, 1, aud="cli\0x"),
    "an audience with half a character": lambda token: changed(token, 1, aud="\ud800"),
    "many audiences": lambda token: changed(token, 1, aud=["a", "b"]),
    "an audience that is a number": lambda token: changed(token, 1, aud=1),
    "truncated": lambda token: token[:-1],
    "extended": lambda token: token + "A",
    "no signature": lambda token: token.rsplit(".", 1)[0],
    "no token": lambda token: token[:1],
    "a bomb": lambda token: token[:0] + "e30." + base64.urlsafe_b64encode(b"[" * 20_000).decode().rstrip("=") + ".AA",
    "not ASCII": lambda token: token[:-1] + "é",
}


@pytest.mark.attack("B8", "B9")
@pytest.mark.meets("L3")
@pytest.mark.parametrize("name", BAD_HINTS)
@pytest.mark.parametrize("there", [True, False])
def test_a_hint_that_is_not_ours_leads_nowhere(
    shared: Provider, browser: Browser, web: Party, hint: str, name: str, there: bool
) -> None:
    bad = BAD_HINTS[name](hint)
    asking = browser if there else shared.browser()
    answer = leave(asking, id_token_hint=bad, post_logout_redirect_uri=GOODBYE)
    assert is_error(answer)
    assert signed_in(browser, web)


@pytest.mark.attack("B8", "J10")
def test_an_access_token_is_no_hint(browser: Browser, web: Party) -> None:
    told = web.tokens(browser)
    assert is_error(leave(browser, id_token_hint=told["access_token"], post_logout_redirect_uri=GOODBYE))


@pytest.mark.attack("B8")
def test_a_hint_of_another_tenant_is_no_hint(shared: Provider, browser: Browser, web: Party, hint: str) -> None:
    answer = browser.get(f"/t/midori/end_session?{urlencode({'id_token_hint': hint})}")
    assert is_error(answer)
    assert signed_in(browser, web)


@pytest.mark.attack("B8", "B9")
def test_a_client_that_is_not_the_audience_of_the_hint_is_refused(
    shared: Provider, browser: Browser, web: Party, hint: str
) -> None:
    answer = leave(browser, id_token_hint=hint, client_id=shared.party("other").client_id)
    assert is_error(answer)
    assert signed_in(browser, web)
    assert is_goodbye(leave(browser, id_token_hint=hint, client_id=web.client_id))


@pytest.mark.attack("A10")
@pytest.mark.parametrize("name", ["id_token_hint", "post_logout_redirect_uri", "state", "client_id"])
def test_a_parameter_that_is_repeated_is_refused(browser: Browser, web: Party, hint: str, name: str) -> None:
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "x", "client_id": web.client_id}
    pairs = [*fields.items(), (name, fields[name])]
    assert is_error(browser.get(f"{END}?{encoded(pairs).decode()}"))
    assert is_error(browser.post(f"{END}?{encoded({name: fields[name]}).decode()}", fields, {}))
    assert signed_in(browser, web)


@pytest.mark.meets("L1")
def test_a_form_from_the_services_own_page_finds_the_session(shared: Provider, web: Party) -> None:
    """A browser sends no Lax cookie with a form from another site."""
    browser = shared.browser()
    hint = web.tokens(browser)["id_token"]
    fields = encoded({"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "x"})
    answer = shared.first.call("POST", END, {"content-type": FORM, "origin": "https://rp.example"}, fields)
    assert browser.follow(answer).location == f"{GOODBYE}?state=x"
    assert not signed_in(browser, web)


@pytest.mark.attack("B1", "B8")
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {**SAME_ORIGIN, "sec-fetch-site": "cross-site"},
    ],
)
def test_a_confirmation_from_elsewhere_does_not_count(
    browser: Browser, web: Party, hint: str, headers: dict[str, str]
) -> None:
    form = Page(leave(browser).text).forms["logout-form"]
    assert is_error(browser.press(form, "logout-confirm", headers), 403)
    assert signed_in(browser, web)


@pytest.mark.attack("B1", "B8")
def test_a_confirmation_of_another_browser_does_not_count(
    shared: Provider, browser: Browser, web: Party, hint: str
) -> None:
    hanako = shared.browser()
    hanako.user = "hanako@aoba.example"
    hanako.code(web)
    form = Page(leave(hanako).text).forms["logout-form"]
    assert is_error(browser.press(form, "logout-confirm"))
    assert signed_in(browser, web)
    assert signed_in(hanako, web)


@pytest.mark.attack("A24", "B8")
def test_a_sign_in_request_is_no_confirmation(shared: Provider, browser: Browser, web: Party, hint: str) -> None:
    form = browser.form(browser.get(browser.get(web.address(prompt="login")).location))
    answer = browser.post(f"{END}/confirm", form.fields)
    assert is_error(answer)
    assert signed_in(browser, web)


@pytest.mark.attack("B10")
def test_what_ends_with_the_session_ends_on_the_other_worker(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    told = web.tokens(browser, scope="openid")
    leave(browser, id_token_hint=told["id_token"])
    elsewhere = web.at(provider.second)
    assert elsewhere.userinfo(told["access_token"]).status == 401
    assert elsewhere.refresh(told["refresh_token"]).status == 400
    assert elsewhere.introspect(told["access_token"]) == {"active": False}
    assert provider.events().count("session.ended") == 1
