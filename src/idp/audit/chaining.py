"""What ties a row to the one before it: a keyed hash over both, so that nobody can compute it who has the database
alone. The key is the platform's and not the tenant's, for the trail outlives the tenant."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from idp.kit import compact
from idp.kit.sealing import PLATFORM, Box, KeyStore

_LINK: Final = "audit link"


def box_of(keys: KeyStore) -> Box:
    return keys.box(PLATFORM)


def link(box: Box, tenant: str, content: Sequence[Any], previous: bytes) -> bytes:
    """Of a row's content, that is all of an `Entry` before its hash, and the hash of the row before it."""
    return box.mac(_LINK, previous + compact.encode((tenant, *content)))


def unkeyed(tenant: str, content: Sequence[Any], previous: bytes) -> bytes:
    """As rows were linked before there was a key to it: believed of those alone that a mark vouches for."""
    return sha256(previous + compact.encode((tenant, *content))).digest()
