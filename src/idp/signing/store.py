import json
from typing import NamedTuple

from sqlalchemy import select

from idp.kit.db import add_new, own, query
from idp.kit.units import Unit
from idp.signing.keys import Alg, Private, Status, Use, generate_private, public_jwk, to_pkcs8
from idp.signing.tables import signing_keys as keys


class StoredKey(NamedTuple):
    kid: str
    use: str
    alg: str
    status: str
    public_jwk: str
    private_sealed: bytes
    created_at: int


_ALL = query(
    select(*[c for c in keys.c if c.key != "tenant_id"])
    .where(own(keys), keys.c.status != Status.REVOKED.value)
    .order_by(keys.c.created_at, keys.c.kid),
    StoredKey,
)
_ADD = add_new(keys)


def published(unit: Unit) -> list[StoredKey]:
    return unit.all(_ALL)


def stored(unit: Unit, kid: str) -> StoredKey:
    """As it stands in the database, sealed."""
    return next(key for key in published(unit) if key.kid == kid)


def keep_retired(unit: Unit, key: StoredKey) -> None:
    """A key of which this database knows nothing, or no longer: it is published, so that what it signed can be
    verified, and signs nothing more."""
    unit.run(_ADD, **key._asdict() | {"status": Status.RETIRING.value})


def generate(alg: Alg) -> Private:
    """Takes up to a second for RSA: do it outside any transaction, then `add_key`."""
    return generate_private(alg)


def add_key(unit: Unit, use: Use, alg: Alg, private: Private) -> str | None:
    """Its `kid`, as the tenant's active key of this use and algorithm; None when another was first."""
    jwk = public_jwk(private)
    kid = jwk["kid"]
    added = unit.run(
        _ADD,
        kid=kid,
        use=use.value,
        alg=alg.value,
        status=Status.ACTIVE.value,
        public_jwk=json.dumps(jwk),
        private_sealed=unit.seal("signing_keys", "private_sealed", kid, to_pkcs8(private)),
        created_at=unit.now_us,
    )
    return kid if added else None
