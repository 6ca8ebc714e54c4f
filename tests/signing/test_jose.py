"""Whatever comes from outside is one of ours, or refused: the attacks of RFC 8725, each beside its honest twin."""

import base64
import hashlib
import hmac
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from tests.signing.conftest import private, signing_key

from idp.signing import Alg, SigningKey, Unverified, b64, unverified_claims, verify

CLAIMS: dict[str, Any] = {"iss": "https://id.example/t/aoba", "sub": "usr_1", "exp": 1_775_005_800, "name": "山田 花子"}
TYP = "at+jwt"


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return b64(text).decode()


def header(key: SigningKey, **changed: object) -> dict[str, object]:
    made: dict[str, object] = {"alg": str(key.public.alg), "kid": key.public.kid, "typ": TYP, **changed}
    return {name: value for name, value in made.items() if value is not ...}


def signed(key: SigningKey, head: object, payload: object = CLAIMS) -> str:
    """Anything at all under a genuine signature: what is refused then, is refused for itself."""
    message = f"{part(head)}.{part(payload)}"
    return f"{message}.{b64(key._signature(message.encode())).decode()}"


def refused(token: str, key: SigningKey, *, typ: str = TYP) -> bool:
    try:
        verify(token, [key.public], typ=typ)
    except Unverified:
        return True
    return False


def test_what_we_sign_is_verified_by_us(key: SigningKey) -> None:
    assert verify(key.sign(CLAIMS, typ=TYP), [key.public], typ=TYP) == CLAIMS
    assert verify(signed(key, header(key)), [key.public], typ=TYP) == CLAIMS
    assert unverified_claims(key.sign(CLAIMS, typ=TYP)) == CLAIMS


def test_what_we_sign_is_verified_by_joserfc(key: SigningKey, alg: Alg) -> None:
    kind = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}[key.public.jwk["kty"]]
    imported = kind.import_key(dict(key.public.jwk))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 would have EdDSA called Ed25519
        token = jwt.decode(key.sign(CLAIMS, typ=TYP), imported, algorithms=[alg.value])
    assert token.claims == CLAIMS
    assert token.header == header(key)


def test_what_we_sign_is_verified_by_cryptography_from_the_published_numbers(key: SigningKey, alg: Alg) -> None:
    message, _, signature = key.sign(CLAIMS, typ=TYP).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    if alg is Alg.EDDSA:
        x = base64.urlsafe_b64decode(key.public.jwk["x"] + "==")
        ed25519.Ed25519PublicKey.from_public_bytes(x).verify(raw, message.encode())
        return
    numbers = {n: int.from_bytes(base64.urlsafe_b64decode(v + "==")) for n, v in key.public.jwk.items() if len(n) == 1}
    if alg is Alg.ES256:
        public = ec.EllipticCurvePublicNumbers(numbers["x"], numbers["y"], ec.SECP256R1()).public_key()
        assert len(raw) == 64
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        public.verify(der, message.encode(), ec.ECDSA(hashes.SHA256()))
    else:
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if alg is Alg.PS256 else padding.PKCS1v15()
        public_key = rsa.RSAPublicNumbers(numbers["e"], numbers["n"]).public_key()
        public_key.verify(raw, message.encode(), scheme, hashes.SHA256())


def test_a_signature_has_its_length_also_where_a_number_begins_with_zeros() -> None:
    """RFC 7518 3.4: one signature of 128 has such a number, which DER would leave shorter."""
    signer = ec.generate_private_key(ec.SECP256R1())
    key = signing_key(Alg.ES256, signer)
    for number in range(5_000):
        message, _, signature = key.sign({"n": number}, typ=TYP).rpartition(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        if raw[0] == 0 or raw[32] == 0:
            break
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    signer.public_key().verify(der, message.encode(), ec.ECDSA(hashes.SHA256()))
    assert (len(raw), 0 in (raw[0], raw[32])) == (64, True)


def test_a_key_is_named_by_its_thumbprint(key: SigningKey) -> None:
    """RFC 7638 3.2."""
    members = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}[
        key.public.jwk["kty"]
    ]
    canonical = json.dumps({name: key.public.jwk[name] for name in members}, separators=(",", ":"), sort_keys=True)
    assert key.public.kid == b64(hashlib.sha256(canonical.encode()).digest()).decode()
    assert set(key.public.jwk) == {*members, "kid"}


@pytest.mark.parametrize("alg_name", ["none", "None", "nOnE", "NONE", "", None, ["ES256"], 0, ...])
@pytest.mark.parametrize("keep_signature", [True, False])
def test_no_algorithm_is_no_signature(key: SigningKey, alg_name: object, *, keep_signature: bool) -> None:
    token = signed(key, header(key, alg=alg_name))
    assert refused(token if keep_signature else token.rpartition(".")[0] + ".", key)


