"""What an authorization request must be, and who is told when it is not."""

import pytest
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import CHALLENGE, STATE, claims
from tests.support.provider import Provider

from idp.oidc.request import CHECKS, PARAMETERS

ISSUER = f"{BASE_URL}/t/aoba"

TOLD_THE_SERVICE = [
    ("_not_repeated", {}, [("scope", "openid")], "invalid_request"),
    ("_not_repeated", {}, [("nonce", "another")], "invalid_request"),
    ("_not_repeated", {}, [("response_type", "code")], "invalid_request"),
    ("_not_repeated", {}, [("code_challenge", CHALLENGE)], "invalid_request"),
    ("_not_repeated", {}, [("prompt", "none"), ("prompt", "none")], "invalid_request"),
    ("_no_registration", {"registration": "{}"}, [], "registration_not_supported"),
    ("_response_type", {"response_type": None}, [], "invalid_request"),
    ("_response_type", {"response_type": ""}, [], "invalid_request"),
    ("_response_type", {"response_type": "CODE"}, [], "unsupported_response_type"),
    ("_response_type", {"response_type": "none"}, [], "unsupported_response_type"),
    ("_response_mode", {"response_mode": "web_message"}, [], "invalid_request"),
    ("_lengths", {"nonce": "n" * 1_025}, [], "invalid_request"),
    ("_lengths", {"scope": "openid " + "s" * 2_048}, [], "invalid_request"),
    ("_lengths", {"login_hint": "h" * 321}, [], "invalid_request"),
    ("_lengths", {"ui_locales": "ja " * 80}, [], "invalid_request"),
    ("_scope", {"scope": None}, [], "invalid_scope"),
    ("_scope", {"scope": ""}, [], "invalid_scope"),
    ("_scope", {"scope": "admin root"}, [], "invalid_scope"),
    ("_scope", {"scope": "OPENID"}, [], "invalid_scope"),
    ("_pkce", {"code_challenge": None, "code_challenge_method": None}, [], "invalid_request"),
    ("_pkce", {"code_challenge": None}, [], "invalid_request"),
    ("_pkce", {"code_challenge": ""}, [], "invalid_request"),
    ("_pkce", {"code_challenge_method": None}, [], "invalid_request"),
    ("_pkce", {"code_challenge_method": ""}, [], "invalid_request"),
    ("_pkce", {"code_challenge_method": "plain"}, [], "invalid_request"),
    ("_pkce", {"code_challenge_method": "s256"}, [], "invalid_request"),
    ("_pkce", {"code_challenge_method": "S256 "}, [], "invalid_request"),
    ("_pkce", {"code_challenge_method": "S512"}, [], "invalid_request"),
    ("_pkce", {"code_challenge": CHALLENGE + "="}, [], "invalid_request"),
    ("_pkce", {"code_challenge": CHALLENGE[:-1]}, [], "invalid_request"),
    ("_pkce", {"code_challenge": CHALLENGE[:-1] + "é"}, [], "invalid_request"),
    ("_dpop_jkt", {"dpop_jkt": "x"}, [], "invalid_request"),
    ("_dpop_jkt", {"dpop_jkt": f"{CHALLENGE}="}, [], "invalid_request"),
    ("_prompt", {"prompt": "create"}, [], "invalid_request"),
    ("_prompt", {"prompt": "NONE"}, [], "invalid_request"),
    ("_prompt", {"prompt": "none login"}, [], "invalid_request"),
    ("_max_age", {"max_age": "-1"}, [], "invalid_request"),
    ("_max_age", {"max_age": "1.5"}, [], "invalid_request"),
    ("_max_age", {"max_age": "\uff11"}, [], "invalid_request"),
    ("_max_age", {"max_age": "9" * 11}, [], "invalid_request"),
    ("_resource", {"resource": "https://api.example/"}, [], "invalid_target"),
]

