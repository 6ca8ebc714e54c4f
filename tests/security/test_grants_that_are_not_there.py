"""Ways to a token that other servers have and this one has not, or that this tenant has not switched on."""

from collections.abc import Mapping

import pytest
from tests.oidc.test_token import refused
from tests.security.test_tokens import part
from tests.support.in_process import FORM, Answer, basic, encoded
from tests.support.party import Party
from tests.support.provider import Provider

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPE = "urn:ietf:params:oauth:token-type:"
JWT = f"{part({'alg': 'none'})}.{part({'iss': 'https://evil.example', 'sub': 'admin'})}."


@pytest.fixture(scope="module")
def held(shared: Provider) -> dict[str, str]:
    """What a thief might have: everything that one sign-in gives, and a code."""
    web, browser = shared.party("web"), shared.browser()
    told = web.tokens(browser)
    return {**{name: told[name] for name in ("access_token", "refresh_token", "id_token")}, "code": browser.code(web)}


@pytest.fixture(scope="module")
def web(shared: Provider) -> Party:
    return shared.party("web")


BEARERS = {
    "jwt-bearer": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "saml2-bearer": "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "jwt-bearer in capitals": "URN:IETF:PARAMS:OAUTH:GRANT-TYPE:JWT-BEARER",
    "the type of a client's assertion": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}


@pytest.mark.attack("T15")
@pytest.mark.parametrize("grant", BEARERS)
@pytest.mark.parametrize("shown", ["forged", "id_token", "access_token"])
def test_nobody_s_word_is_a_grant(web: Party, held: dict[str, str], grant: str, shown: str) -> None:
    assertion = held.get(shown, JWT)
    refused(web.post("token", grant_type=BEARERS[grant], assertion=assertion, scope="openid"), 400, UNSUPPORTED)


UNSUPPORTED = "unsupported_grant_type"
EXCHANGES: list[Mapping[str, str]] = [
    {},
    {"subject_token": "access_token", "subject_token_type": f"{TYPE}access_token"},
    {"subject_token": "id_token", "subject_token_type": f"{TYPE}id_token"},
    {"subject_token": "refresh_token", "subject_token_type": f"{TYPE}refresh_token"},
    {"subject_token": "access_token", "subject_token_type": f"{TYPE}access_token", "scope": "openid api admin"},
    {"subject_token": "access_token", "subject_token_type": f"{TYPE}access_token", "audience": "https://id.example"},
    {"subject_token": "access_token", "subject_token_type": f"{TYPE}access_token", "requested_subject": "admin"},
    {"subject_token": "access_token", "subject_token_type": f"{TYPE}access_token", "actor_token": "access_token",
     "actor_token_type": f"{TYPE}access_token"},
    {"subject_token": "access_token", "subject_token_type": f"{TYPE}saml2"},
    {"subject_token": JWT, "subject_token_type": f"{TYPE}jwt"},
]  # fmt: skip


@pytest.mark.attack("T16")
@pytest.mark.parametrize("name", ["web", "robot", "app", "midori"])
@pytest.mark.parametrize("fields", EXCHANGES, ids=str)
def test_without_the_tenant_s_switch_no_token_is_exchanged(
    shared: Provider, held: dict[str, str], name: str, fields: Mapping[str, str]
) -> None:
    party = shared.party("web", slug="midori") if name == "midori" else shared.party(name)
    shown = {field: held.get(value, value) for field, value in fields.items()}
    refused(party.post("token", grant_type=EXCHANGE, **shown), 400, UNSUPPORTED)
    assert shared.party("web").introspect(held["access_token"])["active"] is True


HINTS = [{"login_hint": "taro@aoba.example"}, {"id_token_hint": "id_token"}, {"login_hint_token": JWT}]


@pytest.mark.attack("T22")
@pytest.mark.parametrize(
    "hint", [{"login_hint": "taro@aoba.example"}, {"id_token_hint": "id_token"}, {"login_hint_token": JWT}]
)
@pytest.mark.parametrize("name", ["web", "app"])
def test_there_is_no_back_channel_for_authentication(
    shared: Provider, held: dict[str, str], name: str, hint: dict[str, str]
) -> None:
    party = shared.party(name)
    fields = {field: held.get(value, value) for field, value in hint.items()}
    for endpoint in ("bc-authorize", "ciba", "backchannel_authentication"):
        answer = party.post(endpoint, scope="openid", binding_message="<b>OK", **fields)
        assert answer.status == 404
    refused(party.post("token", grant_type="urn:openid:params:grant-type:ciba", auth_req_id="x"), 400, UNSUPPORTED)


