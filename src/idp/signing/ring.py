"""Key objects of this process, each made once."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.signing import store
from idp.signing.keys import Alg, PublicKey, SigningKey, Status, Use, from_pkcs8


@dataclass(frozen=True, slots=True)
class KeySet:
    """A tenant's keys at one revision: those that sign now, and all that are published (RFC 7517 5)."""

    active: Mapping[tuple[Use, str], SigningKey]
    published: tuple[PublicKey, ...]

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        return {"keys": [{**key.jwk, "alg": key.alg.value, "use": "sig"} for key in self.published]}


def read_jwks(document: object) -> list[PublicKey]:
    """The keys of a published set (RFC 7517 5) that could be ours."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return []
    known = {alg.value for alg in Alg}
    ours = [
        key for key in listed if isinstance(key, dict) and key.get("alg") in known and isinstance(key.get("kid"), str)
    ]
    return [PublicKey(key["kid"], Use.CERTIFICATE, Alg(key["alg"]), Status.ACTIVE, key) for key in ours]


class KeyRing:
    """Every tenant's keys that this process has used; a key object outlives the revisions it is seen in."""

    def __init__(self) -> None:
        self._keys: dict[tuple[TenantId, str], SigningKey] = {}
        self._lock = threading.Lock()

    def load(self, unit: Unit) -> KeySet:
        active: dict[tuple[Use, str], SigningKey] = {}
        published: list[PublicKey] = []
        for row in store.published(unit):
            public = PublicKey(row.kid, Use(row.use), Alg(row.alg), Status(row.status), json.loads(row.public_jwk))
            published.append(public)
            if public.status is Status.ACTIVE:
                active[public.use, public.alg] = self._key(unit, public, row.private_sealed)
        return KeySet(active, tuple(published))

    def _key(self, unit: Unit, public: PublicKey, sealed: bytes) -> SigningKey:
        with self._lock:
            found = self._keys.get((unit.tenant, public.kid))
            if found is None:
                der = unit.open_sealed("signing_keys", "private_sealed", public.kid, sealed)
                found = self._keys[unit.tenant, public.kid] = SigningKey(public, from_pkcs8(der))
            return found
