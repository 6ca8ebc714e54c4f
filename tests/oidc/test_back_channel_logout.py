"""Back-Channel Logout 1.0: a service is told directly, whatever ended the session."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.support.filling import BASE_URL, GOODBYE, cheaply_hashed
from tests.support.outside import Asked, Outside, answer, outside
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider, Source
from tests.support.registered import register, switch

from idp import contracts, credentials, delivery, federation, main, oidc, signing, users
from idp.access import FactMemory
from idp.delivery import Delivery, Status
from idp.kit.clock import FixedClock, SystemClock, instant
from idp.signing import KeyRing

END = "/t/aoba/end_session"
ISSUER = "https://id.example/t/aoba"
EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}


@dataclass
class Told:
    """A provider, the services' own server, and the worker that tells them."""

    provider: Provider
    there: Outside
    machine: FixedClock

    def work(self) -> None:
        """What `idp worker` does within a few seconds."""
        for job in main.jobs(self.provider.settings, self.provider.units, leaving=lambda: False):
            job()

    def later(self, **span: float) -> None:
        """What it does when so much time has passed."""
        self.machine.advance(**span)
        told_directly = oidc.BackChannel(
            self.provider.units,
            FactMemory(self.provider.units, KeyRing()),
            main.open_egress(self.provider.settings),
            base_url=BASE_URL,
        )
        delivery.Dispatcher(self.provider.units, [told_directly], clock=self.machine)()

    def tokens(self, path: str = "/back") -> list[dict[str, Any]]:
        """What that service was told, verified by the published keys."""
        return [self.read(asked) for asked in self.there.asked if asked.path == path]

    def read(self, asked: Asked) -> dict[str, Any]:
        assert asked.method == "POST"
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        form = parse_qs(asked.body.decode(), strict_parsing=True)
        assert list(form) == ["logout_token"]
        (token,) = form["logout_token"]
        published = signing.read_jwks(self.provider.get("/t/aoba/jwks").json())
        return signing.verify(token, published, typ="logout+jwt")

    def expect(self, sessions: list[dict[str, Any]]) -> None:
        """Of each ID token the session is over, and what the worker does next says so."""
        before = len(self.there.asked)
        self.work()
        self.work()
        found = [(token["sub"], token["sid"]) for token in map(self.read, self.there.asked[before:])]
        assert sorted(found) == sorted((shown["sub"], shown["sid"]) for shown in sessions)

    def outbox(self) -> list[Delivery]:
        with self.provider.open() as unit:
            return [row for row in delivery.pending(unit, limit=500) if row.event == "session.ended"]

    def party(self, path: str = "/back", **oidc: Any) -> Party:
        return register(self.provider, f"told at {path}", backchannel_logout_uri=self.there.url(path), **oidc)


@contextmanager
def telling(source: Source, path: Path) -> Iterator[Told]:
    with outside(path) as there, source.provider(path) as made:
        there.pages["/back"] = there.pages["/other"] = answer(b"")
        made.settings = made.settings.model_copy(update={"extra_ca_file": there.ca, "egress_allow": "localhost"})
        yield Told(made, there, FixedClock(instant(SystemClock().now_us())))


@pytest.fixture
def told(source: Source, tmp_path: Path) -> Iterator[Told]:
    with telling(source, tmp_path) as made:
        yield made


@pytest.fixture
def told_here(embedded: Source, tmp_path: Path) -> Iterator[Told]:
    """Where the database plays no part."""
    with telling(embedded, tmp_path) as made:
        yield made


def leave(browser: Browser, hint: str) -> Any:
    return browser.get(f"{END}?{urlencode({'id_token_hint': hint, 'post_logout_redirect_uri': GOODBYE})}")