@pytest.mark.parametrize("alg_name", ["HS256", "HS384", "HS512", "ES384", "PS256", "RS512", "EdDSA", "es256", "rs256"])
def test_an_algorithm_that_is_not_the_keys_own_is_refused(key: SigningKey, alg_name: str) -> None:
    assert refused(signed(key, header(key, alg=alg_name if alg_name != key.public.alg else "RS384")), key)


def secrets_made_of_the_public_key(key: SigningKey) -> list[bytes]:
    public = private(key.public.alg).public_key()
    forms = [(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)]
    forms += [(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)]
    if key.public.alg is Alg.RS256:
        forms += [(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)]
    found = [public.public_bytes(*form) for form in forms]
    return [*found, found[0].rstrip(), json.dumps(key.public.jwk).encode(), key.public.kid.encode(), b""]


def test_the_public_key_is_nobodys_secret(key: SigningKey) -> None:
    """RFC 8725 2.1: HMAC under bytes that everybody can fetch."""
    for secret in secrets_made_of_the_public_key(key):
        for alg_name in ("HS256", str(key.public.alg)):
            message = f"{part(header(key, alg=alg_name))}.{part(CLAIMS)}"
            mac = hmac.digest(secret, message.encode(), "sha256")
            assert refused(f"{message}.{part(mac)}", key)


def test_a_key_that_the_token_brings_along_is_not_looked_at(key: SigningKey, stranger: SigningKey) -> None:
    claims_of = {
        "jwk": stranger.public.jwk,
        "x5c": ["MIIB"],
        "jku": "http://127.0.0.1:9/jwks",
        "x5u": "http://127.0.0.1:9/",
    }
    for name, value in claims_of.items():
        assert refused(signed(stranger, header(key, **{name: value})), key)
        assert refused(signed(stranger, header(stranger, **{name: value})), key)
    assert not refused(signed(key, header(key, jku="http://127.0.0.1:9/jwks")), key)


def test_a_signature_of_somebody_else_is_refused(key: SigningKey, stranger: SigningKey) -> None:
    assert refused(stranger.sign(CLAIMS, typ=TYP), key)
    assert refused(signed(stranger, header(key)), key)


@pytest.mark.parametrize(
    "kid",
    ["", ..., None, 1, [], {}, "../../../../dev/null", "' OR '1'='1", "a\0b", "*", "x" * 10_000],
    ids=lambda kid: repr(kid)[:20],
)
def test_a_kid_is_looked_up_among_the_keys_of_the_issuer_and_nowhere_else(key: SigningKey, kid: object) -> None:
    assert refused(signed(key, header(key, kid=kid)), key)
    assert refused(signed(key, header(key, kid=[key.public.kid])), key)


def test_a_kid_of_another_key_does_not_fit(key: SigningKey, stranger: SigningKey) -> None:
    keys = [key.public, stranger.public]
    assert verify(stranger.sign(CLAIMS, typ=TYP), keys, typ=TYP) == CLAIMS
    with pytest.raises(Unverified):
        verify(signed(key, header(key, kid=stranger.public.kid)), keys, typ=TYP)


@pytest.mark.parametrize("typ", ["JWT", "AT+JWT", "application/at+jwt", "", None, ["at+jwt"], ...])
def test_a_token_of_another_kind_is_refused(key: SigningKey, typ: object) -> None:
    assert refused(signed(key, header(key, typ=typ)), key)


@pytest.mark.parametrize("crit", [["b64"], ["exp"], [], None, "b64", ["alg"]])
def test_an_extension_that_must_be_understood_is_not(key: SigningKey, crit: object) -> None:
    assert refused(signed(key, header(key, crit=crit, b64=False)), key)


LAX = {
    "a name twice": b'{"sub":"usr_2","sub":"usr_1"}',
    "a name twice, deeper": b'{"sub":"usr_1","cnf":{"jkt":"a","jkt":"b"}}',
    "a name twice, spelled differently": b'{"sub":"usr_2","\\u0073ub":"usr_1"}',
    "NaN": b'{"exp":NaN}',
    "Infinity": b'{"exp":Infinity}',
    "minus Infinity": b'{"exp":-Infinity}',
    "a number beyond all": b'{"exp":1e400}',
    "a number beyond all, below": b'{"exp":-1e400}',
    "a number of ten thousand digits": b'{"exp":' + b"9" * 10_000 + b"}",
    "a comma too many": b'{"sub":"usr_1",}',
    "a comment": b'{"sub":"usr_1"/**/}',
    "more after it": b'{"sub":"usr_1"}{}',
    "a byte order mark": b'\xef\xbb\xbf{"sub":"usr_1"}',
    "UTF-16": '{"sub":"usr_1"}'.encode("utf-16"),
    "UTF-32": '{"sub":"usr_1"}'.encode("utf-32-le"),
    "bytes that are no UTF-8": b'{"sub":"\xff"}',
    "an overlong slash": b'{"sub":"\xc0\xaf"}',
    "half a surrogate pair": b'{"sub":"\\ud800"}',
    "a control character": b'{"sub":"a\nb"}',
    "single quotes": b"{'sub':'usr_1'}",
    "an array": b'["sub"]',
    "a string": b'"sub"',
    "null": b"null",
    "nothing": b"",
    "ten thousand floors": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
}


