"""Answers that a client wants encrypted to a key of its own (Registration 1.0, 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from idp import signing
from idp.federation.client_keys import ClientKeys
from idp.kit.fields import Fields
from idp.signing import ContentEnc, KeyAlg

_ANSWERS = ("id_token", "userinfo", "authorization", "introspection")
NAMES = frozenset(f"{answer}_encrypted_response_{part}" for answer in _ANSWERS for part in ("alg", "enc"))
UNBUILT_ALGS = frozenset({"RSA1_5", "RSA-OAEP-384", "RSA-OAEP-512", "ECDH-ES+A192KW", "A128KW", "A256KW", "dir"})
UNBUILT_ENCS = frozenset({"A192GCM", "A192CBC-HS384", "A256CBC-HS512"})


class Encryption(NamedTuple):
    alg: KeyAlg
    enc: ContentEnc


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedAnswers:
    """`authorization` and `introspection` where they are JWTs, for those are asked for (JARM 3, RFC 9701 6)."""

    id_token: Encryption | None = None
    userinfo: Encryption | None = None
    authorization: Encryption | None = None
    introspection: Encryption | None = None

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for answer in _ANSWERS:
            how: Encryption | None = getattr(self, answer)
            if how is not None:
                shown[f"{answer}_encrypted_response_alg"] = how.alg.value
                shown[f"{answer}_encrypted_response_enc"] = how.enc.value
        return shown

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "EncryptedAnswers":
        def found(answer: str) -> Encryption | None:
            alg = document.get(f"{answer}_encrypted_response_alg")
            if alg is None:
                return None
            return Encryption(KeyAlg(alg), ContentEnc(document[f"{answer}_encrypted_response_enc"]))

        return cls(**{answer: found(answer) for answer in _ANSWERS})


READABLE = EncryptedAnswers()


def read(fields: Fields, keys: ClientKeys) -> EncryptedAnswers:
    return EncryptedAnswers(**{answer: _read(fields, answer, keys) for answer in _ANSWERS})


def _read(fields: Fields, answer: str, keys: ClientKeys) -> Encryption | None:
    alg_name, enc_name = f"{answer}_encrypted_response_alg", f"{answer}_encrypted_response_enc"
    enc = fields.choice(enc_name, ContentEnc, UNBUILT_ENCS, default=ContentEnc.A128CBC_HS256)
    if fields.given(alg_name) is None:
        if fields.given(enc_name) is not None:
            fields.refuse(enc_name, "inconsistent", f"{enc_name} stands without {alg_name}.", found=enc.value)
        return None
    alg = fields.choice(alg_name, KeyAlg, UNBUILT_ALGS, default=KeyAlg.RSA_OAEP_256)
    if fields.clean(alg_name, "jwks", "jwks_uri"):
        fits = keys.jwks_uri is not None or signing.key_for_encryption(keys.given, alg) is not None
        if not fits:
            detail = "There is no key among those of the client that this could be encrypted to."
            fields.refuse(alg_name, "inconsistent", detail, found=alg.value, expected="jwks or jwks_uri")
    return Encryption(alg, enc)
