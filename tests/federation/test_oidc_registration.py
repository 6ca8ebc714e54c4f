import pytest

from idp.federation import oidc_registration
from idp.federation.oidc_client import OidcClient
from idp.federation.oidc_registration import NAMES
from idp.federation.oidc_vocabulary import UNBUILT_NAMES, AuthMethod, Grant, SecurityProfile
from idp.kit.errors import Invalid

CODE = {"redirect_uris": ["https://rp.example/cb"]}
SECRET = "x7Gq-2vT9_LmR4bYw8KcZs"


def read(**document):
    return oidc_registration.read(document, production=True)


def faults(production=True, **document):
    """Pointer and code of everything that is wrong."""
    with pytest.raises(Invalid) as raised:
        oidc_registration.read(document, production=production)
    assert raised.value.code == "invalid"
    return {(error.pointer, error.code) for error in raised.value.errors}


def test_what_is_left_out_takes_the_defaults_of_the_specification():
    assert read(**CODE).client.to_json() == {
        "application_type": "web",
        "redirect_uris": ["https://rp.example/cb"],
        "post_logout_redirect_uris": [],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "openid profile email address phone",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "security_profile": "modern",
        "access_token_format": "jwt",
        "access_token_signed_response_alg": "ES256",
        "access_token_lifetime": 300,
        "introspection": False,
        "resources": [],
        "claims": [],
        "dpop_bound_access_tokens": False,
        "require_pushed_authorization_requests": False,
        "require_signed_request_object": False,
    }


HYBRID = {
    "security_profile": "oidc",
    "grant_types": ["authorization_code", "implicit"],
    "response_types": ["code", "id_token", "code id_token token"],
}


@pytest.mark.parametrize(
    ("grants", "types"),
    [
        (["implicit"], ["id_token"]),
        (["implicit"], ["id_token token", "id_token"]),
        (["authorization_code", "implicit"], ["code token"]),
        (["authorization_code", "implicit", "refresh_token"], HYBRID["response_types"]),
    ],
)
def test_response_types_and_their_grants_are_registered_together(grants, types):
    registered = read(**CODE, security_profile="oidc", grant_types=grants, response_types=types).client.to_json()
    assert (registered["grant_types"], registered["response_types"]) == (sorted(grants), sorted(types))
    assert registered["scope"].startswith("openid")


def test_the_order_of_the_words_of_a_response_type_means_nothing():
    """RFC 6749 3.1.1."""
    front = {"security_profile": "oidc", "grant_types": ["authorization_code", "implicit"]}
    types = read(**CODE, **front, response_types=["token id_token", "id_token code", "token code id_token"]).client
    assert types.response_types == {"id_token token", "code id_token", "code id_token token"}
    for twice in ("id_token id_token", "id_token  token", " code"):
        assert ("/oidc/response_types/0", "unknown_value") in faults(**CODE, **front, response_types=[twice])


FULL = {
    "application_type": "native",
    "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb"],
    "post_logout_redirect_uris": ["https://rp.example/out"],
    "token_endpoint_auth_method": "client_secret_post",
    "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
    "response_types": ["code"],
    "scope": "openid email offline_access orders:read",
    "subject_type": "public",
    "id_token_signed_response_alg": "ES256",
    "security_profile": "oidc",
    "access_token_format": "opaque",
    "access_token_signed_response_alg": "RS256",
    "access_token_lifetime": 3600,
    "introspection": True,
    "resources": ["https://api.example/", "urn:example:api"],
    "client_name": "あおば勤怠",
    "client_uri": "https://rp.example/",
    "logo_uri": "https://rp.example/logo.png",
    "policy_uri": "https://rp.example/privacy#eu",
    "tos_uri": "https://rp.example/terms",
    "software_id": "attendance",
    "software_version": "4.1",
}


@pytest.mark.parametrize("document", [FULL, {**CODE, "token_endpoint_auth_method": "none"}])
def test_everything_that_was_registered_is_read_back(document):
    client = read(**document).client
    assert document.items() <= client.to_json().items()
    assert OidcClient.from_json(client.to_json()) == client
    assert read(**client.to_json()).client == client


def test_null_counts_as_left_out():
    assert read(**CODE, logo_uri=None, grant_types=None).client == read(**CODE).client


def test_a_refresh_token_brings_offline_access_and_client_credentials_bring_no_scope():
    with_refresh = read(**CODE, grant_types=["authorization_code", "refresh_token"])
    assert with_refresh.client.to_json()["scope"] == "openid profile email address phone offline_access"
    machine = read(grant_types=["client_credentials"])
    assert machine.client.scopes == frozenset()
    assert machine.client.response_types == frozenset()


