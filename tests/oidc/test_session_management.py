"""Session Management 1.0: services ask in a frame whether the session is still the same; only where it is wanted."""

from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import urlencode

import pytest
from tests.support.party import Browser, Party
from tests.support.provider import Provider, Source
from tests.support.registered import switch

FRAME = "/t/aoba/check_session"
COOKIE = "__Secure-warifu-aoba-state"
ORIGIN = "https://rp.example"


@pytest.fixture(scope="module")
def switched(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with embedded.provider(tmp_path_factory.mktemp("switched")) as made:
        switch(made, session_management=True)
        yield made


@pytest.fixture
def person(switched: Provider) -> Browser:
    return switched.browser()


def state_of(person: Browser, party: Party, **asked: str) -> str:
    found: str = person.authorize(party, **asked).query["session_state"]
    return found


def is_same(person: Browser, party: Party, state: str, origin: str = ORIGIN) -> bool:
    """What the frame computes."""
    shown, _, salt = state.partition(".")
    return sha256(f"{party.client_id} {origin} {person.jar.get(COOKIE, '')} {salt}".encode()).hexdigest() == shown


@pytest.mark.honest("B11")
@pytest.mark.meets("L8")
def test_an_answer_says_the_state_of_the_session_to_this_client_at_this_origin(
    switched: Provider, person: Browser
) -> None:
    web, other = switched.party("web"), switched.party("other")
    first, again = state_of(person, web), state_of(person, web)
    assert first != again
    assert is_same(person, web, first)
    assert is_same(person, web, again)
    assert not is_same(person, other, first)
    assert not is_same(person, web, first, "https://evil.example")
    assert is_same(person, other, state_of(person, other))
    assert is_same(person, web, state_of(person, web, prompt="none"))


@pytest.mark.meets("L8")
def test_another_sign_in_or_a_sign_out_changes_the_state(switched: Provider, person: Browser) -> None:
    web = switched.party("web")
    state = state_of(person, web)
    person.authorize(web, prompt="login")
    assert not is_same(person, web, state)
    state = state_of(person, web)
    hint = web.tokens(person)["id_token"]
    person.get(f"/t/aoba/end_session?{urlencode({'id_token_hint': hint})}")
    assert COOKIE not in person.jar
    assert not is_same(person, web, state)


def test_the_cookie_reaches_a_frame_of_another_site_and_nothing_but_the_page(
    switched: Provider, person: Browser
) -> None:
    web = switched.party("web")
    person.code(web)
    answer = person.get(web.address())
    (cookie,) = [each for each in answer.cookies if each.startswith(COOKIE)]
    assert cookie.split("; ")[1:] == [f"Path={FRAME}", "SameSite=None", "Secure"]


def test_an_error_and_an_app_get_no_state(switched: Provider) -> None:
    refused = switched.browser().get(switched.party("web").address(prompt="none"))
    assert "session_state" not in refused.query
    phone = switched.party("phone")
    answer = switched.browser().authorize(phone, redirect_uri="com.example.app:/cb")
    assert "code" in answer.query
    assert "session_state" not in answer.query


@pytest.mark.meets("L8")
@pytest.mark.attack("B11")
def test_where_it_is_off_there_is_nothing_of_it(shared: Provider) -> None:
    web, person = shared.party("web"), shared.browser()
    answer = person.authorize(web)
    assert "session_state" not in answer.query
    assert not [each for each in answer.cookies if "state" in each]
    assert "check_session_iframe" not in shared.get("/t/aoba/.well-known/openid-configuration").json()
    assert shared.get(FRAME).status == 404
    assert shared.get(f"{FRAME}/origin?{urlencode({'client_id': web.client_id, 'origin': ORIGIN})}").status == 404


@pytest.mark.meets("L8")
def test_where_it_is_on_the_page_may_be_framed_and_does_nothing_else(switched: Provider) -> None:
    found = switched.get("/t/aoba/.well-known/openid-configuration").json()
    assert found["check_session_iframe"] == f"https://id.example{FRAME}"
    page = switched.get(FRAME)
    assert page.status == 200
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == "*"
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert page.headers["cache-control"] == "no-store"
    assert "x-frame-options" not in page.headers
    assert switched.get("/t/nobody/check_session").status == 404
    assert switched.get("/t/midori/check_session").status == 404


@pytest.mark.attack("B11")
@pytest.mark.parametrize(
    ("name", "origin", "status"),
    [
        ("web", ORIGIN, 204),
        ("web", f"{ORIGIN}/", 404),
        ("web", "https://rp.example:8443", 404),
        ("web", "http://rp.example", 404),
        ("web", "https://evil.example", 404),
        ("web", "null", 404),
        ("web", "", 404),
        ("off", ORIGIN, 404),
        ("phone", "com.example.app:", 404),
    ],
)
def test_only_an_origin_of_the_client_is_one(switched: Provider, name: str, origin: str, status: int) -> None:
    asked = urlencode({"client_id": switched.party(name).client_id, "origin": origin})
    assert switched.get(f"{FRAME}/origin?{asked}").status == status
    assert switched.get(f"{FRAME}/origin?{urlencode({'client_id': 'nobody', 'origin': origin})}").status == 404