@pytest.mark.meets("L7")
def test_a_service_is_told_before_the_redirect_returns(told: Told) -> None:
    browser, party = told.provider.browser(), told.party(id_token_signed_response_alg="ES256")
    hint = party.tokens(browser, nonce="n-1")["id_token"]
    assert leave(browser, hint).location == GOODBYE
    (token,) = told.tokens()
    shown = claims(hint)
    (row,) = told.outbox()
    issued = token.pop("iat")
    assert token == {
        "iss": ISSUER,
        "aud": party.client_id,
        "sub": shown["sub"],
        "sid": shown["sid"],
        "exp": issued + 120,
        "jti": row.id,
        "events": EVENT,
    }
    assert (row.status, row.attempts, row.receiver) == (Status.DELIVERED, 1, party.registered["id"])
    assert abs(issued - shown["iat"]) < 60
    told.work()
    assert len(told.there.asked) == 1


@pytest.mark.meets("L7")
def test_everybody_who_saw_the_session_is_told_once_and_nobody_else(told: Told) -> None:
    browser, stranger = told.provider.browser(), told.provider.browser()
    back, other, unused = told.party(), told.party("/other"), told.party("/unused")
    hint = back.tokens(browser)["id_token"]
    for _ in range(3):
        other.tokens(browser)
    unused.tokens(stranger)
    leave(browser, hint)
    leave(browser, hint)
    told.work()
    assert sorted(asked.path for asked in told.there.asked) == ["/back", "/other"]
    assert {token["sid"] for token in told.tokens() + told.tokens("/other")} == {claims(hint)["sid"]}


@pytest.mark.meets("L7")
@pytest.mark.attack("B10")
def test_whatever_ends_a_session_a_service_is_told(told: Told) -> None:
    party, provider = told.party(), told.provider
    browsers = {name: provider.browser() for name in ("anew", "password", "disabled", "suspended")}
    shown = {}
    for name, browser in browsers.items():
        if name in {"password", "disabled"}:
            browser.user = "hanako@aoba.example"
        shown[name] = claims(party.tokens(browser)["id_token"])
    told.work()
    assert told.tokens() == []

    browsers["anew"].authorize(party, prompt="login")
    told.expect([shown["anew"]])
    with provider.open() as unit:
        credentials.set_password(unit, provider.user("hanako"), cheaply_hashed("another-Passw0rd!"))
    told.expect([shown["password"], shown["disabled"]])  # both were hers
    browsers["disabled"].password = "another-Passw0rd!"
    shown["disabled"] = claims(party.tokens(browsers["disabled"])["id_token"])
    with provider.open() as unit:
        users.disable(unit, provider.user("hanako"))
    told.expect([shown["disabled"]])
    with provider.open() as unit:
        users.enable(unit, provider.user("hanako"))
    shown["deleted"] = claims(party.tokens(browsers["disabled"])["id_token"])
    with provider.open() as unit:
        users.delete(unit, provider.user("hanako"))
    told.expect([shown["deleted"]])
    provider.suspend()
    told.work()
    told.work()
    assert shown["suspended"]["sid"] in {token["sid"] for token in told.tokens()}


def test_the_end_of_a_contract_tells_the_services(told_here: Told) -> None:
    browser, party = told_here.provider.browser(), told_here.party()
    shown = claims(party.tokens(browser)["id_token"])
    with told_here.provider.platform() as unit:
        contracts.terminate(unit, told_here.provider.contract(), reason="unpaid")
    told_here.expect([shown])


def test_a_service_is_told_of_the_person_as_it_knows_them(told_here: Told) -> None:
    browser, party = told_here.provider.browser(), told_here.party(subject_type="pairwise")
    hint = party.tokens(browser)["id_token"]
    leave(browser, hint)
    assert [token["sub"] for token in told_here.tokens()] == [claims(hint)["sub"]]
    assert claims(hint)["sub"] != told_here.provider.user()


def test_who_got_nothing_but_an_id_token_in_the_browser_is_told_too(told_here: Told) -> None:
    switch(told_here.provider, implicit=True)
    flow = {"grant_types": ["implicit"], "response_types": ["id_token"], "security_profile": "oidc"}
    browser, party = told_here.provider.browser(), told_here.party(**flow)
    code = {"code_challenge": None, "code_challenge_method": None}
    answer = browser.authorize(party, response_type="id_token", scope="openid", **code)
    (hint,) = parse_qs(urlsplit(answer.location).fragment)["id_token"]
    leave(browser, hint)
    assert [token["sid"] for token in told_here.tokens()] == [claims(hint)["sid"]]