@pytest.mark.parametrize(
    ("document", "required"),
    [
        (CODE, True),
        ({**CODE, "security_profile": "oidc"}, False),
        ({**CODE, "security_profile": "oidc", "token_endpoint_auth_method": "none"}, True),
        ({"redirect_uris": ["com.app:/cb"], "application_type": "native", "security_profile": "oidc"}, True),
    ],
)
def test_pkce_is_left_only_to_confidential_clients_of_the_old_profile(document, required):
    assert read(**document).client.pkce_required is required


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        ({}, "redirect_uris", "required"),
        ({"redirect_uris": []}, "redirect_uris", "required"),
        ({"redirect_uris": "https://rp.example/cb"}, "redirect_uris", "invalid_type"),
        ({"redirect_uris": ["https://rp.example/cb", 7]}, "redirect_uris/1", "invalid_type"),
        ({"redirect_uris": ["https://rp.example/#x"]}, "redirect_uris/0", "fragment_not_allowed"),
        ({**CODE, "redirect_uris": ["https://rp.example/cb"] * 101}, "redirect_uris", "too_many"),
        ({**CODE, "trusted": True}, "trusted", "unknown_field"),
        ({**CODE, "client_id": "mine"}, "client_id", "unknown_field"),
        ({**CODE, "tenant_id": "midori"}, "tenant_id", "unknown_field"),
        ({**CODE, "client_secret_expires_at": -1}, "client_secret_expires_at", "unknown_field"),
        ({**CODE, "a/b~c": 1}, "a~1b~0c", "unknown_field"),
        ({**CODE, "software_statement": "e30"}, "software_statement", "not_supported"),
        ({**CODE, "client_name#ja": "名"}, "client_name#ja", "not_supported"),
        ({**CODE, "client_name": "x\u202ey"}, "client_name", "invalid_text"),
        ({**CODE, "client_name": " "}, "client_name", "invalid_length"),
        ({**CODE, "client_name": "x" * 10_000}, "client_name", "invalid_length"),
        ({**CODE, "token_endpoint_auth_method": "tls_client_auth"}, "token_endpoint_auth_method", "not_supported"),
        ({**CODE, "subject_type": "ephemeral"}, "subject_type", "unknown_value"),
        ({**CODE, "sector_identifier_uri": "http://rp.example/s"}, "sector_identifier_uri", "https_required"),
        (
            {"redirect_uris": ["https://a.example/", "https://b.example/"], "subject_type": "pairwise"},
            "sector_identifier_uri", "required",
        ),
        ({**CODE, "userinfo_signed_response_alg": "none"}, "userinfo_signed_response_alg", "not_supported"),
        ({**CODE, "token_endpoint_auth_method": "magic"}, "token_endpoint_auth_method", "unknown_value"),
        ({**CODE, "grant_types": []}, "grant_types", "required"),
        ({**CODE, "grant_types": ["authorization_code", "password"]}, "grant_types/1", "not_supported"),
        ({"grant_types": ["refresh_token"]}, "grant_types", "inconsistent"),
        (
            {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"},
            "token_endpoint_auth_method", "inconsistent",
        ),
        ({**CODE, "response_types": ["token"]}, "response_types/0", "not_supported"),
        ({**CODE, "response_types": ["code id_token"]}, "response_types", "inconsistent"),
        ({**CODE, **HYBRID, "response_types": None}, "response_types", "inconsistent"),
        ({**CODE, **HYBRID, "security_profile": "modern"}, "grant_types", "inconsistent"),
        ({**CODE, **HYBRID, "response_types": ["code"]}, "response_types", "inconsistent"),
        ({**CODE, **HYBRID, "response_types": ["id_token"]}, "response_types", "inconsistent"),
        ({**CODE, **HYBRID, "grant_types": ["implicit"]}, "response_types", "inconsistent"),
        ({**CODE, "response_types": []}, "response_types", "inconsistent"),
        ({"grant_types": ["client_credentials"], "response_types": ["code"]}, "response_types", "inconsistent"),
        ({**CODE, "scope": "openid  email"}, "scope", "invalid_scope"),
        ({**CODE, "scope": 'openid "x"'}, "scope", "invalid_scope"),
        ({**CODE, "scope": ["openid"]}, "scope", "invalid_type"),
        ({**CODE, "scope": "x" * 5_000}, "scope", "invalid_length"),
        ({**CODE, "id_token_signed_response_alg": "none"}, "id_token_signed_response_alg", "not_supported"),
        ({**CODE, "id_token_signed_response_alg": "HS256"}, "id_token_signed_response_alg", "not_supported"),
        ({**CODE, "access_token_lifetime": 59}, "access_token_lifetime", "out_of_range"),
        ({**CODE, "access_token_lifetime": 3_601}, "access_token_lifetime", "out_of_range"),
        ({**CODE, "access_token_lifetime": True}, "access_token_lifetime", "invalid_type"),
        ({**CODE, "access_token_lifetime": 300.0}, "access_token_lifetime", "invalid_type"),
        ({**CODE, "security_profile": "fapi2"}, "security_profile", "not_supported"),
        ({**CODE, "introspection": "true"}, "introspection", "invalid_type"),
        ({**CODE, "introspection": True, "token_endpoint_auth_method": "none"}, "introspection", "inconsistent"),
        ({**CODE, "resources": ["api"]}, "resources/0", "invalid_uri"),
        ({**CODE, "resources": ["https://api.example/#x"]}, "resources/0", "invalid_uri"),
        ({**CODE, "logo_uri": "javascript:alert(1)"}, "logo_uri", "scheme_not_allowed"),
        ({**CODE, "tos_uri": "http://rp.example/terms"}, "tos_uri", "https_required"),
        (
            {**CODE, "post_logout_redirect_uris": ["https://*.rp.example/"]},
            "post_logout_redirect_uris/0", "wildcard_not_allowed",
        ),
        ({**CODE, "contacts": ["not an address"]}, "contacts/0", "invalid_email"),
        ({**CODE, "default_max_age": -1}, "default_max_age", "out_of_range"),
        ({**CODE, "claims": {}}, "claims", "invalid_type"),
        ({**CODE, "claims": ["x"]}, "claims/0", "invalid_type"),
        ({**CODE, "claims": [{"claim": "sub", "source": "email"}]}, "claims/0/claim", "invalid_value"),
        ({**CODE, "claims": [{"claim": "a b", "source": "email"}]}, "claims/0/claim", "invalid_value"),
        ({**CODE, "claims": [{"claim": "x", "source": "password"}]}, "claims/0/source", "unknown_value"),
        ({**CODE, "claims": [{"claim": "x"}]}, "claims/0/source", "required"),
        ({**CODE, "claims": [{"claim": "x", "source": "email"}] * 2}, "claims", "inconsistent"),
    ],
)  # fmt: skip
def test_a_fault_is_named_at_its_place(document, place, code):
    assert faults(**document) == {(f"/oidc/{place}", code)}


