"""Nothing that a client ever held is good for anything once it has withdrawn its registration (RFC 7592 2.3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.oidc.test_registration import Registrar
from tests.support.in_process import Answer
from tests.support.party import Browser, Party
from tests.support.provider import Provider, Source
from tests.support.sign_in import Page

from idp import tenants
from idp.tenants import Switches


@dataclass
class Held:
    """By a client that withdraws itself, and by one that stays."""

    provider: Provider
    registrar: Registrar
    told: dict[str, Any]
    party: Party
    browser: Browser
    tokens: dict[str, Any]
    code: str
    uri: str


def hold(registrar: Registrar) -> Held:
    provider = registrar.provider
    told = registrar.registered()
    party = replace(provider.party("web"), registered={"oidc": told})
    browser = provider.browser()
    code = _allowed(browser, party)
    tokens = party.redeem(code).json()
    code, uri = _allowed(browser, party), party.post("par", **party.asking()).json()["request_uri"]
    return Held(provider, registrar, told, party, browser, tokens, code, uri)


def _allowed(browser: Browser, party: Party) -> str:
    answer = browser.follow(browser.get(party.address()))
    if "consent-form" in Page(answer.text).forms:
        answer = browser.follow(browser.press(browser.form(answer, "consent-form"), "consent-allow"))
    return answer.query["code"]


@pytest.fixture(scope="module")
def one(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with embedded.provider(tmp_path_factory.mktemp("withdrawn")) as made:
        with made.open() as unit:
            tenants.switch(unit, Switches(dynamic_registration=True))
        yield made


@pytest.fixture(scope="module")
def gone(one: Provider) -> Held:
    held = hold(Registrar(one))
    assert held.registrar.manage("DELETE", held.told).status == 204
    return held


@pytest.fixture
def staying(one: Provider) -> Held:
    return hold(Registrar(one))


def _visit(held: Held) -> Answer:
    return held.browser.get(f"/t/aoba/authorize?client_id={held.party.client_id}&request_uri={held.uri}")


USES: dict[str, tuple[Callable[[Held], Answer], int]] = {
    "its access token": (lambda held: held.party.userinfo(held.tokens["access_token"]), 401),
    "its refresh token": (lambda held: held.party.refresh(held.tokens["refresh_token"]), 401),
    "its code": (lambda held: held.party.redeem(held.code), 401),
    "its secret": (lambda held: held.party.post("introspect", token="x"), 401),
    "its pushed request": (_visit, 400),
    "another pushed request": (lambda held: held.party.post("par", **held.party.asking()), 401),
    "a request": (lambda held: held.browser.get(held.party.address()), 400),
    "a silent request": (lambda held: held.browser.get(held.party.address(prompt="none")), 400),
    "its registration": (lambda held: held.registrar.manage("GET", held.told), 401),
    "another registration": (
        lambda held: held.registrar.manage("PUT", held.told, {"client_id": held.told["client_id"]}),
        401,
    ),
    "its withdrawal": (lambda held: held.registrar.manage("DELETE", held.told), 401),
}


@pytest.mark.attack("D9")
@pytest.mark.parametrize("name", USES)
def test_what_a_withdrawn_client_held_is_worth_nothing(gone: Held, one: Provider, name: str) -> None:
    use, status = USES[name]
    answer = use(gone)
    assert (answer.status, answer.location) == (status, "")
    for token in (gone.tokens["access_token"], gone.tokens["refresh_token"]):
        assert one.party("api").introspect(token) == {"active": False}


@pytest.mark.honest("D9")
@pytest.mark.parametrize("name", USES)
def test_a_client_that_stays_goes_on(staying: Held, name: str) -> None:
    use, status = USES[name]
    assert use(staying).status != status or name == "another registration"
