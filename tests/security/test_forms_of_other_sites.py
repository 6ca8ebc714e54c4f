"""A form of another site comes without our Lax cookies: it is sent once more from a page of ours, and ends nothing."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.support.filling import BASE_URL
from tests.support.in_process import FORM, Answer, Fields, encoded
from tests.support.party import SAME_ORIGIN, hidden_of
from tests.support.provider import Provider, Source
from tests.support.registered import switch
from tests.support.saml_logouts import SLO, asked, registered, signed, status_of
from tests.support.saml_party import CROSS_SITE, SSO, SamlParty, register
from tests.support.sign_in import Page
from tests.support.xml_keys import rsa_pair

from idp import xml

AUTHORIZE = "/t/aoba/authorize"
DEVICE = "__Host-warifu-aoba-browser"
ELSEWHERE: list[Mapping[str, str]] = [
    CROSS_SITE,
    {"origin": "https://sp.example"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "cross-site"},
    {"origin": "https://other.id.example", "sec-fetch-site": "same-site"},
    {"origin": BASE_URL, "sec-fetch-site": "cross-site"},
]
HERE: list[Mapping[str, str]] = [
    {},
    SAME_ORIGIN,
    {"origin": BASE_URL},
    {"sec-fetch-site": "same-origin"},
    {"origin": "null"},
    {"origin": "null", "sec-fetch-site": "same-origin"},
]
TABLES = ("interactions", "used_requests")


@pytest.fixture(scope="module")
def one(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with embedded.provider(tmp_path_factory.mktemp("elsewhere")) as made:
        switch(made, device_grant=True)
        yield made


@pytest.fixture(scope="module")
def saml(one: Provider) -> SamlParty:
    return register(one, pair=rsa_pair("theirs"))


def bare(one: Provider, target: str, fields: Fields, headers: Mapping[str, str] = CROSS_SITE) -> Answer:
    """Without any cookie, and no page's script."""
    return one.first.call("POST", target, {"content-type": FORM, **headers}, encoded(fields))


def again(answer: Answer, target: str) -> list[tuple[str, str]]:
    """The fields of the page that sends them once more to the same place."""
    assert (answer.status, answer.cookies, answer.location) == (200, [], "")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"  # else its origin would be null
    assert "<button" in answer.text
    (form,) = Page(answer.text).forms.values()
    assert form.action == f"{BASE_URL}{target}"
    return hidden_of(answer.text)


def messages(one: Provider, saml: SamlParty) -> dict[str, dict[str, str]]:
    return {AUTHORIZE: one.party("web").asking(), SSO: saml.form(relay_state="a\"&<>' z+%41 日本")}


@pytest.mark.parametrize("target", [AUTHORIZE, SSO])
@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_form_of_another_site_is_sent_once_more_and_has_used_up_nothing(
    one: Provider, saml: SamlParty, target: str, headers: Mapping[str, str]
) -> None:
    fields = messages(one, saml)[target]
    before = [one.count(table) for table in TABLES]
    assert again(bare(one, target, fields, headers), target) == [*fields.items()]
    assert [one.count(table) for table in TABLES] == before


@pytest.mark.parametrize("target", [AUTHORIZE, SSO])
@pytest.mark.parametrize("headers", HERE)
def test_a_program_and_a_page_of_ours_are_answered_at_once(
    one: Provider, saml: SamlParty, target: str, headers: Mapping[str, str]
) -> None:
    answer = bare(one, target, messages(one, saml)[target], headers)
    assert answer.status == 303
    assert [cookie.partition("=")[0] for cookie in answer.cookies] == [DEVICE]


@pytest.mark.parametrize("target", [AUTHORIZE, SSO])
def test_what_is_pending_in_another_tab_stays_and_the_new_one_begins(
    one: Provider, saml: SamlParty, target: str
) -> None:
    browser = one.browser()
    first = browser.get(one.party("web").address())
    cookie = browser.jar[DEVICE]
    fields = again(bare(one, target, messages(one, saml)[target]), target)
    second = one.first.call(
        "POST", target, {"content-type": FORM, **SAME_ORIGIN, "cookie": f"{DEVICE}={cookie}"}, encoded(fields)
    )
    assert (second.status, second.cookies) == (303, [])
    assert "code" in browser.follow(first).query
    assert browser.jar[DEVICE] == cookie
    end = browser.follow(second)
    if target == SSO:
        assert saml.read(end).status == ("Success",)
    else:
        assert "code" in end.query


