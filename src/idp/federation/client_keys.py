"""How a client that signs is recognised: its keys, given or to be fetched, and by what it signs who it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from idp import signing
from idp.federation.oidc_vocabulary import UNBUILT_ASSERTION_ALGS, AssertionAlg, AuthMethod
from idp.federation.redirect_uris import LONGEST, web_page_fault
from idp.kit.egress import read_target
from idp.kit.fields import Fields
from idp.signing import BadKey, ForeignKey

NAMES = frozenset({"jwks", "jwks_uri", "token_endpoint_auth_signing_alg"})
_KINDS = {
    "private_key": "A private key was sent; whoever has seen it can be this client.",
    "symmetric_key": "A symmetric key is no public key.",
}


@dataclass(frozen=True, kw_only=True)
class ClientKeys:
    """`jwks` as it was registered, or `jwks_uri`, never both (RFC 7591 2). `assertion_alg` is the only one by which
    assertions are taken; None leaves it at those of the client's profile."""

    jwks: str | None = None
    jwks_uri: str | None = None
    assertion_alg: AssertionAlg | None = None

    @cached_property
    def given(self) -> tuple[ForeignKey, ...]:
        """The registered set, parsed the first time and kept with the client."""
        return () if self.jwks is None else signing.read_key_set(json.loads(self.jwks))

    @property
    def exist(self) -> bool:
        return self.jwks is not None or self.jwks_uri is not None

    def to_json(self) -> dict[str, Any]:
        shown = {
            "jwks": None if self.jwks is None else json.loads(self.jwks),
            "jwks_uri": self.jwks_uri,
            "token_endpoint_auth_signing_alg": self.assertion_alg and self.assertion_alg.value,
        }
        return {name: value for name, value in shown.items() if value is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ClientKeys":
        jwks, alg = document.get("jwks"), document.get("token_endpoint_auth_signing_alg")
        return cls(
            jwks=None if jwks is None else _dumped(jwks),
            jwks_uri=document.get("jwks_uri"),
            assertion_alg=None if alg is None else AssertionAlg(alg),
        )


NO_KEYS = ClientKeys()


def read(fields: Fields, method: AuthMethod, *, production: bool) -> ClientKeys:
    """Worth something only if the fields stayed clean."""
    keys = ClientKeys(
        jwks=_jwks(fields), jwks_uri=_jwks_uri(fields, production=production), assertion_alg=_alg(fields, method)
    )
    given = [name for name in ("jwks", "jwks_uri") if fields.given(name) is not None]
    if len(given) == 2:  # RFC 7591 2
        fields.refuse("jwks_uri", "inconsistent", "jwks and jwks_uri exclude each other.")
    elif method is AuthMethod.KEY_JWT and not given:
        detail = "private_key_jwt needs keys: jwks or jwks_uri."
        fields.refuse("token_endpoint_auth_method", "inconsistent", detail, found=method.value, expected="jwks")
    return keys


def _jwks(fields: Fields) -> str | None:
    document = fields.given("jwks")
    if document is None:
        return None
    try:
        text = _dumped(document)
        if len(text) > signing.LARGEST_SET:
            raise BadKey("too_large", "The key set is too large.")
        signing.read_key_set(document)
    except BadKey as bad:
        path = "jwks" if bad.position is None else f"jwks/keys/{bad.position}"
        fields.refuse(path, bad.code, _KINDS.get(bad.code, str(bad)))
        return None
    return text


def _jwks_uri(fields: Fields, *, production: bool) -> str | None:
    uri = fields.text("jwks_uri", longest=LONGEST)
    if uri is None:
        return None
    fault = web_page_fault(uri, production=production)
    if fault is not None:
        fields.refuse("jwks_uri", fault.code, fault.detail, found=uri, expected=fault.expected)
        return None
    try:
        read_target(uri)
    except ValueError:
        fields.refuse("jwks_uri", "invalid_uri", "We would not call this address.", found=uri, expected="https")
    return uri


def _alg(fields: Fields, method: AuthMethod) -> AssertionAlg | None:
    if fields.given("token_endpoint_auth_signing_alg") is None:
        return None
    name = "token_endpoint_auth_signing_alg"
    alg = fields.choice(name, AssertionAlg, UNBUILT_ASSERTION_ALGS, default=AssertionAlg.ES256)
    if fields.clean(name, "token_endpoint_auth_method") and alg.method is not method:
        fitting = [each.value for each in AssertionAlg if each.method is method]
        detail = "This algorithm is not one of the registered authentication method."
        fields.refuse(name, "inconsistent", detail, found=alg.value, expected=fitting)
    return alg


def _dumped(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
