"""Resources that ask for more than the sign-in behind a token (RFC 9470): userinfo, and the API for operators."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.authenticator import TWO_FACTORS, careful, enrolled
from tests.support.filling import CALLBACK, person
from tests.support.in_process import Answer
from tests.support.party import Browser, Party
from tests.support.provider import Provider, Source
from tests.support.registered import switch

from idp import federation
from idp.kit.sealing import PLATFORM

# RFC 9110 11.6.1, as the RFCs of bearer tokens narrow it: one scheme, then quoted strings
_CHALLENGE = re.compile(
    r'(Bearer|DPoP) ([a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*")*)'
)


def challenge(answer: Answer) -> dict[str, str]:
    found = _CHALLENGE.fullmatch(answer.headers["www-authenticate"])
    assert found, answer
    said = re.findall(r'([a-z_]+)="([^"]*)"', found[2])
    assert len(dict(said)) == len(said)
    return dict(said)


@pytest.fixture(scope="module")
def there(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with source.provider(tmp_path_factory.mktemp("challenges")) as made:
        yield made


@pytest.mark.attack("U11")
def test_userinfo_asks_for_a_second_factor_where_the_tenant_wants_one(there: Provider) -> None:
    web = there.party("web")
    before = web.tokens(there.browser())
    assert web.userinfo(before["access_token"]).status == 200
    switch(there, userinfo_two_factors=True)
    try:
        for token in (before["access_token"], web.refresh(before["refresh_token"]).json()["access_token"]):
            answer = web.userinfo(token)
            assert (answer.status, answer.json()["error"]) == (401, "insufficient_user_authentication")
            said = challenge(answer)
            assert (said["error"], said["acr_values"]) == ("insufficient_user_authentication", TWO_FACTORS)
            assert "max_age" not in said
            assert web.introspect(token)["active"] is True  # it is good: elsewhere less may be enough
        browser = careful(there, enrolled(there))
        after = web.tokens(browser, acr_values=said["acr_values"])
        assert browser.asked == ["code"]
        assert web.userinfo(after["access_token"]).status == 200
    finally:
        switch(there)
    assert web.userinfo(before["access_token"]).status == 200


@pytest.mark.attack("U11", "R6")
def test_userinfo_asks_for_a_sign_in_of_late_and_a_refresh_is_none(there: Provider) -> None:
    web = there.party("web")
    browser = there.browser()
    browser.user = "hanako@aoba.example"
    tokens = web.tokens(browser)
    switch(there, userinfo_max_age_seconds=60)
    try:
        there.clock.advance(seconds=60)
        assert web.userinfo(tokens["access_token"]).status == 200
        there.clock.advance(seconds=1)
        late = web.refresh(tokens["refresh_token"]).json()["access_token"]
        for token in (tokens["access_token"], late):
            answer = web.userinfo(token)
            said = challenge(answer)
            assert (answer.status, said["max_age"], "acr_values" in said) == (401, "60", False)
        fresh = web.tokens(browser, max_age=said["max_age"])
        assert web.userinfo(fresh["access_token"]).status == 200
    finally:
        switch(there)


def test_a_token_that_is_not_good_is_told_so_and_nothing_else(there: Provider) -> None:
    switch(there, userinfo_two_factors=True, userinfo_max_age_seconds=60)
    try:
        said = challenge(there.party("web").userinfo("x"))
        assert (said["error"], "acr_values" in said, "max_age" in said) == ("invalid_token", False, False)
        robot = there.party("robot")
        answer = robot.userinfo(robot.credentials().json()["access_token"])
        assert (answer.status, challenge(answer)["error"]) == (403, "insufficient_scope")
    finally:
        switch(there)


SCOPE = "openid contracts:read contracts:write users:write"
_PROGRAM = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "scope": SCOPE}
_MACHINE = {"grant_types": ["client_credentials"], "redirect_uris": [], "scope": "users:write"}
_ACCOUNT = json.dumps({"user_name": "new", "display_name": "N", "affiliation": "employee"}).encode()


def _operators(there: Provider) -> dict[str, Party]:
    found = {}
    with there.platform() as unit:
        person(unit, there.filled, "op", roles=["admin"])
        for name, oidc in (("program", _PROGRAM), ("machine", _MACHINE)):
            document = {"name": name, "protocol": "oidc", "assignment_required": False, "oidc": oidc}
            made = federation.to_json(federation.create(unit, federation.read(document, production=False)))
            found[name] = Party(there.first, "-", made)
    return found


@pytest.mark.attack("U11", "U24")
def test_the_api_asks_operators_for_a_second_factor_and_a_sign_in_of_late(alone: Provider) -> None:
    alone.settings = alone.settings.model_copy(update={"operator_two_factors": True, "operator_max_age": 300})
    alone.filled = replace(alone.filled, tenants={**alone.filled.tenants, "-": PLATFORM})
    parties = _operators(alone)
    browser = Browser(alone.first, user="op@aoba.example")
    token = parties["program"].tokens(browser, scope=SCOPE)["access_token"]

    def ask(method: str, token: str) -> Answer:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        path = "/api/v1/contracts" if method == "GET" else "/api/v1/system/users"
        return alone.first.call(method, path, headers, _ACCOUNT if method == "POST" else b"")

    assert ask("GET", token).status == 200  # to look is not to change
    answer = ask("POST", token)
    assert (answer.status, answer.json()["code"]) == (401, "insufficient_user_authentication")
    said = challenge(answer)
    assert (said["acr_values"], said["max_age"]) == (TWO_FACTORS, "300")
    assert said["resource_metadata"].endswith("/.well-known/oauth-protected-resource/api/v1")
    assert (answer.json()["acr_values"], answer.json()["max_age"]) == (TWO_FACTORS, "300")
    app = enrolled(alone, "op", slug="-")
    person_of_two = careful(alone, app)
    person_of_two.user = "op@aoba.example"
    asked = {"scope": SCOPE, "acr_values": said["acr_values"], "max_age": said["max_age"]}
    token = parties["program"].tokens(person_of_two, **asked)["access_token"]
    assert ask("POST", token).status == 201
    alone.clock.advance(seconds=301)
    late = parties["program"].tokens(person_of_two, scope=SCOPE)["access_token"]
    assert challenge(ask("POST", late))["error"] == "insufficient_user_authentication"
    machine = parties["machine"].post("token", grant_type="client_credentials", scope="users:write").json()
    assert ask("POST", machine["access_token"]).status != 401  # it is nobody who could sign in
