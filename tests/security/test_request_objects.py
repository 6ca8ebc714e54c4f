"""What passes for a client's signed request, and what must not (RFC 8725, RFC 9101 10)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.oidc.test_signed_requests import ES256, bring, switch_on
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.party import Party
from tests.support.provider import Provider, Source
from tests.support.signed_requests import TYP, Key, b64, claims_of, give_keys

ISSUER = f"{BASE_URL}/t/aoba"
OTHERS = Key.make("ES256", "other")
RSA = Key.make("RS256", "rsa")


@pytest.fixture(scope="module")
def signing(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """Two clients with keys of their own."""
    with embedded.provider(tmp_path_factory.mktemp("signing")) as made:
        give_keys(made, "web", ES256, RSA)
        give_keys(made, "other", OTHERS)
        yield made


@pytest.fixture
def web(signing: Provider) -> Party:
    return signing.party("web")


Make = Callable[[Provider, Party], str]


def claims(**changes: Any) -> Make:
    return lambda provider, web: ES256.sign(claims_of(provider, web, **changes))


def header(key: Key = ES256, **changes: Any) -> Make:
    return lambda provider, web: key.sign(claims_of(provider, web), **changes)


def cut(work: Callable[[str], str]) -> Make:
    return lambda provider, web: work(ES256.sign(claims_of(provider, web)))


def by_public_key(provider: Provider, web: Party) -> str:
    """The oldest confusion: the public key as the secret of a MAC."""
    pem = RSA.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return RSA.sign(claims_of(provider, web), alg="HS256", secret=pem)


def other_payload(provider: Provider, web: Party) -> str:
    head, _, signature = ES256.sign(claims_of(provider, web)).split(".")
    evil = ES256.sign(claims_of(provider, web, redirect_uri="https://evil.example/")).split(".")[1]
    return f"{head}.{evil}.{signature}"


FORGED: dict[str, Make] = {
    "alg none in capitals": header(alg="NONE"),
    "no alg": header(alg=None),
    "alg of another kind of key": header(alg="RS256", key=Key("ES256", "k", RSA.private)),
    "a MAC by the client secret": lambda provider, web: ES256.sign(
        claims_of(provider, web), alg="HS256", secret=web.secret.encode()
    ),
    "a MAC by the public key": by_public_key,
    "a MAC by nothing": header(alg="HS256", secret=b""),
    "an algorithm that nobody knows": header(alg="XS256"),
    "alg that is a list": header(alg=["ES256"]),
    "another client's key": header(key=OTHERS),
    "another client's key under our name": header(key=OTHERS, kid="k"),
    "a key that nobody registered": header(key=Key.make("ES256", "new")),
    "its own key in the header": header(key=Key.make("ES256"), kid=None, jwk=ES256.jwk()),
    "an address of keys in the header": header(key=Key.make("ES256"), jku="https://evil.example/jwks"),
    "a certificate in the header": header(key=Key.make("ES256"), x5c=["AAAA"], x5u="https://evil.example/x"),
    "an extension that must be understood": header(crit=["exp"], exp=1),
    "a payload that is not encoded": header(b64=False, crit=["b64"]),
    "kid that is no string": header(kid=["k"]),
    "kid that is a path": header(kid="../../k"),
    "typ of an access token": header(typ="at+jwt"),
    "typ of a proof of possession": header(typ="dpop+jwt"),
    "typ of a logout token": header(typ="logout+jwt"),
    "typ of a client assertion": header(typ="client-authentication+jwt"),
    "typ of a security event": header(typ="secevent+jwt"),
    "typ that is no string": header(typ=[TYP]),
    "the payload of another": other_payload,
    "no signature": cut(lambda token: token.rpartition(".")[0] + "."),
    "half a signature": cut(lambda token: token[:-43]),
    "a signature of zeros": cut(lambda token: f"{token.rpartition('.')[0]}.{b64(bytes(64))}"),
    "a signature with one more byte": cut(lambda token: f"{token}AA"),
    "two parts": cut(lambda token: token.rpartition(".")[0]),
    "four parts": cut(lambda token: f"{token}.x"),
    "padding": cut(lambda token: f"{token}="),
    "a line end in it": cut(lambda token: token.replace(".", "\n.", 1)),
    "a payload that is a list": lambda provider, web: ES256.sign([claims_of(provider, web)]),
    "a payload that is a string": cut(
        lambda token: ".".join([token.split(".")[0], b64(b'"cli"'), token.split(".")[2]])
    ),
    "another client's id": lambda provider, web: ES256.sign(
        claims_of(provider, web, client_id=provider.party("other").client_id)
    ),
    "another client's name": lambda provider, web: ES256.sign(
        claims_of(provider, web, iss=provider.party("other").client_id)
    ),
    "an object for another server": claims(aud="https://other.example/"),
    "an object for another tenant": claims(aud=f"{BASE_URL}/t/midori"),
    "an object for an endpoint": claims(aud=f"{ISSUER}/par"),
    "an object for nobody": claims(aud=None),
    "an object of nobody": claims(iss=None),
    "an object without an end": claims(exp=None),
    "an object of the past": claims(exp=1),
    "an object of the future": claims(nbf=9_999_999_999, exp=9_999_999_999),
    "a year of an object": claims(exp=9_999_999_999),
    "a client assertion": lambda provider, web: ES256.sign(
        {**claims_of(provider, web), "sub": web.client_id}, typ="JWT"
    ),
    "an object in an object": lambda provider, web: ES256.sign(
        claims_of(provider, web, request=ES256.sign(claims_of(provider, web)))
    ),
    "a reference in an object": claims(request_uri="https://evil.example/r"),
    "a pushed reference in an object": claims(request_uri="urn:ietf:params:oauth:request_uri:x"),
    "parameters that are no strings": claims(scope=["openid"]),
    "an address that is a list": claims(redirect_uri=[CALLBACK]),
    "more than a JWT may be": claims(state="s" * 40_000),
}


@pytest.mark.attack("A17")
@pytest.mark.parametrize("name", FORGED)
def test_no_other_jwt_passes_for_a_request(signing: Provider, web: Party, name: str) -> None:
    """Through the browser, pushed, and by a form."""
    token = FORGED[name](signing, web)
    for method in ("GET", "POST"):
        browser = signing.browser()
        answer = bring(browser, web, token, method, **web.asking())
        assert answer.status == 303, name
        assert answer.query["error"] == "invalid_request_object", name
        assert not browser.jar
        bare = bring(browser, web, token, method)
        assert (bare.status, bare.location) == (400, "")
    pushed = web.post("par", request=token)
    assert (pushed.status, pushed.json()["error"]) == (400, "invalid_request_object"), name


@pytest.mark.honest("A17")
@pytest.mark.attack("A17")
def test_the_honest_twin_is_a_request(signing: Provider, web: Party) -> None:
    for make in (claims(), claims(aud=["https://other.example/", ISSUER]), header(typ="JWT"), header(key=RSA)):
        token = make(signing, web)
        assert "/signin?" in bring(signing.browser(), web, token).location
        assert web.post("par", request=token).status == 201


@pytest.mark.attack("A17")
def test_an_id_token_is_no_request(signing: Provider, web: Party) -> None:
    told = web.tokens(signing.browser())
    for name in ("id_token", "access_token"):
        refused = bring(signing.browser(), web, told[name], **web.asking())
        assert refused.query["error"] == "invalid_request_object"
        assert web.post("par", request=told[name]).json()["error"] == "invalid_request_object"


@pytest.mark.attack("A17")
def test_another_client_s_object_is_not_brought_by_this_one(signing: Provider, web: Party) -> None:
    other = signing.party("other")
    token = OTHERS.sign(claims_of(signing, other))
    assert "/signin?" in bring(signing.browser(), other, token).location
    assert bring(signing.browser(), web, token, **web.asking()).query["error"] == "invalid_request_object"
    assert web.post("par", request=token).json()["error"] == "invalid_request_object"


@pytest.mark.attack("A17")
@pytest.mark.parametrize(
    "beside",
    [
        {"prompt": "none"},
        {"max_age": "0"},
        {"scope": "openid api"},
        {"code_challenge": "x" * 43},
        {"response_mode": "fragment"},
    ],
)
def test_nothing_outside_of_the_object_is_read(signing: Provider, web: Party, beside: dict[str, str]) -> None:
    browser = signing.browser()
    answer = browser.follow(bring(browser, web, claims()(signing, web), **beside))
    assert answer.location.startswith(f"{CALLBACK}?code=")
    assert web.redeem(answer.query["code"]).json()["scope"] == "email offline_access openid profile"


@pytest.mark.attack("A17")
def test_an_unsigned_object_is_not_pushed(signing: Provider, web: Party) -> None:
    """RFC 9101 10.1: not even by a client that has proved itself."""
    for token in (header(alg="none")(signing, web), header(alg="none", kid=None, typ=None)(signing, web), "a.b.c.d.e"):
        answer = web.post("par", request=token)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_request_object")


REFERENCES = [
    "https://rp.example/request.jwt",
    "http://rp.example/request.jwt",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://localhost:5432/",
    "https://id.example/t/aoba/jwks",
    "file:///etc/passwd",
    "data:application/jwt,a.b.c",
    "javascript:alert(1)",
    "gopher://127.0.0.1:6379/_",
    "//rp.example/request.jwt",
    "urn:ietf:params:oauth:request_uri",
    "urn:ietf:params:oauth:request-uri:x",
    "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "x",
    " ",
]


@pytest.mark.attack("A18")
@pytest.mark.parametrize("uri", REFERENCES)
def test_nothing_is_fetched_for_a_tenant_that_has_not_asked_for_it(
    signing: Provider, web: Party, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr("idp.kit.egress.Egress.fetch", lambda self, url, **more: called.append(url))  # noqa: ARG005
    for method in ("GET", "POST"):
        browser, fields = signing.browser(), web.asking(request_uri=uri)
        answer = (
            browser.get(web.address(request_uri=uri))
            if method == "GET"
            else browser.post("/t/aoba/authorize", fields, {})
        )
        assert answer.query["error"] == "request_uri_not_supported"
    assert web.post("par", **web.asking(request_uri=uri)).json()["error"] == "invalid_request"
    assert called == []


@pytest.mark.attack("A18")
@pytest.mark.parametrize("uri", REFERENCES)
def test_nor_for_one_that_has_from_where_the_client_has_not_registered_it(
    switched: Provider, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr("idp.kit.egress.Egress.fetch", lambda self, url, **more: called.append(url))  # noqa: ARG005
    web = switched.party("web")
    assert switched.get(web.address(request_uri=uri)).query["error"] == "invalid_request_uri"
    assert called == []


@pytest.fixture(scope="module")
def switched(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    home: Path = tmp_path_factory.mktemp("switched")
    with embedded.provider(home) as made:
        switch_on(made)
        give_keys(made, "web", ES256, request_uris=["https://rp.example/registered.jwt"])
        yield made


@pytest.mark.attack("A18")
def test_what_is_registered_but_inside_is_not_reached(switched: Provider) -> None:
    web = switched.party("web")
    inside = ["https://127.0.0.1/r", "https://169.254.169.254/r", "https://[::1]/r", "https://10.0.0.1/r"]
    give_keys(switched, "web", ES256, request_uris=inside)
    for uri in inside:
        assert switched.get(web.address(request_uri=uri)).query["error"] == "invalid_request_uri"
