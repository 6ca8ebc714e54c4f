"""As `test_weakened_builds`, for requests that are pushed or signed: each case objects once its defence is gone."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.oidc.test_pushed_requests import URN, is_dead, push, visit
from tests.oidc.test_signed_requests import ES256, bring, switch_on
from tests.security.test_weakened_builds import Unequal, Weakness
from tests.support.party import Party
from tests.support.provider import Provider
from tests.support.signed_requests import Key, claims_of, give_keys

from idp import signing
from idp.federation import RequestRules
from idp.kit import ids
from idp.kit.egress import Egress, Reason, Unreachable
from idp.oidc import client_signatures, pushing, request_object, signed_requests, sources, store

pytestmark = pytest.mark.rewired


def a_forged_secret(provider: Provider) -> None:
    web = provider.party("web")
    forged = ids.derived("par", push(web).removeprefix(URN).split("_")[1], bytes(32)).token
    assert is_dead(visit(provider.browser(), web, f"{URN}{forged}"))


def two_answers(provider: Provider) -> None:
    web, first, second = provider.party("web"), provider.browser(), provider.browser()
    uri = push(web)
    waiting = [visit(browser, web, uri) for browser in (first, second)]
    assert "code" in first.follow(waiting[0]).query
    assert is_dead(second.follow(waiting[1]))


def a_late_visit(provider: Provider) -> None:
    web = provider.party("web")
    uri = push(web)
    provider.clock.advance(seconds=90)
    assert is_dead(visit(provider.browser(), web, uri))


def a_pushed_evil_address(provider: Provider) -> None:
    web = provider.party("web")
    assert web.post("par", **web.asking(redirect_uri="https://evil.example/")).status == 400


def a_request_that_was_not_pushed(provider: Provider) -> None:
    give_keys(provider, "web", ES256, require_pushed_authorization_requests=True)
    assert "error" in provider.get(provider.party("web").address(prompt="none")).query
    assert provider.get(provider.party("web").address()).query["error"] == "invalid_request"


def _object(work: Callable[[Provider, Party], str]) -> Callable[[Provider], None]:
    def case(provider: Provider) -> None:
        web = provider.party("web")
        give_keys(provider, "web", ES256)
        assert "/signin?" in bring(provider.browser(), web, ES256.sign(claims_of(provider, web))).location
        assert bring(provider.browser(), web, work(provider, web)).status == 400

    return case


def an_address_that_is_not_registered(provider: Provider) -> None:
    switch_on(provider)
    answer = provider.get(provider.party("web").address(request_uri="https://rp.example/r"))
    assert answer.query["error_description"] == "The request_uri is not registered."


async def _believed(*found: Any, **_: Any) -> Any:
    return signing.look(found[3]).claims


WEAKNESSES = {
    "any secret of a reference": Weakness(sources, "hmac", Unequal, a_forged_secret),
    "references that are not spent": Weakness(store, "finish_pushed", lambda *_: True, two_answers),
    "references that live on": Weakness(pushing, "PUSHED_LIFETIME", 10**10, a_late_visit),
    "pushed unseen": Weakness(pushing, "_check", lambda *_: None, a_pushed_evil_address),
    "pushed or not": Weakness(sources, "described", lambda _, request, *__: request, a_request_that_was_not_pushed),
    "any signature": Weakness(
        client_signatures,
        "verified",
        _believed,
        _object(lambda provider, web: Key.make("ES256").sign(claims_of(provider, web))),
    ),
    "any kind of JWT": Weakness(
        signed_requests,
        "TYPS",
        frozenset({"oauth-authz-req+jwt", "dpop+jwt"}),
        _object(lambda provider, web: ES256.sign(claims_of(provider, web), typ="dpop+jwt")),
    ),
    "made out for anybody": Weakness(
        request_object,
        "_judge_parties",
        lambda *_: None,
        _object(lambda provider, web: ES256.sign(claims_of(provider, web, aud="https://other.example/"))),
    ),
    "of any time": Weakness(
        request_object,
        "_judge_times",
        lambda *_, **__: None,
        _object(lambda provider, web: ES256.sign(claims_of(provider, web, exp=1))),
    ),
    "objects in objects": Weakness(
        request_object,
        "_NESTED",
        (),
        _object(lambda provider, web: ES256.sign(claims_of(provider, web, request="a.b.c"))),
    ),
    "fetched from anywhere": Weakness(RequestRules, "admits", lambda *_: True, an_address_that_is_not_registered),
}


@pytest.mark.parametrize("name", WEAKNESSES)
def test_a_build_without_its_defence_is_found_out(alone: Provider, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    weakness = WEAKNESSES[name]
    monkeypatch.setattr(Egress, "fetch", _nowhere)
    monkeypatch.setattr(weakness.place, weakness.name, weakness.instead)
    with pytest.raises((AssertionError, KeyError)):
        weakness.case(alone)


@pytest.mark.parametrize("name", WEAKNESSES)
def test_and_with_it_the_case_passes(alone: Provider, name: str) -> None:
    WEAKNESSES[name].case(alone)


def _nowhere(*_: Any, **__: Any) -> Any:
    raise Unreachable(Reason.FORM)
