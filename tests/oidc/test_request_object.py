"""The claims of a request object, judged without its signature."""

from typing import Any

import pytest

from idp.kit.clock import SECOND
from idp.oidc.errors import OAuthError
from idp.oidc.request_object import Expected, parameters
from idp.web.forms import Form

ISSUER = "https://id.example/t/aoba"
NOW = 1_000_000
WHOLE = {"iss": "cli", "aud": ISSUER, "client_id": "cli", "exp": NOW + 300, "scope": "openid"}


def read(*, strict: bool = True, **changes: Any) -> Form:
    claims = {name: value for name, value in {**WHOLE, **changes}.items() if value is not ...}
    return parameters(claims, Expected("cli", ISSUER, strict, NOW * SECOND))


def refusal(*, strict: bool = True, **changes: Any) -> str:
    with pytest.raises(OAuthError) as failure:
        read(strict=strict, **changes)
    assert failure.value.code == "invalid_request_object"
    return failure.value.public


def test_its_claims_are_the_parameters() -> None:
    form = read(
        state="s",
        max_age=10,
        claims={"id_token": {"acr": None}},
        resource=["https://a.example/", "https://b.example/"],
        unheard_of={"of": 1},
        iat=NOW,
    )
    assert form.fields == (
        ("claims", '{"id_token": {"acr": null}}'),
        ("client_id", "cli"),
        ("max_age", "10"),
        ("resource", "https://a.example/"),
        ("resource", "https://b.example/"),
        ("scope", "openid"),
        ("state", "s"),
    )


def test_what_has_no_value_in_it_is_left_out() -> None:
    assert read(state="", nonce="").fields == read().fields


FITTING = [
    {"aud": [ISSUER]},
    {"aud": ["https://other.example/", ISSUER]},
    {"nbf": NOW + 8},
    {"nbf": NOW + 60},
    {"nbf": NOW - 3_599, "exp": NOW + 1},
    {"iat": NOW + 60},
    {"iat": NOW + 0.25},
    {"exp": NOW + 3_600},
    {"nbf": NOW, "exp": NOW + 3_600},
    {"sub": "usr_somebody"},
    {"max_age": "10"},
    {"claims": '{"id_token":{}}'},
]

WRONG = [
    {"iss": "other"},
    {"iss": None},
    {"iss": ["cli"]},
    {"client_id": "other"},
    {"client_id": ["cli"]},
    {"aud": "https://other.example/"},
    {"aud": f"{ISSUER}/"},
    {"aud": f"{ISSUER}/par"},
    {"aud": f"{ISSUER}/authorize"},
    {"aud": []},
    {"aud": None},
    {"aud": {ISSUER: True}},
    {"aud": [[ISSUER]]},
    {"sub": "cli"},
    {"exp": NOW},
    {"exp": NOW - 1},
    {"exp": str(NOW + 300)},
    {"exp": True},
    {"exp": None},
    {"nbf": NOW + 61},
    {"nbf": "now"},
    {"iat": NOW + 61},
    {"iat": []},
    {"request": "a.b.c"},
    {"request_uri": "https://rp.example/r"},
    {"request": None},
    {"scope": ["openid"]},
    {"scope": None},
    {"state": 5},
    {"state": "a\0b"},
    {"max_age": True},
    {"max_age": 1.5},
    {"max_age": [1]},
    {"redirect_uri": {"href": "https://rp.example/cb"}},
    {"response_type": {"code": True}},
    {"resource": [None]},
    {"nonce": []},
]

STRICT = [
    {"iss": ...},
    {"aud": ...},
    {"exp": ...},
    {"client_id": ...},
    {"exp": NOW + 3_661},
    {"nbf": NOW - 3_601, "exp": NOW + 1},
    {"iat": NOW - 3_601},
    {"nbf": NOW, "exp": NOW + 3_601},
]


@pytest.mark.parametrize("changes", FITTING)
def test_what_fits_is_taken(changes: dict[str, Any]) -> None:
    assert read(**changes).get("scope") == "openid"
    assert read(strict=False, **changes).get("client_id") == "cli"


@pytest.mark.attack("A17")
@pytest.mark.parametrize("changes", WRONG)
def test_what_is_wrong_is_refused_under_every_profile(changes: dict[str, Any]) -> None:
    assert refusal(**changes)
    assert refusal(strict=False, **changes)


@pytest.mark.attack("A17")
@pytest.mark.parametrize("changes", STRICT)
def test_a_whole_object_says_by_whom_for_whom_and_how_long(changes: dict[str, Any]) -> None:
    assert refusal(**changes)
    assert read(strict=False, **changes).get("client_id") == "cli"
