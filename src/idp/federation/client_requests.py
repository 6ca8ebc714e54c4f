"""How a client hands in its authorization requests: pushed beforehand, signed, by reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from idp.federation.encrypted_answers import UNBUILT_ALGS, UNBUILT_ENCS, Encryption
from idp.federation.redirect_uris import LONGEST, web_page_fault
from idp.kit.fields import Fields
from idp.signing import ContentEnc, KeyAlg

NAMES = frozenset(
    {
        "request_object_encryption_alg",
        "request_object_encryption_enc",
        "request_object_signing_alg",
        "request_uris",
        "require_pushed_authorization_requests",
        "require_signed_request_object",
    }
)
_MOST_URIS = 20


class RequestAlg(StrEnum):
    """By which a client may sign its requests; one that anybody could have made is not among them."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"


class RequestKeyAlg(StrEnum):
    """By which they may be encrypted to our key, beside being signed."""

    ECDH_ES = "ECDH-ES"
    ECDH_ES_A128KW = "ECDH-ES+A128KW"
    ECDH_ES_A256KW = "ECDH-ES+A256KW"


_UNBUILT_KEY_ALGS = UNBUILT_ALGS | {"RSA-OAEP", "RSA-OAEP-256"}
_UNBUILT_ALGS = frozenset(
    {"none", "HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512", "ES256K", "Ed448"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRules:
    """`pushed_only`: RFC 9126 6. `signed_only`: RFC 9101 10.5. `signing_alg` is the only one that is taken, if any is
    named; what is encrypted is encrypted by `encryption`. `uris` are the addresses from which request objects are
    fetched, no others."""

    pushed_only: bool = False
    signed_only: bool = False
    signing_alg: RequestAlg | None = None
    encryption: Encryption | None = None
    uris: tuple[str, ...] = ()

    def admits(self, uri: str) -> bool:
        """As registered. A fragment is never sent, so an address that was registered without one may carry any: it
        tells caches one version from another (Core 6.2)."""
        return uri in self.uris or uri.partition("#")[0] in self.uris

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "require_pushed_authorization_requests": self.pushed_only,
            "require_signed_request_object": self.signed_only,
        }
        if self.uris:
            shown["request_uris"] = list(self.uris)
        if self.signing_alg is not None:
            shown["request_object_signing_alg"] = self.signing_alg.value
        if self.encryption is not None:
            shown["request_object_encryption_alg"] = self.encryption.alg.value
            shown["request_object_encryption_enc"] = self.encryption.enc.value
        return shown

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "RequestRules":
        """Of a whole client; one that was registered before there were such rules has none."""
        alg, key_alg = document.get("request_object_signing_alg"), document.get("request_object_encryption_alg")
        enc: str = document.get("request_object_encryption_enc", "")
        return cls(
            pushed_only=document.get("require_pushed_authorization_requests", False),
            signed_only=document.get("require_signed_request_object", False),
            signing_alg=None if alg is None else RequestAlg(alg),
            encryption=None if key_alg is None else Encryption(KeyAlg(key_alg), ContentEnc(enc)),
            uris=tuple(document.get("request_uris", ())),
        )


def read(fields: Fields, *, production: bool) -> RequestRules:
    alg = None
    if fields.given("request_object_signing_alg") is not None:
        alg = fields.choice("request_object_signing_alg", RequestAlg, _UNBUILT_ALGS, default=RequestAlg.RS256)
    return RequestRules(
        pushed_only=fields.flag("require_pushed_authorization_requests", default=False),
        signed_only=fields.flag("require_signed_request_object", default=False),
        signing_alg=alg,
        encryption=_encryption(fields),
        uris=_uris(fields, production=production),
    )


def _encryption(fields: Fields) -> Encryption | None:
    alg_name, enc_name = "request_object_encryption_alg", "request_object_encryption_enc"
    enc = fields.choice(enc_name, ContentEnc, UNBUILT_ENCS, default=ContentEnc.A128CBC_HS256)
    if fields.given(alg_name) is None:
        if fields.given(enc_name) is not None:
            fields.refuse(enc_name, "inconsistent", f"{enc_name} stands without {alg_name}.", found=enc.value)
        return None
    alg = fields.choice(alg_name, RequestKeyAlg, _UNBUILT_KEY_ALGS, default=RequestKeyAlg.ECDH_ES)
    return Encryption(KeyAlg(alg.value), enc)


def _uris(fields: Fields, *, production: bool) -> tuple[str, ...]:
    items = fields.texts("request_uris", most=_MOST_URIS, longest=LONGEST) or {}
    for index, uri in items.items():
        fault = web_page_fault(uri, production=production)
        if fault is not None:
            fields.refuse(f"request_uris/{index}", fault.code, fault.detail, found=uri, expected=fault.expected)
    return tuple(dict.fromkeys(items.values()))
