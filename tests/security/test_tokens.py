"""Tokens that are not quite ours: only the very bytes that were given out are a token."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey
from tests.support.in_process import FORM, encoded
from tests.support.party import Party, claims
from tests.support.provider import Provider


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def header(token: str) -> dict[str, Any]:
    first = token.split(".", maxsplit=1)[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    return found


def resigned(token: str, key: Any, alg: str, **changes: Any) -> str:
    made: str = jws.serialize_compact(
        {**header(token), "alg": alg, **changes}, json.dumps(claims(token)).encode(), key, algorithms=[alg]
    )
    return made


def with_header(token: str, **changes: Any) -> str:
    _, payload, signature = token.split(".")
    return f"{part({**header(token), **changes})}.{payload}.{signature}"


def with_claims(token: str, **changes: Any) -> str:
    first, _, signature = token.split(".")
    return f"{first}.{part({**claims(token), **changes})}.{signature}"


def twin(token: str) -> str:
    """(r, n-s): another signature of the same message by the same key, which many libraries accept."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    head, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    s = order - int.from_bytes(raw[32:])
    return f"{head}.{base64.urlsafe_b64encode(raw[:32] + s.to_bytes(32)).rstrip(b'=').decode()}"


def signature_of(length: int) -> Callable[[str], str]:
    return lambda token: f"{token.rpartition('.')[0]}.{base64.urlsafe_b64encode(bytes(length)).rstrip(b'=').decode()}"


JWT_TRICKS: dict[str, Callable[[str], str]] = {
    "alg none": lambda t: with_header(t, alg="none").rpartition(".")[0] + ".",
    "alg None": lambda t: with_header(t, alg="None").rpartition(".")[0] + ".",
    "alg nOnE with the signature": lambda t: with_header(t, alg="nOnE"),
    "no alg": lambda t: with_header(t, alg=None),
    "alg HS256": lambda t: with_header(t, alg="HS256"),
    "alg RS256": lambda t: with_header(t, alg="RS256"),
    "signed with the public key as a secret": lambda t: resigned(
        t, OctKey.import_key("a public key, as everybody knows it"), "HS256"
    ),
    "signed with a key of the attacker": lambda t: resigned(t, ECKey.generate_key("P-256"), "ES256"),
    "signed with a key of the attacker that it brings": lambda t: resigned(
        t, key := ECKey.generate_key("P-256"), "ES256", jwk=key.as_dict(private=False)
    ),
    "signed with an RSA key of the attacker": lambda t: resigned(t, RSAKey.generate_key(2048), "RS256"),
    "an address of keys": lambda t: with_header(t, jku="https://evil.example/jwks"),
    "a certificate": lambda t: with_header(t, x5c=["MIIB"]),
    "a critical header": lambda t: with_header(t, crit=["b64"], b64=False),
    "a kid that is a path": lambda t: with_header(t, kid="../../../dev/null"),
    "a kid that is a query": lambda t: with_header(t, kid="' union select 1 --"),
    "a kid that is a number": lambda t: with_header(t, kid=1),
    "another type": lambda t: with_header(t, typ="JWT"),
    "another person": lambda t: with_claims(t, sub="usr_x"),
    "a longer life": lambda t: with_claims(t, exp=2**40),
    "more scopes": lambda t: with_claims(t, scope="openid profile email address phone admin"),
    "another audience": lambda t: with_claims(t, aud="https://api.example/"),
    "no jti": lambda t: with_claims(t, jti=None),
    "a jti that is a list": lambda t: with_claims(t, jti=["x"]),
    "a jti with a NUL": lambda t: with_claims(t, jti="0" * 31 + "\0"),
    "a jti with half a character": lambda t: with_claims(t, jti="0" * 31 + "\ud800"),
    "a jti of nobody": lambda t: with_claims(t, jti="0" * 32),
    "claims that are a list": lambda t: f"{t.split('.')[0]}.{part([1])}.{t.split('.')[2]}",
    "claims that are NaN": lambda t: f"{t.split('.')[0]}.TmFO.{t.split('.')[2]}",
    "claims in claims": lambda t: f"{t.split('.')[0]}.{'W1tb' * 1_500}.{t.split('.')[2]}",
    "the twin signature": twin,
    "a signature of zeros": signature_of(64),
    "an empty signature": signature_of(0),
    "a long signature": signature_of(200),
    "truncated by one": lambda t: t[:-1],
    "extended by one": lambda t: t + "A",
    "padded": lambda t: t + "=",
    "in the other alphabet of base64": lambda t: t.replace("-", "+").replace("_", "/") + "+",
    "in capitals": str.upper,
    "with a space": lambda t: t.replace(".", " .", 1),
    "with a line break": lambda t: t.replace(".", ".\n", 1),
    "with a fourth part": lambda t: t + ".x",
    "with two parts": lambda t: t.rpartition(".")[0],
    "with five parts": lambda t: t + ".x.y",
    "twice": lambda t: t + t,
    "reversed": lambda t: t[::-1],
    "quoted": lambda t: f'"{t}"',
    "its claims alone": lambda t: t.split(".")[1],
    "as JSON": lambda t: json.dumps(dict(zip(("protected", "payload", "signature"), t.split("."), strict=True))),
    "the id of the row": lambda t: claims(t)["jti"],
    "nothing but dots": lambda t: t[:0] + "..",
    "not ASCII": lambda t: t[:-1] + "\u00e9",
    "very long": lambda t: t + "A" * 8_192,
}