PASSWORDS = ["password", "PASSWORD", "passwd", "http://auth0.com/oauth/grant-type/password-realm", "implicit", "none",
             "client_credentials password", "urn:ietf:params:oauth:grant-type:password"]  # fmt: skip


@pytest.mark.attack("T23")
@pytest.mark.parametrize("grant", PASSWORDS)
@pytest.mark.parametrize("name", ["web", "app", "legacy"])
def test_no_password_is_taken_for_a_token(shared: Provider, name: str, grant: str) -> None:
    fields = {"username": "taro@aoba.example", "password": shared.browser().password, "scope": "openid"}
    refused(shared.party(name).post("token", grant_type=grant, **fields), 400, UNSUPPORTED)


@pytest.mark.attack("T17")
@pytest.mark.parametrize(
    "scope",
    ["api admin", "admin", "*", "api *", "openid", "api\tadmin", "API", "api/../admin", "a" * 3_000, "api\u3000x"],
)
@pytest.mark.parametrize("name", ["web", "robot", "post"])
def test_a_service_acts_within_what_it_is_registered_for(shared: Provider, name: str, scope: str) -> None:
    answer = shared.party(name).credentials(scope=scope)
    assert answer.json()["error"] in ("invalid_scope", "invalid_request")
    assert answer.status == 400


@pytest.mark.honest("T15", "T16", "T17", "T18", "T19", "T22", "T23")
@pytest.mark.parametrize("name", ["web", "robot", "post"])
def test_the_grants_that_there_are_are_given(shared: Provider, name: str) -> None:
    assert shared.party(name).credentials().json()["scope"] == "api"
    found = shared.get("/t/aoba/.well-known/openid-configuration").json()
    assert set(found["grant_types_supported"]) == {"authorization_code", "refresh_token", "client_credentials"}


# --- certificates, which we take from nobody: neither from TLS, which ends before us, nor from a field

PEM = "-----BEGIN CERTIFICATE-----MIIBszCCAVmgAwIBAgIUX-----END CERTIFICATE-----"
CERTIFICATES = [
    "x-ssl-cert", "x-ssl-client-cert", "x-client-cert", "x-forwarded-client-cert", "ssl-client-cert", "ssl_client_cert",
    "x-amzn-mtls-clientcert", "x-ssl-client-verify", "x-ssl-client-s-dn", "client-cert", "x-arr-clientcert",
    "x-forwarded-tls-client-cert", "cf-client-cert-der-base64",
]  # fmt: skip
VALUES = [PEM, "SUCCESS", 'By=spiffe://id;Hash=00;Subject="CN=web";URI=x']


def by_certificate(shared: Provider, headers: Mapping[str, str], **fields: str) -> Answer:
    form = {"grant_type": "client_credentials", "scope": "api", **fields}
    return shared.first.call("POST", "/t/aoba/token", {"content-type": FORM, **headers}, encoded(form))


@pytest.mark.attack("T18", "T19")
@pytest.mark.parametrize("name", ["web", "post", "robot"])
@pytest.mark.parametrize("field", CERTIFICATES)
def test_no_field_is_a_certificate(shared: Provider, web: Party, field: str, name: str) -> None:
    client = shared.party(name).client_id
    for value in VALUES:
        refused(by_certificate(shared, {field: value}, client_id=client), 401, "invalid_client")
        wrong = {field: value, "authorization": basic(client, "wrong")}
        refused(by_certificate(shared, wrong), 401, "invalid_client")
    right = {field: PEM, **web.proof({})[0]}
    told = by_certificate(shared, right)
    assert told.status == 200  # it neither helps nor hinders, and binds nothing
    assert "cnf" not in web.introspect(told.json()["access_token"])


@pytest.mark.attack("T18")
@pytest.mark.parametrize("path", ["token", "introspect", "revoke", "par", "userinfo"])
@pytest.mark.parametrize("prefix", ["mtls", "mtls.", "tls", "x509"])
def test_there_is_no_second_door_for_certificates(shared: Provider, path: str, prefix: str) -> None:
    found = shared.get("/t/aoba/.well-known/openid-configuration").json()
    assert "mtls_endpoint_aliases" not in found
    assert not {"tls_client_auth", "self_signed_tls_client_auth"} & set(found["token_endpoint_auth_methods_supported"])
    answer = shared.first.call("POST", f"/t/aoba/{prefix}/{path}", {"content-type": FORM}, b"x=y")
    assert answer.status in (400, 404)
