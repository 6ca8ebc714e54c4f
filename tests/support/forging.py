"""Every way to forge a JWT, whatever it is for: from one that would be taken, with its key or without."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey
from tests.support.signers import Signer, b64, segment

LARGE = 40_000
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ATTACKER = Signer("ES256", "k-of-the-attacker")


@dataclass(frozen=True)
class Right:
    """One that would be taken, by an ES256 key. `sign` is that very key: a forgery may have come from its owner.
    `issued` is the one that was given out, where no other is taken."""

    header: dict[str, Any]
    claims: dict[str, Any]
    public: dict[str, Any]
    sign: Callable[[bytes], bytes]
    issued: str = ""

    @property
    def token(self) -> str:
        return self.issued or self.signed()

    def signed(self, payload: object = None, *, head: object = None, by: Callable[[bytes], bytes] | None = None) -> str:
        message = f"{segment(self.header if head is None else head)}.{segment(payload or self.claims)}"
        return f"{message}.{b64((by or self.sign)(message.encode()))}"

    def under(self, *, by: Callable[[bytes], bytes] | None = None, **header: Any) -> str:
        """With another header; a member that is None is left out."""
        changed = {**self.header, **header}
        return self.signed(head={name: value for name, value in changed.items() if value is not None}, by=by)

    def saying(self, text: bytes) -> str:
        """Its claims in bytes, with `text` before the last brace."""
        return self.signed(json.dumps(self.claims).encode()[:-1] + text + b"}")


Forge = Callable[[Right], str]


def _unsigned(alg: object) -> Forge:
    return lambda right: right.under(alg=alg, by=lambda _: b"")


def _mac(secret: Callable[[Right], bytes]) -> Forge:
    return lambda right: right.under(alg="HS256", by=lambda message: hmac.digest(secret(right), message, "sha256"))


def _key(right: Right) -> ECKey:
    return ECKey.import_key({name: right.public[name] for name in ("kty", "crv", "x", "y")})


def _by_attacker(**header: Any) -> Forge:
    return lambda right: right.under(by=_ATTACKER.signature, **header)


def _by_owner(**header: Any) -> Forge:
    return lambda right: right.under(**header)


def _spelled(work: Callable[[str], str]) -> Forge:
    return lambda right: work(right.token)


def _with_signature(signature: bytes) -> Forge:
    return lambda right: right.under(by=lambda _: signature)


def _headed(text: bytes) -> Forge:
    """Its header in bytes, with `text` behind the first brace."""
    return lambda right: right.signed(head=b"{" + text + json.dumps(right.header).encode()[1:])


def _again(right: Right) -> str:
    name, value = next(iter(right.claims.items()))
    return right.saying(b"," + json.dumps({name: value}).encode()[1:-1])


def _trailing_bits(token: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def _as_json(token: str) -> str:
    return json.dumps(dict(zip(("protected", "payload", "signature"), token.split("."), strict=True)))


_NAMES: list[Any] = [
    "../../../../dev/null", "' OR '1'='1", "k1\0", "", 0, True, ["k1"], {"k": 1}, "k" * 8_000, "https://evil.example/",
]  # fmt: skip

FORGERIES: dict[str, dict[str, Forge]] = {
    "J1": {
        **{f"alg {alg!r}": _unsigned(alg) for alg in ("none", "None", "nOnE", "NONE", "", "null", ["none"], 0, True)},
        "no alg": _unsigned(None),
        "no signature": lambda right: right.under(by=lambda _: b""),
        "none with its signature": _by_owner(alg="none"),
        "none beside another": _headed(b'"alg":"none",'),
    },
    "J2": {
        "PEM": _mac(lambda right: _key(right).as_pem(private=False)),
        "PEM without its last line end": _mac(lambda right: _key(right).as_pem(private=False).rstrip()),
        "DER": _mac(lambda right: _key(right).as_der(private=False)),
        "JWK": _mac(lambda right: json.dumps(right.public).encode()),
        "x": _mac(lambda right: base64.urlsafe_b64decode(right.public["x"] + "==")),
        "x in base64": _mac(lambda right: str(right.public["x"]).encode()),
        "nothing": _mac(lambda _: b""),
    },
    "J3": {
        "a key of its own": _by_attacker(jwk=_ATTACKER.jwk, kid=None),
        "a key under the right name": _by_attacker(jwk={**_ATTACKER.jwk, "kid": "k1"}),
        "a certificate": _by_attacker(x5c=["MIIBszCCAVmgAwIBAgIUaaaa"], kid=None),
        "a print of one": _by_attacker(**{"x5t": "AAAA", "x5t#S256": "AAAA"}),
        "nothing but another key": _by_attacker(),
    },
    "J4": {
        f"{name} {address}": _by_attacker(**{name: address, "kid": "k-of-the-attacker"})
        for name in ("jku", "x5u")
        for address in ("https://127.0.0.1/jwks", "https://169.254.169.254/latest", "file:///etc/passwd")
    },
    "J5": {f"kid {str(name)[:24]!r} {type(name).__name__}": _by_attacker(kid=name) for name in _NAMES},
    "J6": {
        "an extension": _by_owner(crit=["x"], x=1),
        "a payload that is not encoded": _by_owner(crit=["b64"], b64=False),
        "b64 alone": _by_owner(b64=False),
        "nothing critical": _by_owner(crit=[]),
        "crit that is a string": _by_owner(crit="exp"),
        "a claim as an extension": _by_owner(crit=["exp"], exp=1),
        "alg as an extension": _by_owner(crit=["alg"]),
        "an extension that is absent": _by_owner(crit=["x"]),
    },
    "J7": {
        "a large claim": lambda right: right.signed({**right.claims, "x": "x" * LARGE}),
        "a large header": _by_owner(x="x" * LARGE),
        "deep claims": lambda right: right.saying(b',"x":' + b"[" * 5_000 + b"]" * 5_000),
        "a deep header": _headed(b'"x":' + b"[" * 3_000 + b"]" * 3_000 + b","),
        "a large signature": _with_signature(b"x" * LARGE),
        "a number of ten thousand digits": lambda right: right.saying(b',"x":' + b"9" * 10_000),
        "compressed": _by_owner(zip="DEF", crit=["zip"]),
    },
    "J8": {
        "padding": _spelled(lambda token: token + "="),
        "padding of the header": _spelled(lambda token: token.replace(".", "==.", 1)),
        "the other alphabet": _spelled(lambda token: token.replace("-", "+").replace("_", "/") + "+"),
        "a space": _spelled(lambda token: token.replace(".", ". ", 1)),
        "a line end": _spelled(lambda token: token.replace(".", ".\n", 1)),
        "bits that nobody reads": _spelled(_trailing_bits),
        "two parts": _spelled(lambda token: token.rpartition(".")[0]),
        "four parts": _spelled(lambda token: token + ".x"),
        "five parts": _spelled(lambda token: token + ".x.y"),
        "as JSON": _spelled(_as_json),
        "quoted": _spelled(lambda token: f'"{token}"'),
        "not ASCII": _spelled(lambda token: token[:-1] + "é"),
        "in capitals": _spelled(str.upper),
        "one byte more": _spelled(lambda token: token + "AA"),
        "DER": _with_signature(bytes.fromhex("3006020101020101")),
    },
    "J9": {
        "a claim twice": _again,
        "NaN": lambda right: right.saying(b',"x":NaN'),
        "Infinity": lambda right: right.saying(b',"x":-Infinity'),
        "more than a number": lambda right: right.saying(b',"x":1e400'),
        "half a character": lambda right: right.saying(b',"x":"\\ud800"'),
        "no UTF-8": lambda right: right.saying(b',"x":"\xff"'),
        "a comma too many": lambda right: right.saying(b","),
        "something behind": lambda right: right.signed(json.dumps(right.claims).encode() + b" {}"),
        "a mark before": lambda right: right.signed(b"\xef\xbb\xbf" + json.dumps(right.claims).encode()),
        "UTF-16": lambda right: right.signed(json.dumps(right.claims).encode("utf-16")),
        "a list": lambda right: right.signed([right.claims]),
        "a string": lambda right: right.signed(json.dumps(json.dumps(right.claims)).encode()),
        "null": lambda right: right.signed(b"null"),
        "a header twice": _headed(b'"typ":"x",'),
    },
    "J10": {
        f"typ {typ!r}": _by_owner(typ=typ)
        for typ in ("at+jwt2", "logout+jwt", "secevent+jwt", "entity-statement+jwt", "userinfo", "", 1, ["JWT"], "jose")
    },
    "J12": {
        **{f"alg {alg}": _by_owner(alg=alg) for alg in ("RS256", "PS256", "ES384", "ES256K", "RS1", "EdDSA", "es256")},
        "a signature of zeros": _with_signature(bytes(64)),
        "a signature of the order": _with_signature(_ORDER.to_bytes(32) * 2),
        "a signature of ones": _with_signature(bytes(31) + b"\1" + bytes(31) + b"\1"),
        "half a signature": _with_signature(bytes(32)),
    },
}
