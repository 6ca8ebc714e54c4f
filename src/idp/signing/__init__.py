"""Signing keys, one set for each tenant and use, and the only door to JOSE.

A key of one use never signs for another, so a token of one kind cannot pass for one of another kind. Private keys are
sealed in the database and made into key objects once per process: importing one costs more than a hundred signatures.
Signing joins the compact form by hand around cryptography's signature, because a general library costs more than the
signature itself on the token endpoint; everything that arrives from outside is parsed by joserfc behind `verify`.
"""

from idp.signing.foreign import (
    SHARED_ALG,
    Possessed,
    Seen,
    UnknownKey,
    look,
    verify_foreign,
    verify_possessed,
    verify_shared,
)
from idp.signing.foreign_keys import LARGEST_SET, BadKey, ForeignAlg, ForeignKey, read_key, read_key_set
from idp.signing.jose import Unverified, unverified_claims, verify
from idp.signing.keys import Alg, Private, PublicKey, SigningKey, Status, Use, b64, left_half
from idp.signing.ring import KeyRing, KeySet, read_jwks
from idp.signing.store import StoredKey, add_key, generate, keep_retired, stored

__all__ = [
    "LARGEST_SET",
    "SHARED_ALG",
    "Alg",
    "BadKey",
    "ForeignAlg",
    "ForeignKey",
    "KeyRing",
    "KeySet",
    "Possessed",
    "Private",
    "PublicKey",
    "Seen",
    "SigningKey",
    "Status",
    "StoredKey",
    "UnknownKey",
    "Unverified",
    "Use",
    "add_key",
    "b64",
    "generate",
    "keep_retired",
    "left_half",
    "look",
    "read_jwks",
    "read_key",
    "read_key_set",
    "stored",
    "unverified_claims",
    "verify",
    "verify_foreign",
    "verify_possessed",
    "verify_shared",
]
