"""Answers that a browser carries only a reference to (bindings 3.6), and the service fetches directly.

The reference names us and has 160 random bits; what is kept is its digest, and the answer, sealed. It is good for a
minute, once, and for the service that the answer is for: one conditional write takes it away. Whoever shows one that
is used, over, another's or nobody's is answered alike (core 3.5.3).
"""

import base64
import binascii
import secrets
from hashlib import sha1, sha256
from typing import NamedTuple

from sqlalchemy import bindparam, delete

from idp.kit.clock import SECOND
from idp.kit.db import addition, own, query
from idp.kit.units import Unit
from idp.saml.tables import artifacts

LIFETIME = 60 * SECOND
_TYPE = b"\x00\x04"
_ENDPOINT = b"\x00\x00"  # of our metadata's resolution services: there is one
_HANDLE = 20
_SIZE = len(_TYPE + _ENDPOINT) + 20 + _HANDLE


class _Row(NamedTuple):
    id: str
    service_id: str
    grant_id: str | None
    message: bytes
    expires_at: int


class Kept(NamedTuple):
    """`grant_id` is what the answer gives; None where it gives nothing."""

    grant_id: str | None
    message: bytes


class _Taken(NamedTuple):
    id: str
    grant_id: str | None
    message: bytes


_ADD = addition(artifacts, _Row)
_TAKE = query(
    delete(artifacts)
    .where(
        own(artifacts),
        artifacts.c.id == bindparam("artifact"),
        artifacts.c.service_id == bindparam("service"),
        artifacts.c.expires_at > bindparam("now"),
    )
    .returning(artifacts.c.id, artifacts.c.grant_id, artifacts.c.message),
    _Taken,
)


def new_artifact(entity_id: str) -> str:
    """Bindings 3.6.4.2. Its SHA-1 is a name of ours and protects nothing."""
    source = sha1(entity_id.encode(), usedforsecurity=False).digest()
    return base64.b64encode(_TYPE + _ENDPOINT + source + secrets.token_bytes(_HANDLE)).decode()


def keep(unit: Unit, artifact: str, message: bytes, *, service_id: str, grant_id: str | None) -> None:
    name = _name(artifact)
    sealed = unit.seal("artifacts", "message", name, message)
    unit.append(_ADD, _Row(name, service_id, grant_id, sealed, unit.now_us + LIFETIME))


def take(unit: Unit, artifact: str, *, service_id: str) -> Kept | None:
    """What was kept under it for this service, this once."""
    if not _is_one(artifact):
        return None
    row = unit.one(_TAKE, artifact=_name(artifact), service=service_id, now=unit.now_us)
    return None if row is None else Kept(row.grant_id, unit.open_sealed("artifacts", "message", row.id, row.message))


def _is_one(text: str) -> bool:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(data) == _SIZE and data.startswith(_TYPE + _ENDPOINT)


def _name(artifact: str) -> str:
    return sha256(artifact.encode()).hexdigest()
