"""Userinfo (OpenID Connect Core 5.3, RFC 6750; attack T25)."""

import pytest
from tests.support.filling import CLAIMS
from tests.support.in_process import FORM, Answer, encoded
from tests.support.provider import Provider

USERINFO = "/t/aoba/userinfo"
ABOUT = 'resource_metadata="https://id.example/.well-known/oauth-protected-resource/t/aoba/userinfo"'


@pytest.fixture
def token(shared: Provider) -> str:
    found: str = shared.party("web").tokens(shared.browser(), scope="openid email")["access_token"]
    return found


def unauthorized(answer: Answer, *, error: str | None) -> bool:
    expected = 'Bearer realm="userinfo"' + ("" if error is None else f', error="{error}"') + f", {ABOUT}"
    assert answer.headers["www-authenticate"] == expected
    assert answer.headers["cache-control"] == "no-store"
    return answer.status == 401 and answer.json()["error"] == "invalid_token"


@pytest.mark.honest("T25")
@pytest.mark.meets("U1")
def test_the_token_comes_by_header_or_form(shared: Provider, token: str) -> None:
    bearer = {"authorization": f"Bearer {token}"}
    form = {"content-type": FORM}
    answers = [
        shared.get(USERINFO, bearer),
        shared.get(USERINFO, {"authorization": f"bearer {token}"}),
        shared.first.call("POST", USERINFO, bearer),
        shared.first.call("POST", USERINFO, bearer | form),
        shared.first.call("POST", USERINFO, bearer | {"content-type": "application/json"}, b"{}"),
        shared.first.call("POST", USERINFO, form, encoded({"access_token": token})),
    ]
    for answer in answers:
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
    assert len({answer.body for answer in answers}) == 1


def test_without_a_token_the_challenge_says_no_error(shared: Provider, token: str) -> None:
    """RFC 6750 3.1; and a token in the address is no token."""
    for answer in (
        shared.get(USERINFO),
        shared.get(f"{USERINFO}?access_token={token}"),
        shared.get(USERINFO, {"authorization": f"Basic {token}"}),
        shared.get(USERINFO, {"authorization": "Bearer"}),
        shared.get(USERINFO, {"authorization": "Bearer "}),
        shared.first.call("POST", USERINFO),
        shared.first.call("POST", USERINFO, {"content-type": FORM}, b""),
        shared.first.call("POST", USERINFO, {"content-type": FORM}, encoded({"token": token})),
    ):
        assert unauthorized(answer, error=None)


@pytest.mark.attack("T25")
def test_two_tokens_are_none(shared: Provider, token: str) -> None:
    headers = {"authorization": f"Bearer {token}", "content-type": FORM}
    for body in (encoded({"access_token": token}), encoded([("access_token", token), ("access_token", token)])):
        answer = shared.first.call("POST", USERINFO, headers, body)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.meets("U1", "I3")
@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", set()),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        ("openid address", {"address"}),
        ("openid offline_access api", set()),
        (
            "openid profile",
            {"name", "preferred_username", "locale", "updated_at", *CLAIMS}
            - {"email_verified", "phone_number", "phone_number_verified", "address"},
        ),
    ],
)
def test_a_scope_gives_its_claims_and_no_others(shared: Provider, scope: str, names: set[str]) -> None:
    web = shared.party("web")
    said = web.userinfo(web.tokens(shared.browser(), scope=scope)["access_token"]).json()
    assert said.keys() == {"sub"} | names
    assert {name: value for name, value in said.items() if name in CLAIMS} == {
        name: CLAIMS[name] for name in names & CLAIMS.keys()
    }


@pytest.mark.meets("U2", "I4")
def test_claims_have_the_types_of_the_specification(shared: Provider) -> None:
    web = shared.party("web")
    token = web.tokens(shared.browser(), scope="openid profile email address phone")["access_token"]
    said = web.userinfo(token).json()
    assert all(value not in (None, "", {}) for value in said.values())
    assert said["email_verified"] is True
    assert said["phone_number_verified"] is True
    assert isinstance(said["address"], dict)
    assert isinstance(said["updated_at"], int)


def test_what_is_not_known_of_a_person_is_left_out(shared: Provider) -> None:
    web, hanako = shared.party("web"), shared.browser()
    hanako.user = "hanako@aoba.example"
    said = web.userinfo(web.tokens(hanako, scope="openid profile email address phone")["access_token"]).json()
    assert said.keys() == {"sub", "name", "preferred_username", "updated_at", "email", "email_verified"}
    assert said["email_verified"] is False


@pytest.mark.attack("T25")
@pytest.mark.parametrize("name", ["robot", "web"])
def test_a_token_without_a_person_is_not_enough(shared: Provider, name: str) -> None:
    party = shared.party(name)
    answer = party.userinfo(party.credentials().json()["access_token"])
    assert (answer.status, answer.json()["error"]) == (403, "insufficient_scope")
    assert answer.headers["www-authenticate"] == (
        f'Bearer realm="userinfo", error="insufficient_scope", scope="openid", {ABOUT}'
    )


@pytest.mark.attack("T25")
def test_a_token_without_openid_is_not_enough(shared: Provider) -> None:
    web = shared.party("web")
    assert web.userinfo(web.tokens(shared.browser(), scope="email")["access_token"]).status == 403


@pytest.mark.honest("T25")
@pytest.mark.attack("T25")
@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 401)])
def test_a_token_lives_for_its_five_minutes(alone: Provider, seconds: int, status: int) -> None:
    web = alone.party("web")
    token = web.tokens(alone.browser())["access_token"]
    alone.clock.advance(seconds=seconds)
    assert web.userinfo(token).status == status
    assert web.introspect(token)["active"] is (status == 200)
