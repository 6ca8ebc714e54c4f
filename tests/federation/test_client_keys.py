"""Keys of clients: what a registration takes, and what of it protects nothing (RFC 7517, RFC 7518, RFC 8725)."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.signers import Signer, b64, key_set, number

from idp import federation
from idp.kit.errors import FieldError, Invalid

REDIRECT = "https://rp.example/cb"
RSA, EC, ED = Signer("RS256").jwk, Signer().jwk, Signer("EdDSA").jwk
_POINT = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
P384 = {"kty": "EC", "crv": "P-384", "x": number(_POINT.x, 48), "y": number(_POINT.y, 48)}


def register(**oidc: Any) -> Any:
    document = {"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt", **oidc}
    given = {name: value for name, value in document.items() if value is not None}
    draft = federation.read({"name": "A", "protocol": "oidc", "oidc": given}, production=True)
    return draft.oidc


def faults(**oidc: Any) -> list[FieldError]:
    with pytest.raises(Invalid) as raised:
        register(**oidc)
    return list(raised.value.errors)


@pytest.mark.honest("D7", "J12")
@pytest.mark.meets("R3")
@pytest.mark.parametrize("jwk", [RSA, EC, ED, {**RSA, "use": "sig", "alg": "PS256"}, {**EC, "key_ops": ["verify"]}])
def test_an_honest_key_is_taken_and_given_back(jwk: dict[str, Any]) -> None:
    client = register(jwks={"keys": [jwk]})
    assert client.to_json()["jwks"] == {"keys": [jwk]}
    assert federation.OidcClient.from_json(json.loads(json.dumps(client.to_json()))) == client
    (key,) = client.keys.given
    assert key.algs
    assert key is client.keys.given[0]  # parsed once


def test_keys_to_encrypt_to_stand_beside_those_that_sign() -> None:
    enc = {**Signer("RS256", "enc").jwk, "use": "enc", "alg": "RSA-OAEP-256"}
    agreed = {**P384, "use": "enc", "alg": "ECDH-ES+A256KW"}
    client = register(jwks={"keys": [EC, enc, agreed]})
    assert [bool(key.algs) for key in client.keys.given] == [True, False, False]


def _numbers(jwk: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**jwk, **changes}


EVEN = number((1 << 2048) - 2)
SHORT = {1: 1, 512: (1 << 511) + 1, 1024: (1 << 1023) + 1, 2047: (1 << 2046) + 1, 8193: (1 << 8192) + 1}
WRONG: dict[str, list[Any]] = {
    "private_key": [
        *({**jwk, name: "AAAA"} for jwk in (RSA, EC, ED) for name in ("d", "p", "q", "dp", "dq", "qi", "oth")),
    ],
    "symmetric_key": [{"kty": "oct", "k": "AA"}, {"kty": "oct"}, {**RSA, "k": "AAAA"}, {"kty": "oct", "alg": "HS256"}],
    "weak_key": [
        *(_numbers(RSA, n=number(value)) for value in SHORT.values()),
        *(_numbers(RSA, e=number(value)) for value in (1, 2, 4, 65536, 1 << 40)), _numbers(RSA, n=EVEN),
        *({**EC, "crv": crv} for crv in ("P-192", "P-224", "secp256k1", "brainpoolP256r1", "Ed25519", "", "p-256")),
        *({**ED, "x": b64(bytes.fromhex(point))} for point in (
            "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ec" + "ff" * 31,
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        )),
    ],
    "unusable_key": [
        *({**RSA, "alg": alg} for alg in ("none", "HS256", "RSA1_5", "PBES2-HS256+A128KW", "ES256", "dir", "")),
        *({**EC, "alg": alg} for alg in ("none", "RS256", "HS256", "ES384", "A128KW", "EdDSA", "es256")),
        {**RSA, "use": "enc", "alg": "RSA1_5"}, {**RSA, "use": "tls"}, {**EC, "kty": "AKP"},
        {**EC, "kty": "rsa"},
        {"kty": "unknown"}, {}, {**ED, "crv": "Ed448"}, {**ED, "crv": "P-256"},
        {**P384, "use": "sig", "alg": "ES384"},
    ],
    "invalid_key": [
        *({**EC, name: value} for name in ("kty", "crv", "use", "alg") for value in (1, None, [], ["ES256"], {}, True)),
        "x", 1, None, [], {**EC, "x": EC["y"]}, {**EC, "x": b64(bytes(32)), "y": b64(bytes(32))},
        {**EC, "x": b64(bytes(31))},
        {**EC, "x": b64(b"\0" + bytes(32))}, {**EC, "x": "AAAA"}, {**EC, "x": 1}, {**EC, "y": ""},
        {**EC, "x": EC["x"] + "="},
        {**EC, "x": EC["x"] + " "}, {**EC, "x": "é" * 43}, {**RSA, "n": ""}, {**RSA, "n": 5}, {**RSA, "e": "AQ AB"},
        {**RSA, "e": None},
        {**RSA, "n": b64(b"\0" + b"\xff" * 256)}, {**RSA, "n": "A" * 3_000}, {**EC, "kid": 1}, {**EC, "kid": ""},
        {**EC, "kid": "k" * 257},
        {**EC, "kid": ["a"]}, {"kty": "RSA"}, {"kty": "EC", "crv": "P-256"}, {"kty": "OKP", "crv": "Ed25519"},
    ],
}  # fmt: skip


@pytest.mark.attack("J12", "D7")
@pytest.mark.parametrize("code", WRONG)
def test_a_key_that_protects_nothing_is_refused_and_named(code: str) -> None:
    for jwk in WRONG[code]:
        (fault,) = faults(jwks={"keys": [EC, jwk]})
        assert (fault.pointer, fault.code) == ("/oidc/jwks/keys/1", code), jwk
        assert fault.found is None  # a private key is not said again


@pytest.mark.attack("D7")
def test_a_set_of_keys_is_one_and_small_and_has_each_name_once() -> None:
    for wrong in ([], "x", 1, {}, {"keys": {}}, {"keys": None}, {"keys": "x"}, {"Keys": []}):
        assert faults(jwks=wrong)[0].code == "invalid_jwks"
    assert faults(jwks={"keys": [EC, {**ED, "kid": "k1"}]})[0].code == "duplicate_kid"
    assert faults(jwks={"keys": [{**EC, "kid": f"k{turn}"} for turn in range(21)]})[0].code == "too_many"
    assert faults(jwks={"keys": [EC] * 10_000})[0].code in {"too_many", "too_large"}
    assert faults(jwks={"keys": [{**EC, "x5c": ["A" * 70_000]}]})[0].code == "too_large"
    assert register(jwks={"keys": [{**EC, "kid": f"k{turn}"} for turn in range(20)]}).keys.exist


def test_the_key_set_of_a_client_that_signs_is_given_or_published_and_never_both() -> None:
    jwks = key_set(Signer())
    assert register(jwks=jwks).keys.exist
    assert register(jwks_uri="https://rp.example/jwks").keys.jwks_uri == "https://rp.example/jwks"
    assert [fault.code for fault in faults(jwks=jwks, jwks_uri="https://rp.example/jwks")] == ["inconsistent"]
    assert [fault.pointer for fault in faults()] == ["/oidc/token_endpoint_auth_method"]
    assert register(token_endpoint_auth_method=None, jwks=jwks).keys.exist  # for what else it may sign


@pytest.mark.attack("D2")
@pytest.mark.parametrize(
    "uri",
    [
        *("http://rp.example/jwks", "ftp://rp.example/jwks", "file:///etc/passwd", "https://", "jwks", "javascript:a"),
        *("https://user@rp.example/jwks", "https://rp.example/\njwks", "https://0x7f.1/jwks", "https://127.1/jwks"),
        *("https://[fe80::1%25lo]/jwks", "https://rp.example./jwks", "https://rp.example:0/jwks", 1, ["https://rp.example"]),
    ],
)  # fmt: skip
def test_an_address_of_keys_that_we_would_not_call_is_refused(uri: Any) -> None:
    assert faults(jwks_uri=uri)[0].pointer == "/oidc/jwks_uri"


def test_the_algorithm_of_assertions_is_one_of_the_method() -> None:
    jwks = key_set(Signer())
    assert register(jwks=jwks, token_endpoint_auth_signing_alg="ES256").keys.assertion_alg == "ES256"
    by_secret = {"token_endpoint_auth_method": "client_secret_jwt"}
    assert register(**by_secret, token_endpoint_auth_signing_alg="HS256").keys.assertion_alg == "HS256"
    assert faults(jwks=jwks, token_endpoint_auth_signing_alg="HS256")[0].code == "inconsistent"
    assert faults(**by_secret, token_endpoint_auth_signing_alg="ES256")[0].code == "inconsistent"
    assert faults(jwks=jwks, token_endpoint_auth_signing_alg="none")[0].code == "unknown_value"
    assert faults(jwks=jwks, token_endpoint_auth_signing_alg="ES512")[0].code == "not_supported"


def test_a_secret_that_signs_is_long_enough_and_one_that_proves_nothing_is_none() -> None:
    by_secret = {"token_endpoint_auth_method": "client_secret_jwt"}
    long = "0123456789abcdefghijklmnopqrstuv"
    assert register(**by_secret, client_secret=long).auth_method.has_secret
    assert faults(**by_secret, client_secret=long[:31])[0].code == "invalid_length"
    assert faults(jwks=key_set(Signer()), client_secret=long)[0].code == "inconsistent"