@pytest.mark.parametrize("target", [AUTHORIZE, SSO])
def test_a_browser_that_is_new_here_gets_its_cookie_the_second_time(
    one: Provider, saml: SamlParty, target: str
) -> None:
    browser = one.browser()
    second = browser.post(target, again(bare(one, target, messages(one, saml)[target]), target))
    assert second.status == 303
    assert len(second.cookies) == 1
    assert DEVICE in browser.jar
    assert browser.follow(second).status in {200, 303}


def test_a_browser_that_shows_its_cookie_loses_no_time(one: Provider, saml: SamlParty) -> None:
    browser = one.browser()
    browser.get(one.party("web").address())
    for target, fields in messages(one, saml).items():
        cookie = f"{DEVICE}={browser.jar[DEVICE]}"
        answer = bare(one, target, fields, {**CROSS_SITE, "cookie": cookie})
        assert (answer.status, answer.cookies) == (303, [])


def test_what_was_given_twice_is_sent_twice_and_refused_then(one: Provider) -> None:
    fields = [*one.party("web").asking().items(), ("state", "2"), ("submit", ""), ("nonce", "x")]
    target = f"{AUTHORIZE}?ui_locales=en&lang=en&x=%5C"
    found = again(bare(one, f"{AUTHORIZE}?ui_locales=en&lang=en&x=\\", fields), target)
    assert found == fields
    assert one.browser().post(target, found).status == 400


def test_a_form_that_cannot_be_read_is_refused_as_ever(one: Provider) -> None:
    for target in (AUTHORIZE, SSO, SLO):
        call = one.first.call
        assert call("POST", target, {"content-type": FORM, **CROSS_SITE}, b"a=%ff").status == 400
        assert call("POST", target, {"content-type": "text/plain", **CROSS_SITE}, b"a=b").status == 415
        assert call("POST", target, {"content-type": FORM, **CROSS_SITE}, b"a=" + b"b" * 600_000).status == 413


def test_a_pushed_request_is_not_used_up_by_the_page_in_between(one: Provider) -> None:
    web = one.party("web")
    pushed = web.post("par", **web.asking()).json()["request_uri"]
    fields = {"client_id": web.client_id, "request_uri": pushed}
    for _ in range(3):
        found = again(bare(one, AUTHORIZE, fields), AUTHORIZE)
    browser = one.browser()
    assert "code" in browser.follow(browser.post(AUTHORIZE, found)).query


def test_a_logout_by_form_ends_nothing_before_it_comes_from_here(one: Provider) -> None:
    party, browser = registered(one, "leaving"), one.browser()
    answer = party.sign_on(browser)
    message = {"SAMLRequest": encoded_message(signed(asked(party, answer))), "RelayState": "r&s"}
    ended = one.events().count("session.ended")
    found = again(bare(one, SLO, message), SLO)
    assert found == [*message.items()]
    assert one.events().count("session.ended") == ended
    browser.post(SLO, found)
    assert one.events().count("session.ended") == ended + 1


def test_an_answer_and_what_comes_directly_are_never_sent_once_more(one: Provider) -> None:
    party, browser = registered(one, "directly"), one.browser()
    request = signed(asked(party, party.sign_on(browser)))
    body = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    body += xml.written(request) + b"</e:Body></e:Envelope>"
    answer = one.first.call("POST", SLO, {"content-type": "text/xml", **CROSS_SITE}, body)
    assert answer.status == 200
    assert status_of(xml.read(answer.body))[0] == "Success"
    assert bare(one, SLO, {"SAMLResponse": "x"}).status == 400


@pytest.mark.parametrize("target", ["/t/aoba/portal", "/t/aoba/device", "/apply"])
def test_no_other_form_takes_a_browsers_place_either(one: Provider, target: str) -> None:
    answer = bare(one, target, {"user_code": "x"})
    assert answer.status in {303, 403}
    assert not answer.cookies
    assert bare(one, target, {"user_code": "x"}, {}).cookies


def encoded_message(message: Any) -> str:
    return base64.b64encode(xml.written(message)).decode()