@pytest.mark.parametrize("name", sorted(UNBUILT_NAMES))
def test_a_setting_without_a_feature_behind_it_is_refused(name):
    assert name not in NAMES
    assert faults(**CODE, **{name: "x"}) == {(f"/oidc/{name}", "not_supported")}


def test_all_faults_are_named_at_once_with_what_was_found_and_expected():
    with pytest.raises(Invalid) as raised:
        read(redirect_uris=["http://rp.example/cb"], grant_types=["password"], access_token_lifetime=5, colour="red")
    named = {error.pointer: error for error in raised.value.errors}
    assert set(named) == {"/oidc/redirect_uris/0", "/oidc/grant_types/0", "/oidc/access_token_lifetime", "/oidc/colour"}
    assert named["/oidc/grant_types/0"].expected == [grant.value for grant in Grant]
    assert named["/oidc/access_token_lifetime"].found == 5
    assert named["/oidc/access_token_lifetime"].expected == {"minimum": 60, "maximum": 3600}
    assert named["/oidc/redirect_uris/0"].found == "http://rp.example/cb"


def test_the_environment_decides_about_plain_http_on_loopback():
    uris = ["http://localhost:3000/cb"]
    assert oidc_registration.read({"redirect_uris": uris}, production=False).client.redirects.admits(uris[0])
    assert faults(redirect_uris=uris) == {("/oidc/redirect_uris/0", "https_required")}


def test_a_secret_that_was_brought_along_is_taken_and_a_weak_one_is_not():
    assert read(**CODE, client_secret=SECRET).secret == SECRET
    assert read(**CODE).secret is None
    for weak, code in [
        (SECRET[:21], "invalid_length"),
        (SECRET * 30, "invalid_length"),
        ("a" * 40, "too_weak"),
        (SECRET + "\n", "invalid_text"),
        (SECRET + "é", "invalid_text"),
        (7, "invalid_type"),
    ]:
        assert faults(**CODE, client_secret=weak) == {("/oidc/client_secret", code)}


def test_a_public_client_has_no_secret():
    document = {**CODE, "token_endpoint_auth_method": "none"}
    assert read(**document).client.auth_method is AuthMethod.NONE
    assert faults(**document, client_secret=SECRET) == {("/oidc/client_secret", "inconsistent")}


def test_a_refused_secret_is_never_repeated():
    with pytest.raises(Invalid) as raised:
        read(**CODE, client_secret="short-secret")
    assert "short-secret" not in repr(raised.value.errors)


def test_contacts_are_kept_apart_from_what_may_be_cached():
    registration = read(**CODE, contacts=["taro@aoba.example"])
    assert registration.contacts == ("taro@aoba.example",)
    assert "taro" not in repr(registration.client)


def test_the_client_is_cheap_to_ask():
    client = read(**CODE, security_profile="oidc").client
    assert Grant.AUTHORIZATION_CODE in client.grants
    assert client.security_profile is SecurityProfile.OIDC
    assert not client.is_public
