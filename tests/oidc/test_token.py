"""The token endpoint: what all grants share, and the code and client credentials grants (RFC 6749)."""

import pytest
from tests.support.filling import CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import VERIFIER
from tests.support.provider import Provider


def refused(answer: Answer, status: int, error: str) -> bool:
    """In the grammar of RFC 6749 5.2, never to be kept."""
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    said = answer.json()
    assert said.keys() == {"error", "error_description"}, said
    assert (answer.status, said["error"]) == (status, error), (answer.status, said)
    assert ("www-authenticate" in answer.headers) is (status == 401)
    return True


@pytest.mark.honest("T1", "T3", "T5", "T6", "T8")
@pytest.mark.meets("T1", "T2")
@pytest.mark.parametrize("name", ["web", "post", "app", "phone", "legacy", "opaque", "elliptic", "brief"])
def test_a_code_becomes_tokens(shared: Provider, name: str) -> None:
    party = shared.party(name)
    answer = party.redeem(shared.browser().code(party))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 300)
    assert told["scope"] == "email offline_access openid profile"
    assert ("refresh_token" in told) is (name != "brief")


def test_an_id_token_is_given_for_openid_alone(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    assert "id_token" in web.tokens(browser, scope="openid")
    assert "id_token" not in web.tokens(browser, scope="api")


@pytest.mark.honest("T17")
def test_client_credentials_give_an_access_token_and_nothing_else(provider: Provider) -> None:
    for name in ("web", "robot", "post"):
        answer = provider.party(name).credentials()
        assert answer.status == 200
        assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope"}  # RFC 6749 4.4.3
    assert provider.party("robot").credentials(scope=None).json().keys() == {
        "access_token",
        "token_type",
        "expires_in",
    }


@pytest.mark.attack("T17")
@pytest.mark.parametrize("scope", ["admin", "api admin", "openid", "openid api", "profile", "offline_access", "API"])
def test_a_service_gets_no_scope_that_it_is_not_registered_for_nor_one_of_a_person(
    shared: Provider, scope: str
) -> None:
    refused(shared.party("web").credentials(scope=scope), 400, "invalid_scope")


@pytest.mark.attack("T23")
@pytest.mark.parametrize(
    ("name", "fields", "error"),
    [
        ("web", {}, "invalid_request"),
        ("web", {"grant_type": ""}, "invalid_request"),
        ("web", {"grant_type": "password", "username": "taro", "password": "x"}, "unsupported_grant_type"),
        ("web", {"grant_type": "implicit"}, "unsupported_grant_type"),
        ("web", {"grant_type": "AUTHORIZATION_CODE"}, "unsupported_grant_type"),
        ("web", {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
        ("web", {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}, "unsupported_grant_type"),
        ("web", {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
        ("web", {"grant_type": "client_credentials", "resource": "https://api.example/"}, "invalid_target"),
        ("robot", {"grant_type": "authorization_code", "code": "x"}, "unauthorized_client"),
        ("robot", {"grant_type": "refresh_token", "refresh_token": "x"}, "unauthorized_client"),
        ("brief", {"grant_type": "client_credentials"}, "unauthorized_client"),
        ("brief", {"grant_type": "refresh_token", "refresh_token": "x"}, "unauthorized_client"),
        ("app", {"grant_type": "client_credentials"}, "unauthorized_client"),
        ("web", {"grant_type": "authorization_code"}, "invalid_request"),
        ("web", {"grant_type": "authorization_code", "code": ""}, "invalid_request"),
        ("web", {"grant_type": "authorization_code", "code": "x"}, "invalid_grant"),
        ("web", {"grant_type": "refresh_token"}, "invalid_request"),
        ("web", {"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
    ],
)
def test_a_grant_that_is_not_given(shared: Provider, name: str, fields: dict[str, str], error: str) -> None:
    refused(shared.party(name).post("token", **fields), 400, error)


@pytest.mark.attack("T3", "T6", "T8")
@pytest.mark.meets("T4")
@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?a=b%20c"},
        {"redirect_uri": "https://evil.example/cb"},
        {"code_verifier": None},
        {"code_verifier": ""},
        {"code_verifier": VERIFIER[:-1]},
        {"code_verifier": VERIFIER + "x"},
        {"code_verifier": VERIFIER.upper()},
        {"code_verifier": "v" * 42},
        {"code_verifier": "v" * 129},
        {"code_verifier": "あ" * 43},
        {"code_verifier": " " + VERIFIER},
    ],
)
def test_a_code_is_bound_to_its_request_and_spent_by_a_wrong_one(shared: Provider, changes: dict[str, str]) -> None:
    web = shared.party("web")
    code = shared.browser().code(web)
    refused(web.redeem(code, **changes), 400, "invalid_grant")
    refused(web.redeem(code), 400, "invalid_grant")


@pytest.mark.attack("T5")
def test_a_verifier_for_a_code_without_challenge_is_a_downgrade(shared: Provider) -> None:
    """RFC 9700 4.8.2."""
    legacy, browser = shared.party("legacy"), shared.browser()
    code = browser.code(legacy, code_challenge=None, code_challenge_method=None)
    refused(legacy.redeem(code), 400, "invalid_grant")


@pytest.mark.honest("T3")
@pytest.mark.attack("T3")
@pytest.mark.meets("T4")
@pytest.mark.parametrize("name", ["other", "app", "post", "legacy"])
def test_a_code_of_another_client_is_not_a_code_and_stays_good_for_its_own(shared: Provider, name: str) -> None:
    web = shared.party("web")
    code = shared.browser().code(web)
    refused(shared.party(name).redeem(code), 400, "invalid_grant")
    assert web.redeem(code).status == 200


@pytest.mark.honest("T3")
@pytest.mark.attack("T3")
def test_a_code_of_another_tenant_is_not_a_code(shared: Provider) -> None:
    web = shared.party("web")
    code = shared.browser().code(web)
    refused(shared.party("web", slug="midori").redeem(code), 400, "invalid_grant")
    assert web.redeem(code).status == 200


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        *(pytest.param(seconds, 200, marks=pytest.mark.honest("T4")) for seconds in (0, 59, 59.999999)),
        *(pytest.param(seconds, 400, marks=pytest.mark.attack("T4")) for seconds in (60, 60.000001, 61, 3600, 86_400)),
    ],
)
def test_a_code_lives_for_a_minute(alone: Provider, seconds: float, status: int) -> None:
    web = alone.party("web")
    code = alone.browser().code(web)
    alone.clock.advance(seconds=seconds)
    assert web.redeem(code).status == status


@pytest.mark.attack("T1")
@pytest.mark.meets("T3")
@pytest.mark.parametrize("seconds", [0, 30, 90])
def test_a_code_that_is_shown_again_ends_what_it_gave(provider: Provider, seconds: int) -> None:
    """Requirement T3, attack T1: on the other worker too."""
    web = provider.party("web")
    code = provider.browser().code(web)
    told = web.redeem(code).json()
    assert web.introspect(told["access_token"])["active"] is True
    provider.clock.advance(seconds=seconds)
    refused(web.at(provider.second).redeem(code), 400, "invalid_grant")
    assert web.introspect(told["access_token"]) == {"active": False}
    assert web.userinfo(told["access_token"]).status == 401
    refused(web.refresh(told["refresh_token"]), 400, "invalid_grant")
    assert provider.events().count("code.replayed") == 1


def test_a_code_is_dead_once_its_person_has_signed_out(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    told = web.tokens(browser)
    code = browser.code(web)
    assert browser.get(f"/t/aoba/end_session?id_token_hint={told['id_token']}").status == 200
    alone.clock.advance(seconds=2)
    refused(web.redeem(code), 400, "invalid_grant")


def test_an_error_is_the_same_whether_a_client_exists_or_not(shared: Provider) -> None:
    web = shared.party("web")
    answers = [
        shared.first.call(
            "POST",
            "/t/aoba/token",
            {"content-type": FORM},
            encoded({"grant_type": "client_credentials", "client_id": client, "client_secret": "wrong"}),
        )
        for client in (web.client_id, shared.party("post").client_id, shared.party("app").client_id, "cli_nobody")
    ]
    for answer in answers:
        refused(answer, 401, "invalid_client")
        assert answer.headers["www-authenticate"] == 'Basic realm="token", charset="UTF-8"'
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_tokens_are_asked_for_by_post(shared: Provider, method: str) -> None:
    answer = shared.first.call(method, "/t/aoba/token")
    assert (answer.status, answer.headers["allow"]) == (405, "OPTIONS, POST")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("endpoint", ["token", "introspect", "revoke", "userinfo", "authorize", "end_session"])
def test_a_tenant_that_is_not_there_has_no_endpoint(shared: Provider, endpoint: str) -> None:
    headers = {"content-type": FORM}
    answer = shared.first.call("POST", f"/t/nobody/{endpoint}", headers, encoded({"client_id": "x", "token": "x"}))
    assert answer.status == 404