@pytest.mark.parametrize("text", LAX.values(), ids=LAX)
def test_claims_that_two_readers_could_read_differently_are_refused(key: SigningKey, text: bytes) -> None:
    token = signed(key, header(key), text)
    assert refused(token, key)
    with pytest.raises(Unverified):
        unverified_claims(token)


@pytest.mark.parametrize("text", LAX.values(), ids=LAX)
def test_a_header_that_two_readers_could_read_differently_is_refused(key: SigningKey, text: bytes) -> None:
    genuine = part(json.dumps(header(key)).encode())
    token = signed(
        key, text if text in (b"", b"null") else text.replace(b"{", json.dumps(header(key)).encode()[:-1] + b",", 1)
    )
    assert token.partition(".")[0] != genuine
    assert refused(token, key)


def test_what_json_does_allow_is_taken(key: SigningKey) -> None:
    text = b' { "sub" : "usr_\\u0031" , "exp" : 1.5e3 , "deep" : [[[{}]]] } '
    assert verify(signed(key, header(key), text), [key.public], typ=TYP) == {
        "sub": "usr_1",
        "exp": 1500.0,
        "deep": [[[{}]]],
    }


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def with_trailing_bit(text: str) -> str:
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) ^ 1]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "padding": lambda text: text + "=" * (-len(text) % 4 or 4),
    "a line end": lambda text: text + "\n",
    "a space": lambda text: " " + text,
    "the other alphabet": lambda text: text.replace("-", "+").replace("_", "/") + "+",
    "a letter from elsewhere": lambda text: "\N{FULLWIDTH LATIN CAPITAL LETTER A}" + text,
    "a NUL": lambda text: text + "\0",
}


@pytest.mark.parametrize("place", [0, 1, 2], ids=["header", "payload", "signature"])
@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_each_part_has_one_spelling(key: SigningKey, place: int, spell: Callable[[str], str]) -> None:
    parts = signed(key, header(key)).split(".")
    parts[place] = spell(parts[place])
    assert refused(".".join(parts), key)


def test_bits_that_nobody_reads_are_zero(key: SigningKey) -> None:
    """RFC 4648 3.5: or the same signature could be shown in sixteen spellings."""
    parts = signed(key, header(key)).split(".")
    assert len(parts[2]) % 4  # there are such bits in a signature of 64 or of 256 bytes
    twin = with_trailing_bit(parts[2])
    assert base64.urlsafe_b64decode(twin + "==") == base64.urlsafe_b64decode(parts[2] + "==")
    assert refused(f"{parts[0]}.{parts[1]}.{twin}", key)


@pytest.mark.parametrize("form", ["", ".", "..", "...", "a.b", "a.b.c.d.e", "{}", '{"payload":"","signatures":[]}'])
def test_what_is_no_compact_jws_is_refused(key: SigningKey, form: str) -> None:
    assert refused(form, key)
    with pytest.raises(Unverified):
        unverified_claims(form)


def test_one_bit_changed_anywhere_is_refused(key: SigningKey) -> None:
    token = key.sign(CLAIMS, typ=TYP)
    for place, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        assert refused(token[:place] + other + token[place + 1 :], key)


def test_a_signature_in_another_form_is_refused(key: SigningKey, alg: Alg) -> None:
    message, _, signature = key.sign(CLAIMS, typ=TYP).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    forms = [b"", b"\0" * len(raw), raw[:-1], raw + b"\0", b"\0" + raw]
    if alg is Alg.ES256:
        forms += [encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))]
    for form in forms:
        assert refused(f"{message}.{part(form)}", key)


def test_a_token_too_large_costs_nothing(key: SigningKey) -> None:
    large = [
        signed(key, header(key), {"sub": "x" * 40_000}),
        "A" * 5_000_000,
        "." * 5_000_000,
        "A" * 2_000_000 + "." + "A" * 2_000_000 + ".A",
    ]
    began = time.perf_counter()
    for token in large:
        assert refused(token, key)
    assert time.perf_counter() - began < 0.2
    assert not refused(signed(key, header(key), {"sub": "x" * 20_000}), key)