# Every trick is one on the bytes of a token; some are known by a name of their own.
KNOWN = {
    "alg none": "J1",
    "alg None": "J1",
    "alg nOnE with the signature": "J1",
    "no alg": "J1",
    "an empty signature": "J1",
    "alg HS256": "J2",
    "signed with the public key as a secret": "J2",
    "signed with a key of the attacker that it brings": "J3",
    "a certificate": "J3",
    "an address of keys": "J4",
    "a kid that is a path": "J5",
    "a kid that is a query": "J5",
    "a kid that is a number": "J5",
    "a critical header": "J6",
    "claims in claims": "J7",
    "very long": "J7",
    "the twin signature": "J8",
    "padded": "J8",
    "in the other alphabet of base64": "J8",
    "with a space": "J8",
    "with a line break": "J8",
    "claims that are NaN": "J9",
    "another type": "J10",
}


def crc(body: str) -> str:
    return f"{body}_{binascii.crc32(body.encode()):08x}"


OPAQUE_TRICKS: dict[str, Callable[[str], str]] = {
    "another secret, rightly summed": lambda t: crc("_".join([*t.split("_")[:2], "A" * 43])),
    "another id, rightly summed": lambda t: crc(f"{t[:3]}{'0' * 32}{t[35:-9]}"),
    "an id that is a query": lambda t: crc(f"{t[:3]}{chr(39) + ' or 1=1 --':<32}{t[35:-9]}"),
    "another sum": lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"),
    "without the sum": lambda t: t[:-9],
    "its id alone": lambda t: t[3:35],
    "truncated by one": lambda t: t[:-1],
    "extended by one": lambda t: t + "0",
    "in capitals": str.upper,
    "of another kind": lambda t: crc("zz" + t[2:-9]),
    "as a session": lambda t: crc("ss" + t[2:-9]),
    "twice": lambda t: t + t,
    "with a space": lambda t: t + " x",
    "with half a line": lambda t: t + "\nx",
    "with a wildcard": lambda t: t[:35] + "%" * (len(t) - 35),
    "not ASCII": lambda t: t[:-1] + "\u00e9",
    "very long": lambda t: t + "0" * 20_000,
}


@dataclass
class Held:
    jwt: str
    opaque: str
    refresh: str
    code: str
    web: Party
    secretive: Party


@pytest.fixture(scope="module")
def held(shared: Provider) -> Held:
    web, secretive = shared.party("web"), shared.party("opaque")
    browser = shared.browser()
    told, own = web.tokens(browser), secretive.tokens(browser)
    return Held(told["access_token"], own["access_token"], told["refresh_token"], browser.code(web), web, secretive)


def is_nothing(party: Party, token: str) -> None:
    """At userinfo by header and by form, at introspection, at revocation: nothing, and nothing that says why."""
    header_safe = token.encode("latin-1", "replace").decode("latin-1").replace("\n", "")
    if header_safe.strip() == token:
        assert party.userinfo(token).status == 401
    by_form = party.worker.call("POST", "/t/aoba/userinfo", {"content-type": FORM}, encoded({"access_token": token}))
    assert by_form.status == 401
    assert "invalid_token" in by_form.headers["www-authenticate"]
    assert party.post("introspect", token=token).body == b'{"active":false}'
    revoked = party.post("revoke", token=token)
    assert (revoked.status, revoked.body) == (200, b"")
    assert party.refresh(token).json()["error"] == "invalid_grant"
    assert party.redeem(token).json()["error"] == "invalid_grant"


