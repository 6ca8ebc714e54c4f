"""Signing keys, one set for each tenant and use, and the only door to JOSE.

A key of one use never signs for another, so a token of one kind cannot pass for one of another kind. Private keys are
sealed in the database and made into key objects once per process: importing one costs more than a hundred signatures.
Signing joins the compact form by hand around cryptography's signature, because a general library costs more than the
signature itself on the token endpoint; everything that arrives from outside is parsed by joserfc behind `verify`.

A key is published before it signs and after it has (`lifecycle`). A revoked key is published no more, and nothing that
it has signed is taken by us, expired or not: not a token at introspection or userinfo, not a hint. What was never
signed, an opaque token or a refresh token, is none the worse for it.
"""

from idp.signing.certificates import Certificate, any_verifies, certify, read_certificate
from idp.signing.chains import Chain, Link, chain
from idp.signing.decrypting import decrypt, is_encrypted
from idp.signing.encrypting import ContentEnc, KeyAlg, encrypt, key_for_encryption
from idp.signing.expiry import next_warning, threshold
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
from idp.signing.jose import Unverified, key_id, unverified_claims, verify
from idp.signing.keys import Alg, Private, PublicKey, SigningKey, Status, Use, b64, left_half
from idp.signing.lifecycle import PUBLISHED_BEFORE, Pair, pairs, published_until, signs_from
from idp.signing.listed import LISTED, listed
from idp.signing.ring import KeyRing, KeySet, read_jwks
from idp.signing.store import (
    Ages,
    Due,
    StoredKey,
    activate,
    add_key,
    ages,
    certificate_of,
    due,
    every,
    generate,
    keep_retired,
    look_again,
    put_off,
    remove,
    retire,
    revoke,
    stored,
)
from idp.signing.switching import STEP_BACK, Switch, begun, kept_until, stepped_back
from idp.signing.warned import warns_first
from idp.signing.xml_algorithms import ContentCipher, DigestAlg, KeyTransport, SignatureAlg
from idp.signing.xml_keys import Enciphered, XmlKey, encipher_to

__all__ = [
    "LARGEST_SET",
    "LISTED",
    "PUBLISHED_BEFORE",
    "SHARED_ALG",
    "STEP_BACK",
    "Ages",
    "Alg",
    "BadKey",
    "Certificate",
    "Chain",
    "ContentCipher",
    "ContentEnc",
    "DigestAlg",
    "Due",
    "Enciphered",
    "ForeignAlg",
    "ForeignKey",
    "KeyAlg",
    "KeyRing",
    "KeySet",
    "KeyTransport",
    "Link",
    "Pair",
    "Possessed",
    "Private",
    "PublicKey",
    "Seen",
    "SignatureAlg",
    "SigningKey",
    "Status",
    "StoredKey",
    "Switch",
    "UnknownKey",
    "Unverified",
    "Use",
    "XmlKey",
    "activate",
    "add_key",
    "ages",
    "any_verifies",
    "b64",
    "begun",
    "certificate_of",
    "certify",
    "chain",
    "decrypt",
    "due",
    "encipher_to",
    "encrypt",
    "every",
    "generate",
    "is_encrypted",
    "keep_retired",
    "kept_until",
    "key_for_encryption",
    "key_id",
    "left_half",
    "listed",
    "look",
    "look_again",
    "next_warning",
    "pairs",
    "published_until",
    "put_off",
    "read_certificate",
    "read_jwks",
    "read_key",
    "read_key_set",
    "remove",
    "retire",
    "revoke",
    "signs_from",
    "stepped_back",
    "stored",
    "threshold",
    "unverified_claims",
    "verify",
    "verify_foreign",
    "verify_possessed",
    "verify_shared",
    "warns_first",
]
