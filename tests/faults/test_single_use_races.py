"""What else is good once, sixteen times at once at two processes, and what one of them ends for the other.

An honest client whose answer was lost goes on at either of them.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urljoin

import pytest
from tests.faults.pairs import AT_ONCE, Pair, only_winner, outcomes
from tests.support.relying import FORM, Relying, Request, parameters
from tests.support.sign_in import Page, Person
from tests.support.signers import JWT_BEARER, Signer, key_set
from tests.support.wire import Answer

TIMES = int(os.environ.get("RACES", "6"))  # `make faults` asks for more
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

pytestmark = pytest.mark.slow


def posted(relying: Relying, endpoint: str, fields: dict[str, str], *headers: tuple[str, str]) -> Request:
    return Request("POST", relying.endpoints[endpoint], (FORM, *headers), urlencode(fields))


def with_proof(relying: Relying, fields: dict[str, str], proof: str) -> Request:
    asked = relying._form("token_endpoint", **fields)
    return replace(asked, headers=(*asked.headers, ("dpop", proof)))


@pytest.mark.attack("T12")
@pytest.mark.honest("T12")
def test_an_assertion_that_is_sent_sixteen_times_at_once_proves_its_client_once(pair: Pair) -> None:
    signer, web = Signer(), pair.services.web
    oidc = {"token_endpoint_auth_method": "private_key_jwt", "jwks": key_set(signer)}
    client = _registered(pair, "signs", grant_types=["client_credentials"], **oidc)
    for _ in range(TIMES):
        now = int(pair.now().timestamp())
        said = {"iss": client, "sub": client, "aud": web.issuer, "iat": now, "exp": now + 60}
        fields = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER}
        fields["client_assertion"] = signer.jwt({**said, "jti": secrets.token_hex(8)})
        only_winner(pair.race(posted(web, "token_endpoint", fields)), (401, "invalid_client"))


def _registered(pair: Pair, name: str, **oidc: Any) -> str:
    return str(pair.installation.add_service(f"{name} {secrets.token_hex(4)}", **oidc)["client_id"])


@pytest.mark.attack("T20")
@pytest.mark.honest("T20")
def test_a_proof_that_is_sent_sixteen_times_at_once_binds_one_token(pair: Pair) -> None:
    signer, web, nonce = Signer("ES256", None), pair.services.web, ""
    fields, proven = {"grant_type": "client_credentials"}, 0
    while proven < TIMES:
        said = {
            "jti": secrets.token_hex(8),
            "htm": "POST",
            "htu": f"{web.issuer}/token",
            "iat": int(pair.now().timestamp()),
        }
        proof = signer.jwt({**said, "nonce": nonce}, typ="dpop+jwt", jwk=signer.jwk)
        if not nonce:
            nonce = pair.send(with_proof(web, fields, proof)).headers["dpop-nonce"]
            continue
        only_winner(pair.race(with_proof(web, fields, proof)), (400, "invalid_dpop_proof"))
        proven += 1


@pytest.mark.attack("A16")
@pytest.mark.honest("A16")
def test_a_reference_that_is_visited_sixteen_times_at_once_is_answered_once(pair: Pair) -> None:
    web = pair.services.web
    cookies = pair.signed_in(web)
    for _ in range(TIMES):
        asked = web.authorize().partition("?")[2]
        pushed = pair.send(replace(web._form("pushed_authorization_request_endpoint"), body=asked))
        assert pushed.status == 201, pushed
        uri = quote(pushed.json()["request_uri"], safe="")
        address = f"{web.endpoints['authorization_endpoint']}?client_id={web.client_id}&request_uri={uri}"
        answers = pair.race(Request("GET", address, (("cookie", cookies),)))
        assert outcomes(answers) == {(303, None): 1, (400, None): AT_ONCE - 1}
        (won,) = [answer for answer in answers if answer.status == 303]
        assert pair.send(web.redeem(parameters(won.headers["location"])["code"])).status == 200


@pytest.mark.attack("T21")
@pytest.mark.honest("T21")
def test_a_device_code_that_is_shown_sixteen_times_at_once_is_redeemed_once(pair: Pair) -> None:
    assert pair.installation.call("PATCH", "/tenants/aoba/settings", {"oidc": {"device_grant": True}}).status == 200
    own = {"token_endpoint_auth_method": "none", "scope": "openid", "client_uri": "https://tv.example/"}
    client = _registered(pair, "tv", grant_types=[DEVICE], **own)
    web = pair.services.web
    begin = f"{web.endpoints['token_endpoint'].rpartition('/')[0]}/device_authorization"
    with pair.services.person() as person:
        for _ in range(max(1, TIMES // 3)):
            body = urlencode({"client_id": client, "scope": "openid"})
            told = pair.send(Request("POST", begin, (FORM,), body)).json()
            _allow(person, told["verification_uri_complete"])
            fields = {"grant_type": DEVICE, "device_code": told["device_code"], "client_id": client}
            answers = pair.race(posted(web, "token_endpoint", fields))
            assert sorted(answer.status for answer in answers) == [200] + [400] * (AT_ONCE - 1)


def _allow(person: Person, address: str) -> None:
    page = person.client.get(address)
    form = Page(page.text).forms["device-form"]
    answer = person._submit(page, form, next(iter(form.buttons)))
    page = person.visit(urljoin(address, answer.headers["location"])) if answer.is_redirect else answer
    done = person._submit(page, Page(page.text).forms["device-decision-form"], "device-allow")
    assert done.status_code == 200, done


@pytest.mark.honest("R1", "R2")
def test_a_confidential_client_is_never_locked_out_however_often_it_asks_at_once(pair: Pair) -> None:
    """It keeps its token: whoever sent it twice, or never heard the answer, sends it again."""
    web = pair.services.web
    token = pair.tokens(web, pair.signed_in(web))["refresh_token"]
    for turn in range(TIMES):
        pair.send(web.refresh(token), to=turn % 2)  # nobody hears of it
        assert outcomes(pair.race(web.refresh(token))) == {(200, None): AT_ONCE}


@pytest.mark.attack("R2", "R5")
@pytest.mark.honest("R2", "R5")
def test_within_its_grace_a_lost_answer_is_asked_for_again_and_leads_to_one_line(pair: Pair) -> None:
    app = pair.services.app
    with pair.grace(10):
        token = pair.tokens(app, pair.signed_in(app))["refresh_token"]
        for turn in range(TIMES):
            pair.send(app.refresh(token), to=turn % 2)  # nobody hears of it
            again = pair.send(app.refresh(token), to=1 - turn % 2)
            assert again.status == 200
            token = again.json()["refresh_token"]


def is_dead(answer: Answer) -> bool:
    return (answer.status, answer.json()["error"]) == (400, "invalid_grant")


def _revoke(pair: Pair, web: Relying, told: dict[str, Any]) -> None:
    assert pair.send(web.revoke(told["refresh_token"])).status == 200


def _change_scope(pair: Pair, web: Relying, told: dict[str, Any]) -> None:
    wider = web._form("token_endpoint", grant_type="refresh_token", refresh_token=told["refresh_token"], scope="email")
    assert pair.send(wider, to=1).json()["error"] == "invalid_scope"
    _revoke(pair, web, told)


def _suspend(pair: Pair, web: Relying, told: dict[str, Any]) -> None:
    contract = pair.installation.contract()["id"]
    for act in ("suspend", "resume"):
        body = {"reason": "unpaid"} if act == "suspend" else None
        assert pair.installation.call("POST", f"/contracts/{contract}/{act}", body).status == 200
        if act == "suspend":
            assert is_dead(pair.send(web.refresh(told["refresh_token"]), to=1))


ENDS: dict[str, Callable[[Pair, Relying, dict[str, Any]], None]] = {
    "R6": _change_scope,
    "R7": _revoke,
    "R7 of the contract": _suspend,
}


@pytest.mark.attack("R6", "R7", "R9")
@pytest.mark.honest("R6", "R7", "R9")
@pytest.mark.parametrize("name", ENDS)
def test_what_one_process_ends_is_over_at_the_other_at_once(pair: Pair, name: str) -> None:
    web, app = pair.services.web, pair.services.app
    told = pair.tokens(web, pair.signed_in(web))
    assert is_dead(pair.send(app.refresh(told["refresh_token"]), to=1))  # another client's
    assert pair.send(web.refresh(told["refresh_token"]), to=1).status == 200
    ENDS[name](pair, web, told)
    assert is_dead(pair.send(web.refresh(told["refresh_token"]), to=1))
    assert pair.send(web.userinfo(told["access_token"]), to=1).status == 401


@pytest.mark.attack("T1", "R1")
@pytest.mark.honest("T1", "R1")
def test_what_was_used_at_one_process_is_used_at_the_other(pair: Pair) -> None:
    app = pair.services.app
    cookies = pair.signed_in(app)
    first = pair.tokens(app, cookies)
    second = pair.send(app.refresh(first["refresh_token"]), to=1).json()
    third = pair.send(app.refresh(second["refresh_token"])).json()
    assert is_dead(pair.send(app.refresh(first["refresh_token"]), to=1))
    assert is_dead(pair.send(app.refresh(third["refresh_token"])))
    asked = pair.send(Request("GET", app.authorize(), (("cookie", cookies),)))
    code = parameters(asked.headers["location"])["code"]
    told = pair.send(app.redeem(code)).json()
    assert pair.send(app.userinfo(told["access_token"]), to=1).status == 200
    assert is_dead(pair.send(app.redeem(code), to=1))
    assert pair.send(app.userinfo(told["access_token"])).status == 401
