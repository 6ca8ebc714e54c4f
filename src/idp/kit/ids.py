"""Identifiers and bearer secrets.

An id is `kind_` and 32 hex digits: 48 bits of milliseconds, then 80 random bits, or within the same millisecond the
last id and a random step ahead, so that rows made together lie together and a list by id is a list by creation. A
bearer secret is `kind_id_secret_crc` with 256 random bits: the id finds the row and may be logged, the secret never is,
the checksum lets leak scanners and typing errors be told from guesses without a look-up. Only its SHA-256 is stored.
"""

import binascii
import re
import secrets
import threading
from hashlib import sha256
from typing import Final, NamedTuple, NewType

from idp.kit.clock import machine_ns
from idp.kit.randomness import BITS, take

TenantId = NewType("TenantId", str)

_FORM: Final = re.compile(r"([a-z]{2,4})_([0-9a-f]{32})_[A-Za-z0-9_-]{43}_([0-9a-f]{8})")
_AHEAD: Final = BITS - 32  # so many bits of the chance are dropped for a step
_CHECK: Final = 9  # characters of the checksum and what parts it from the rest


class _Sequence:
    """Ids of one process rise strictly, even within a millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        now, chance = machine_ns() // 1_000_000 << BITS, take()
        with self._lock:
            self._last = now | chance if now > self._last else self._last + 1 + (chance >> _AHEAD)
            return self._last


_sequence: Final = _Sequence()


def new(kind: str) -> str:
    return f"{kind}_{_sequence.next():032x}"


def digits() -> str:
    """An id without its kind, for what others than we will read."""
    return f"{_sequence.next():032x}"


class Minted(NamedTuple):
    """A bearer secret at its birth: `token` goes to the bearer once, `id` and `digest` are stored."""

    token: str
    id: str
    digest: bytes


class Presented(NamedTuple):
    """A well-formed secret that somebody showed; whether it is right is for the stored digest to say."""

    id: str
    digest: bytes


def digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def mint(kind: str, row_id: str | None = None) -> Minted:
    """`kind` is two to four letters, such as `rt`; `row_id`, 32 hex digits, when the row exists already."""
    return derived(kind, row_id or digits(), secrets.token_bytes(32))


def spoken(letters: str, length: int) -> str:
    """A secret that a person types: short, so it lives briefly and guesses at it are counted."""
    return "".join(secrets.choice(letters) for _ in range(length))


def derived(kind: str, row_id: str, secret: bytes) -> Minted:
    """As `mint`, from 32 secret bytes that somebody can compute again, so that nobody has to keep them."""
    plain = binascii.b2a_base64(secret, newline=False).rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")
    body = f"{kind}_{row_id}_".encode() + plain
    token = b"%b_%08x" % (body, binascii.crc32(body))
    return Minted(token.decode(), row_id, sha256(token).digest())


def presented(kind: str, token: str) -> Presented | None:
    """None for anything that `mint(kind)` cannot have made; costs no look-up."""
    form = _FORM.fullmatch(token)
    if form is None:
        return None
    named, row_id, check = form.groups()
    raw = token.encode()
    if named != kind or int(check, 16) != binascii.crc32(raw[:-_CHECK]):
        return None
    return Presented(row_id, sha256(raw).digest())