@pytest.mark.honest("T26", *set(KNOWN.values()))
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.attack("T26", *KNOWN.get(name, "").split())) for name in JWT_TRICKS]
)
def test_a_jwt_that_was_tampered_with(held: Held, name: str) -> None:
    token = JWT_TRICKS[name](held.jwt)
    assert token != held.jwt
    is_nothing(held.web, token)
    assert held.web.userinfo(held.jwt).status == 200


@pytest.mark.honest("T26")
@pytest.mark.attack("T26")
@pytest.mark.parametrize("name", OPAQUE_TRICKS)
def test_an_opaque_token_that_was_tampered_with(held: Held, name: str) -> None:
    token = OPAQUE_TRICKS[name](held.opaque)
    assert token != held.opaque
    is_nothing(held.secretive, token)
    assert held.secretive.userinfo(held.opaque).status == 200


@pytest.mark.honest("T26")
@pytest.mark.attack("T26")
@pytest.mark.parametrize("name", OPAQUE_TRICKS)
def test_a_refresh_token_that_was_tampered_with(held: Held, name: str) -> None:
    token = OPAQUE_TRICKS[name](held.refresh)
    answer = held.web.refresh(token)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert held.web.introspect(token) == {"active": False}
    assert held.web.refresh(held.refresh).status == 200


@pytest.mark.attack("T26")
@pytest.mark.parametrize("name", OPAQUE_TRICKS)
def test_a_code_that_was_tampered_with(shared: Provider, held: Held, name: str) -> None:
    answer = held.web.redeem(OPAQUE_TRICKS[name](held.code))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.honest("T26")
def test_the_code_itself_was_good_all_the_time(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    code = browser.code(web)
    for tampered in OPAQUE_TRICKS.values():
        web.redeem(tampered(code))
    assert web.redeem(code).status == 200


@pytest.mark.honest("J10")
@pytest.mark.attack("J10", "T25", "T24")
def test_one_kind_of_token_is_not_another(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    told = web.tokens(browser)
    code = browser.code(web)
    session = next(value for name, value in browser.jar.items() if name.endswith("-session"))
    for token in (told["id_token"], told["refresh_token"], code, session, web.secret):
        assert web.userinfo(token).status == 401
    for token in (told["access_token"], told["id_token"], code, session, web.secret):
        assert web.refresh(token).json()["error"] == "invalid_grant"
    for token in (told["access_token"], told["id_token"], told["refresh_token"], session):
        assert web.redeem(token).json()["error"] == "invalid_grant"
    for token in (told["id_token"], code, session, web.secret):
        assert web.introspect(token) == {"active": False}
    assert web.redeem(code).status == 200


@pytest.mark.honest("T3", "T24", "T25", "R9")
@pytest.mark.attack("T3", "T24", "T25", "R9")
@pytest.mark.parametrize("endpoint", ["userinfo", "introspect", "revoke", "refresh", "redeem"])
def test_a_token_of_another_tenant_is_nothing(shared: Provider, endpoint: str) -> None:
    web, browser = shared.party("web"), shared.browser()
    told, code = web.tokens(browser), browser.code(web)
    theirs = shared.party("web", slug="midori")
    if endpoint == "userinfo":
        assert theirs.userinfo(told["access_token"]).status == 401
    elif endpoint == "introspect":
        assert theirs.introspect(told["access_token"]) == {"active": False}
    elif endpoint == "revoke":
        assert theirs.post("revoke", token=told["access_token"]).status == 200
    elif endpoint == "refresh":
        assert theirs.refresh(told["refresh_token"]).json()["error"] == "invalid_grant"
    else:
        assert theirs.redeem(code).json()["error"] == "invalid_grant"
    assert web.userinfo(told["access_token"]).status == 200
    assert web.refresh(told["refresh_token"]).status == 200
    assert web.redeem(code).status == 200


def test_no_token_of_ours_is_found_in_the_database(provider: Provider) -> None:
    """What is stored is a digest: whoever reads the database holds nothing."""
    web, browser = provider.party("web"), provider.browser()
    told, code = web.tokens(browser), browser.code(web)
    opaque = provider.party("opaque").tokens(browser)["access_token"]
    secrets = [opaque, told["refresh_token"], code, web.secret, *browser.jar.values(), told["access_token"]]
    tables = ("access_tokens", "refresh_tokens", "authorization_codes", "sessions", "interactions", "services")
    with provider.open() as unit:
        for table in tables:
            rows = unit.lane.execute(f"SELECT * FROM {table}", {}).fetchall()
            assert rows, table
            kept = repr([tuple(row) for row in rows])
            for secret in secrets:
                body = secret[36:79] if secret[2] == "_" else secret  # between id and checksum
                assert secret not in kept
                assert body not in kept
