"""Signatures of Standard Webhooks 1.0.0, symmetric: HMAC-SHA256 over id, time and body, joined by full stops."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256

_BYTES = 32
_LENGTHS = range(24, 65)
_PREFIX = "whsec_"


def make_secret() -> bytes:
    return secrets.token_bytes(_BYTES)


def read_secret(text: str) -> bytes | None:
    """As it is shown, of 24 to 64 bytes; None of anything else."""
    try:
        secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return None
    return secret if text.startswith(_PREFIX) and len(secret) in _LENGTHS else None


def shown(secret: bytes) -> str:
    return _PREFIX + base64.b64encode(secret).decode()


def headers(message: str, at: int, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """`at` in seconds; a signature for each of the secrets, whichever the receiver knows."""
    signed = f"{message}.{at}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys)
    return {
        "Webhook-Id": message,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