SHOWN_HERE = [
    ({"client_id": None}, [], "invalid_request"),
    ({"client_id": ""}, [], "invalid_request"),
    ({"client_id": "cli_nobody"}, [], "unknown_service"),
    ({"client_id": "\u682a"}, [], "unknown_service"),
    ({}, [("client_id", "cli_nobody")], "invalid_request"),
    ({}, [("redirect_uri", CALLBACK)], "invalid_request"),
    ({}, [("redirect_uri", "https://evil.example/")], "invalid_request"),
    ({}, [("state", "b")], "invalid_request"),
    ({}, [("response_mode", "query"), ("response_mode", "query")], "invalid_request"),
    ({"redirect_uri": None}, [], "invalid_redirect_uri"),
    ({"redirect_uri": ""}, [], "invalid_redirect_uri"),
    ({"redirect_uri": "https://rp.example/other"}, [], "invalid_redirect_uri"),
    ({"state": "s" * 4_097}, [], "invalid_request"),
    ({"state": "a\nb"}, [], "invalid_request"),
    ({"state": "状態"}, [], "invalid_request"),
]

WITHOUT_HARM = [
    {"extra": "foobar"},
    {"display": "popup"},
    {"display": "page"},
    {"ui_locales": "se"},
    {"claims_locales": "se"},
    {"acr_values": "1 2"},
    {"login_hint": "nobody@nowhere.example"},
    {"scope": "email profile openid address phone"},
    {"scope": "openid unheard-of"},
    {"state": None},
    {"nonce": None},
    {"nonce": "n" * 384},
    {"response_mode": "query"},
    {"response_mode": ""},
    {"max_age": "10000"},
    {"max_age": ""},
    {"prompt": ""},
    {"claims": '{"userinfo":{"name":{"essential":true}}}'},
]


def ask(provider: Provider, changes: dict[str, str | None], more: list[tuple[str, str]], method: str = "GET") -> Answer:
    fields = encoded([*provider.party("web").asking(**changes).items(), *more])
    if method == "GET":
        return provider.get(f"/t/aoba/authorize?{fields.decode()}")
    return provider.first.call("POST", "/t/aoba/authorize", {"content-type": FORM}, fields)


def test_every_check_of_the_request_has_a_case_here() -> None:
    elsewhere = {"_nonce", "_claims"}  # test_front_channel, test_requested_claims
    assert {check.__name__ for check in CHECKS} == {name for name, _, _, _ in TOLD_THE_SERVICE} | elsewhere


@pytest.mark.attack("A9", "A19")
@pytest.mark.meets("A3", "B3")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("name", "changes", "more", "error"), TOLD_THE_SERVICE)
def test_the_service_is_told_what_was_wrong_at_its_registered_address(
    shared: Provider, method: str, name: str, changes: dict[str, str | None], more: list[tuple[str, str]], error: str
) -> None:
    answer = ask(shared, changes, more, method)
    assert answer.status == 303
    assert answer.location.startswith(f"{CALLBACK}?")
    assert answer.query.keys() == {"error", "error_description", "state", "iss"}  # requirement B3
    assert (answer.query["error"], answer.query["state"], answer.query["iss"]) == (error, STATE, ISSUER)
    described = answer.query["error_description"]
    assert all(" " <= character <= "~" and character not in '"\\' for character in described)


@pytest.mark.attack("A1", "A8")
@pytest.mark.meets("A4")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("changes", "more", "error"), SHOWN_HERE)
def test_nobody_is_sent_anywhere_until_service_and_address_are_certain(
    shared: Provider, method: str, changes: dict[str, str | None], more: list[tuple[str, str]], error: str
) -> None:
    answer = ask(shared, changes, more, method)
    assert (answer.status, answer.location, answer.cookies) == (400, "", [])
    assert 'id="error-page"' in answer.text
    assert error in answer.text


