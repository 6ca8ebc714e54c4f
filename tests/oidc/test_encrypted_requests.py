"""Requests that only we can read (RFC 9101 6.1): signed by their client, then encrypted to a key of the tenant."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey
from tests.oidc.test_pushed_requests import visit
from tests.oidc.test_signed_requests import bring
from tests.support.filling import CALLBACK
from tests.support.in_process import Answer
from tests.support.party import Party
from tests.support.provider import Provider, Source
from tests.support.signed_requests import Key, b64, claims_of, give_keys

from idp import federation, tenants
from idp.federation import RequestKeyAlg
from idp.kit.errors import Invalid
from idp.signing import ContentEnc

KEY = Key.make("ES256")
ALG, ENC = "request_object_encryption_alg", "request_object_encryption_enc"


@pytest.fixture(scope="module")
def there(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with source.provider(tmp_path_factory.mktemp("encrypted")) as made:
        yield made


def published(provider: Provider) -> list[dict[str, Any]]:
    keys = provider.get("/t/aoba/jwks").json()["keys"]
    return [key for key in keys if key["use"] == "enc"]


def encrypting(provider: Provider, *, alg: str = "ECDH-ES", enc: str | None = None) -> Party:
    with provider.open() as unit:
        patch = {"oidc": {ALG: alg, ENC: enc}}
        federation.change(unit, provider.service_id("web"), patch, production=False)
    give_keys(provider, "web", KEY)
    return provider.party("web")


def sealed(
    provider: Provider, token: str, *, alg: str = "ECDH-ES", enc: str = "A128CBC-HS256", to: str = "", **header: Any
) -> str:
    jwk = next(key for key in published(provider) if key["kid"].startswith(to))
    named = {"alg": alg, "enc": enc, "kid": jwk["kid"], "cty": "JWT", **header}
    return jwe.encrypt_compact(named, token.encode(), ECKey.import_key(jwk), algorithms=[alg, enc, "DEF"])


def refused(answer: Answer, error: str = "invalid_request_object") -> bool:
    return answer.query.get("error") == error and "code" not in answer.query


def test_there_is_no_key_and_no_word_of_it_until_a_client_wants_to_encrypt(alone: Provider) -> None:
    there, document = alone, "/t/aoba/.well-known/openid-configuration"
    assert published(there) == []
    assert "request_object_encryption_alg_values_supported" not in there.get(document).json()
    encrypting(there)
    (key,) = published(there)
    assert (key["kty"], key["crv"], "d" in key, "alg" in key) == ("EC", "P-256", False, False)
    found = there.get(document).json()
    assert found["request_object_encryption_alg_values_supported"] == [alg.value for alg in RequestKeyAlg]
    assert found["request_object_encryption_enc_values_supported"] == [enc.value for enc in ContentEnc]
    encrypting(there, alg="ECDH-ES+A128KW")
    assert published(there) == [key]


@pytest.mark.meets("A15")
@pytest.mark.parametrize(
    ("alg", "enc"), [*((alg.value, "A128CBC-HS256") for alg in RequestKeyAlg), ("ECDH-ES", "A256GCM")]
)
def test_what_is_signed_and_then_encrypted_is_served(there: Provider, alg: str, enc: str) -> None:
    web, browser = encrypting(there, alg=alg, enc=enc), there.browser()
    token = sealed(there, KEY.sign(claims_of(there, web)), alg=alg, enc=enc)
    back = browser.follow(bring(browser, web, token))
    assert back.location.startswith(f"{CALLBACK}?code=")
    assert web.redeem(back.query["code"]).status == 200


def test_what_is_encrypted_may_be_pushed_and_what_is_not_is_served_still(there: Provider) -> None:
    web, browser = encrypting(there), there.browser()
    inner = KEY.sign(claims_of(there, web))
    pushed = web.post("par", request=sealed(there, inner))
    assert pushed.status == 201, pushed
    assert "code" in browser.follow(visit(browser, web, pushed.json()["request_uri"])).query
    assert "code" in browser.follow(bring(browser, web, inner)).query


@pytest.mark.attack("J13", "A17")
def test_whatever_is_wrong_with_it_is_answered_alike(there: Provider) -> None:
    """And never by a failure of ours."""
    web, browser = encrypting(there), there.browser()
    inner = KEY.sign(claims_of(there, web))
    good = sealed(there, inner)
    assert "code" in browser.follow(bring(browser, web, good)).query
    parts = good.split(".")
    head = json.loads(base64.urlsafe_b64decode(parts[0] + "=="))
    stranger = ECKey.generate_key("P-256", {"kid": head["kid"]})

    def with_header(**changes: Any) -> str:
        return ".".join([b64(json.dumps({**head, **changes}).encode()), *parts[1:]])

    point = {"kty": "EC", "crv": "P-256", "x": b64(b"\1" * 32), "y": b64(b"\2" * 32)}
    wrong = {
        "unsigned inside": sealed(there, '{"client_id":"x"}'),
        "signed by a stranger": sealed(there, Key.make("ES256").sign(claims_of(there, web))),
        "alg none inside": sealed(there, f"{b64(b'{}')}.{inner.split('.')[1]}."),
        "twice": sealed(there, good),
        "another enc": sealed(there, inner, enc="A256GCM"),
        "another alg": sealed(there, inner, alg="ECDH-ES+A256KW"),
        "another kid": sealed(there, inner, kid="nobody"),
        "kid of a signing key": sealed(there, inner, kid=there.get("/t/aoba/jwks").json()["keys"][0]["kid"]),
        "compressed": sealed(there, inner, zip="DEF"),
        "to a stranger": jwe.encrypt_compact(
            {"alg": "ECDH-ES", "enc": "A128CBC-HS256", "kid": head["kid"]}, inner.encode(), stranger
        ),
        "critical": with_header(crit=["x"], x=1),
        "no point": with_header(epk=point),
        "another curve": with_header(epk=ECKey.generate_key("P-384").as_dict(private=False)),
        "no epk": with_header(epk=None),
        "epk no object": with_header(epk="x"),
        "dir": with_header(alg="dir"),
        "RSA1_5": with_header(alg="RSA1_5"),
        "list": with_header(alg=["ECDH-ES"]),
        **{f"bit of part {place}": _turned(parts, place) for place in (2, 3, 4)},
        **{
            f"without part {place}": ".".join(p if i != place else "" for i, p in enumerate(parts))
            for place in (0, 2, 3, 4)
        },
        "with a key": ".".join([parts[0], "AAAA", *parts[2:]]),
    }
    told = set()
    for why, token in wrong.items():
        answer = bring(there.browser(), web, token, redirect_uri=CALLBACK)
        assert refused(answer), (why, answer)
        told.add(answer.query["error_description"])
    assert told == {"It is not signed, or not encrypted, as this client is registered."}


def _turned(parts: list[str], place: int) -> str:
    part = parts[place]
    turned = ("A" if part[0] != "A" else "B") + part[1:]
    return ".".join([*parts[:place], turned, *parts[place + 1 :]])


def test_of_a_client_that_has_not_registered_for_it_nothing_is_decrypted(there: Provider) -> None:
    encrypting(there)
    other = there.party("other")
    give_keys(there, "other", KEY)
    token = sealed(there, KEY.sign(claims_of(there, other)))
    assert refused(bring(there.browser(), other, token, redirect_uri=CALLBACK), "request_not_supported")


@pytest.mark.meets("K3")
def test_a_key_that_was_replaced_is_read_by_until_it_is_published_no_more(provider: Provider) -> None:
    web = encrypting(provider)
    known = published(provider)[0]["kid"]
    before = sealed(provider, KEY.sign(claims_of(provider, web)))
    with provider.open() as unit:
        tenants.rotating.publish(unit, tenants.rotating.generate(tenants.rotating.lacking(unit)))
    first, second = sorted((key["kid"] for key in published(provider)), key=lambda kid: kid != known)
    with provider.open() as unit:
        made = tenants.rotating.generate(tenants.rotating.replaceable(unit))
        tenants.rotating.rotate(unit, made, at_once=True)
    assert {first, second} < {key["kid"] for key in published(provider)}
    browser = provider.browser()
    for token in (before, sealed(provider, KEY.sign(claims_of(provider, web)), to=second)):
        assert "code" in browser.follow(bring(browser, web, token)).query
    with provider.open() as unit:
        tenants.rotating.revoke(unit, first)
    assert first not in [key["kid"] for key in published(provider)]
    assert refused(bring(browser, web, before, redirect_uri=CALLBACK))


@pytest.mark.parametrize(
    ("oidc", "place"),
    [({ALG: "RSA-OAEP"}, ALG), ({ALG: "dir"}, ALG), ({ALG: "ECDH-ES", ENC: "A192GCM"}, ENC), ({ENC: "A128GCM"}, ENC)],
)
def test_what_we_could_not_read_is_not_registered(oidc: dict[str, Any], place: str) -> None:
    document = {"redirect_uris": [CALLBACK], **oidc}
    with pytest.raises(Invalid) as raised:
        federation.read({"name": "x", "protocol": "oidc", "oidc": document}, production=True)
    assert {error.pointer for error in raised.value.errors} == {f"/oidc/{place}"}
