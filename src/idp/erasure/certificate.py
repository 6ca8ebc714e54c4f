"""The certificate: what was erased, when, how much of it and by whom, for whoever has the operator's public keys.

`sha256` is over the RFC 8785 form of the members other than itself and `signature`. The signature is a JWS (RFC 7515)
whose payload is the RFC 8785 form of all members but itself, so that it can be read without the document, too. Ids and
counts alone: no name, no address.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Any, NamedTuple

from idp import signing
from idp.kit import canonical_json
from idp.kit.clock import rfc3339
from idp.signing import PublicKey, SigningKey, Unverified

TYP = "erasure-certificate+jws"
_SIGNATURE = "signature"
_DIGEST = "sha256"


class Untrue(ValueError):
    """The document is not what was signed, or was not signed by one of these keys."""


class Certificate(NamedTuple):
    """Of one contract; `tenant` is its name in URLs, `counts` are rows that are gone, by what they were."""

    contract: str
    tenant: str
    erased_at: int
    erased_by: str
    counts: Mapping[str, int]


def signed(certificate: Certificate, key: SigningKey) -> dict[str, Any]:
    members: dict[str, Any] = {
        **certificate._asdict(),
        "erased_at": rfc3339(certificate.erased_at),
        "counts": dict(sorted(certificate.counts.items())),
    }
    members[_DIGEST] = _digest(members)
    in_order = {name: members[name] for name in sorted(members)}  # the signer writes members as they come
    return {**members, _SIGNATURE: key.sign(in_order, typ=TYP)}


def verify(document: Mapping[str, Any], keys: Iterable[PublicKey]) -> None:
    """Needs nothing but the document and the operator's keys. Raises `Untrue`."""
    said = {name: value for name, value in document.items() if name != _SIGNATURE}
    token, digest = document.get(_SIGNATURE), said.get(_DIGEST)
    if not isinstance(token, str) or not isinstance(digest, str):
        raise Untrue("it has no signature, or no hash")
    try:
        if not compare_digest(digest.encode(), _digest(said).encode()):
            raise Untrue("the hash is not that of the document")
        if signing.verify(token, keys, typ=TYP) != said:
            raise Untrue("the signature is that of another document")
    except Unverified as error:
        raise Untrue(f"the signature does not hold: {error}") from error
    except ValueError as error:
        raise error if isinstance(error, Untrue) else Untrue(str(error)) from error


def _digest(members: Mapping[str, Any]) -> str:
    return sha256(canonical_json.encode({k: v for k, v in members.items() if k != _DIGEST})).hexdigest()