def test_a_slow_receiver_holds_the_person_up_for_seconds_only_and_is_told_once(told_here: Told) -> None:
    told = told_here

    def slowly(_: Asked) -> bytes:
        time.sleep(4)
        return answer(b"")

    told.there.pages["/back"] = slowly
    browser, party = told.provider.browser(), told.party()
    hint = party.tokens(browser)["id_token"]
    began = time.monotonic()
    assert leave(browser, hint).location == GOODBYE
    assert time.monotonic() - began < 3.9
    for _ in range(100):
        if told.outbox()[0].status is Status.DELIVERED:
            break
        time.sleep(0.05)
    assert (told.outbox()[0].attempts, len(told.there.asked)) == (1, 1)


@pytest.mark.parametrize("status", [500, 429, 408])
def test_an_outage_is_waited_out(told_here: Told, status: int) -> None:
    told = told_here
    told.there.pages["/back"] = answer(b"", status=status)
    browser, party = told.provider.browser(), told.party()
    assert leave(browser, party.tokens(browser)["id_token"]).location == GOODBYE
    told.there.pages["/back"] = answer(b"", status=204)
    (row,) = told.outbox()
    assert (row.status, row.error) == (Status.PENDING, f"http_{status}")
    told.later(hours=1)
    first, second = told.tokens()
    assert first["jti"] == second["jti"] == row.id
    assert told.outbox()[0].status is Status.DELIVERED


def test_a_no_is_final_and_lets_the_next_one_pass(told_here: Told) -> None:
    told, party = told_here, told_here.party()
    for status in (400, 404, 410, 302):
        told.there.pages["/back"] = answer(b"", status=status, location="https://localhost/")
        browser = told.provider.browser()
        assert leave(browser, party.tokens(browser)["id_token"]).location == GOODBYE
        row = told.outbox()[-1]
        assert (row.status, row.error) == (Status.FAILED, f"http_{status}")
    told.later(hours=1)
    assert len(told.there.asked) == 4


def test_a_token_that_is_sent_again_is_fresh_and_in_its_turn(told: Told) -> None:
    told.there.pages["/back"] = answer(b"", status=502)
    party, browsers = told.party(), [told.provider.browser() for _ in range(3)]
    hints = [party.tokens(browser)["id_token"] for browser in browsers]
    for browser, hint in zip(browsers, hints, strict=True):
        leave(browser, hint)
    assert len(told.there.asked) == 1  # the others wait for it
    told.there.pages["/back"] = answer(b"")
    told.provider.clock.advance(hours=1)
    told.later(hours=1)
    first, *rest = told.tokens()
    assert [token["sid"] for token in rest] == [claims(hint)["sid"] for hint in hints]
    assert first["jti"] == rest[0]["jti"]
    assert rest[0]["exp"] - first["exp"] >= 3600


def test_a_service_that_has_left_is_not_told_and_keeps_nobody_waiting(told_here: Told) -> None:
    told = told_here
    told.there.pages["/back"] = answer(b"", status=502)
    browser, party = told.provider.browser(), told.party()
    leave(browser, party.tokens(browser)["id_token"])
    with told.provider.open() as unit:
        federation.delete(unit, party.registered["id"])
    told.later(hours=1)
    (row,) = told.outbox()
    assert (row.status, row.error) == (Status.FAILED, "overtaken")


@pytest.mark.attack("T14", "J10")
def test_a_logout_token_is_neither_a_hint_nor_an_access_token(told_here: Told) -> None:
    told = told_here
    browser, party = told.provider.browser(), told.party()
    leave(browser, party.tokens(browser)["id_token"])
    (token,) = parse_qs(told.there.asked[0].body.decode())["logout_token"]
    assert leave(browser, token).status == 400
    assert party.userinfo(token).status == 401


@pytest.mark.meets("L7")
def test_the_channel_is_in_the_discovery_document(shared: Provider) -> None:
    found = json.loads(shared.get("/t/aoba/.well-known/openid-configuration").body)
    assert found["backchannel_logout_supported"] is found["backchannel_logout_session_supported"] is True