@pytest.mark.honest("A9", "A20", "A8")
@pytest.mark.meets("A2")
@pytest.mark.parametrize("changes", WITHOUT_HARM)
def test_what_is_optional_or_unknown_does_no_harm(shared: Provider, changes: dict[str, str | None]) -> None:
    browser = shared.browser()
    answer = browser.authorize(shared.party("web"), **changes)
    assert "code" in answer.query, answer
    assert answer.query.get("state") == changes.get("state", STATE)  # never invented (B2)
    assert answer.query["iss"] == ISSUER


@pytest.mark.meets("A2", "B2", "I1")
def test_a_parameter_without_a_value_is_as_if_it_were_left_out(shared: Provider) -> None:
    """RFC 6749 3.1: what is left out is neither refused, nor looked up, nor sent back."""
    web = shared.party("web")
    empty = dict.fromkeys(sorted(PARAMETERS - web.asking().keys() | {"state", "nonce", "unknown"}), "")
    answer = shared.browser().authorize(web, **empty)
    assert answer.query.keys() == {"code", "iss"}
    assert "nonce" not in claims(web.redeem(answer.query["code"]).json()["id_token"])


@pytest.mark.honest("A10")
@pytest.mark.meets("A2")
def test_unknown_parameters_may_repeat(shared: Provider) -> None:
    answer = ask(shared, {}, [("extra", "1"), ("extra", "2")])
    assert answer.location.startswith(f"{ISSUER}/signin?")


@pytest.mark.meets("B2")
@pytest.mark.parametrize("state", ["a+b", "a%20b", "&=?#", "~!@$^*()", "<script>", "'\"\\", " ", "s" * 4_096])
@pytest.mark.parametrize("prompt", [None, "none"])
def test_the_state_comes_back_byte_for_byte(shared: Provider, state: str, prompt: str | None) -> None:
    answer = shared.browser().authorize(shared.party("web"), state=state, prompt=prompt)
    assert answer.query["state"] == state
    assert ("error" in answer.query) is (prompt == "none")


@pytest.mark.meets("A5")
@pytest.mark.parametrize("prompt", [None, "none"])
def test_a_registered_query_is_kept(shared: Provider, prompt: str | None) -> None:
    answer = shared.browser().authorize(shared.party("web"), redirect_uri=f"{CALLBACK}?a=b%20c", prompt=prompt)
    assert answer.location.startswith(f"{CALLBACK}?a=b%20c&")


def test_a_client_of_an_old_library_may_leave_out_the_challenge(shared: Provider) -> None:
    legacy = shared.party("legacy")
    code = shared.browser().code(legacy, code_challenge=None, code_challenge_method=None)
    assert legacy.redeem(code, code_verifier=None).status == 200


@pytest.mark.attack("A10")
def test_a_parameter_is_not_given_once_in_the_query_and_once_in_the_body(shared: Provider) -> None:
    web = shared.party("web")
    headers = {"content-type": FORM}
    whole = encoded(web.asking())
    for name in ("client_id", "redirect_uri", "state"):
        again = encoded({name: web.asking()[name]}).decode()
        answer = shared.first.call("POST", f"/t/aoba/authorize?{again}", headers, whole)
        assert (answer.status, answer.location) == (400, "")
    answer = shared.first.call("POST", "/t/aoba/authorize?scope=openid", headers, whole)
    assert answer.query["error"] == "invalid_request"


@pytest.mark.attack("A4")
def test_a_service_without_the_code_grant_has_no_address_to_go_to(shared: Provider) -> None:
    answer = shared.get(shared.party("robot").address())
    assert (answer.status, answer.location) == (400, "")


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [
        ("prompt", "create", "select_account"),
        ("response_mode", "web_message", "form_post.jwt"),
        ("response_type", "device", "code"),
    ],
)
def test_what_is_not_supported_is_named_with_what_is(shared: Provider, name: str, value: str, known: str) -> None:
    said = shared.get(shared.party("web").address(**{name: value})).query["error_description"]
    assert f"{name} '{value}'" in said
    assert known in said
