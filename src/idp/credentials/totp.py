"""Codes of an authenticator app (RFC 6238): SHA-1, six digits, thirty seconds, as every such app assumes."""

import hmac
import secrets
from base64 import b32encode
from collections.abc import Iterator

from pyotp import TOTP

from idp.kit.clock import SECOND

_STEP = 30 * SECOND
_SKEW = 1  # steps either way that a telephone's clock may be wrong by (RFC 6238 5.2)
_SECRET = 20  # bytes: as long as the hash (RFC 4226 4, R6)


def new_secret() -> bytes:
    return secrets.token_bytes(_SECRET)


def written(secret: bytes) -> str:
    """As people type it where there is no camera."""
    return b32encode(secret).decode()


def address(secret: bytes, *, account: str, issuer: str) -> str:
    """What a picture of it holds (`otpauth:`)."""
    return str(TOTP(written(secret)).provisioning_uri(name=account, issuer_name=issuer))


def step_of(secret: bytes, code: str, *, now_us: int, after: int) -> int | None:
    """The time step that the code belongs to, if it is a step of now and later than `after`: one that was used, and
    whatever lies before it, is never good again (RFC 6238 5.2)."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    one_time = TOTP(written(secret))
    matching = [step for step in _steps(now_us) if hmac.compare_digest(one_time.generate_otp(step), digits)]
    return next((step for step in matching if step > after), None)


def _steps(now_us: int) -> Iterator[int]:
    now = now_us // _STEP
    return (step for step in range(now - _SKEW, now + _SKEW + 1) if step >= 0)
