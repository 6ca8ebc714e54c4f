"""Signing keys, one set for each tenant and use, and the only door to JOSE.

A key of one use never signs for another, so a token of one kind cannot pass for one of another kind. Private keys are
sealed in the database and made into key objects once per process: importing one costs more than a hundred signatures.
Signing joins the compact form by hand around cryptography's signature, because a general library costs more than the
signature itself on the token endpoint; everything that arrives from outside is parsed by joserfc behind `verify`.
"""

from idp.signing.jose import Unverified, unverified_claims, verify
from idp.signing.keys import Alg, Private, PublicKey, SigningKey, Status, Use, b64, left_half
from idp.signing.ring import KeyRing, KeySet, read_jwks
from idp.signing.store import StoredKey, add_key, generate, keep_retired, stored

__all__ = [
    "Alg",
    "KeyRing",
    "KeySet",
    "Private",
    "PublicKey",
    "SigningKey",
    "Status",
    "StoredKey",
    "Unverified",
    "Use",
    "add_key",
    "b64",
    "generate",
    "keep_retired",
    "left_half",
    "read_jwks",
    "stored",
    "unverified_claims",
    "verify",
]
