"""What is good once: assertions of clients and proofs of possession, by the name that whoever made them gave them.

One conditional write, in the transaction of the effect. It is kept until the thing itself is over, on every worker and
over restarts.
"""

from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from idp.kit.db import add_new
from idp.kit.units import Unit
from idp.oidc.errors import OAuthError, invalid_client
from idp.oidc.tables import used_proofs
from idp.signing import b64

_USE = add_new(used_proofs)


class Kind(StrEnum):
    ASSERTION = "assertion"
    DPOP = "dpop"
    REQUEST_OBJECT = "request_object"


class Once(NamedTuple):
    """`id` is a hash: what others choose as a name is not ours to store. `expires_at` in microseconds."""

    kind: Kind
    id: str
    expires_at: int


def once(kind: Kind, owner: str, name: str, *, expires_at: int) -> Once:
    """`owner` is whoever must not say the same `name` twice: a client, or a key."""
    parts = (kind.value, owner, name)
    digest = sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).digest()
    return Once(kind, b64(digest).decode(), expires_at)


def use(unit: Unit, thing: Once) -> bool:
    """True for one of all who try."""
    return unit.run(_USE, id=thing.id, expires_at=thing.expires_at) == 1


def use_all(unit: Unit, things: tuple[Once, ...]) -> None:
    """Raises `OAuthError` for one that was used before; then nothing is used."""
    for thing in things:
        if not use(unit, thing):
            refuse_replayed(thing.kind)


def refuse_replayed(kind: Kind) -> None:
    if kind is Kind.ASSERTION:
        invalid_client("this assertion was used before")
    if kind is Kind.DPOP:
        raise OAuthError("invalid_dpop_proof", "This proof was used before.")
    raise OAuthError("invalid_request_object", "This request object was used before.")
