import base64
import json
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, bindparam, case, delete, func, literal, select, update

from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit
from idp.signing.certificates import Certificate, certify, read_certificate
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
    activated_at: int | None = None
    retired_at: int | None = None
    due_at: int | None = None


class Ages(NamedTuple):
    """Of the keys that sign now: when the oldest began to."""

    signing: int
    oldest_at: int | None


class Due(NamedTuple):
    """A key that the schedule has something to do with."""

    tenant_id: str
    kid: str


_mine = own(keys), keys.c.kid == bindparam("the_kid")
_whole = select(*[c for c in keys.c if c.key != "tenant_id"]).where(own(keys)).order_by(keys.c.created_at, keys.c.kid)
_EVERY = query(_whole, StoredKey)
_AGES = query(
    select(func.count().label("signing"), func.min(keys.c.activated_at).label("oldest_at")).where(
        keys.c.status == Status.ACTIVE.value
    ),
    Ages,
    platform=True,
)
_PUBLISHED = query(_whole.where(keys.c.status != Status.REVOKED.value), StoredKey)
_ADD = add_new(keys)
_ACTIVATE = command(
    update(keys)
    .where(*_mine, keys.c.status == Status.NEXT.value)
    .values(status=Status.ACTIVE.value, activated_at=bindparam("at"), due_at=bindparam("at"))
)
# What signs no more does not keep what it signed with; what is encrypted to a key that is published can be read, and a
# service of SAML may wait for another day to change over.
_KEEPING = [Use.REQUEST_OBJECT.value, Use.SAML.value]
_LEFT = case((keys.c.use.in_(_KEEPING), keys.c.private_sealed), else_=literal(b"", LargeBinary))
_RETIRE = command(
    update(keys)
    .where(*_mine, keys.c.status == Status.ACTIVE.value)
    .values(status=Status.RETIRING.value, retired_at=bindparam("at"), due_at=bindparam("until"), private_sealed=_LEFT)
)
_REVOKE = command(
    update(keys)
    .where(*_mine, keys.c.status != Status.REVOKED.value)
    .values(status=Status.REVOKED.value, retired_at=bindparam("at"), due_at=None, private_sealed=b"")
)
_REMOVE = command(delete(keys).where(*_mine, keys.c.status == Status.RETIRING.value, keys.c.due_at <= bindparam("at")))
_LOOK_AGAIN = command(
    update(keys).where(*_mine, keys.c.status == Status.ACTIVE.value).values(due_at=bindparam("instant"))
)
_PUT_OFF = command(
    update(keys).where(*_mine, keys.c.status == Status.RETIRING.value).values(due_at=bindparam("instant"))
)
_DUE = query(
    select(keys.c.tenant_id, keys.c.kid)
    .where(keys.c.due_at <= bindparam("at"))
    .order_by(keys.c.due_at, keys.c.kid)
    .limit(bindparam("limit")),
    Due,
    platform=True,
)
_successors = keys.alias()
_AGED = query(
    select(keys.c.tenant_id, keys.c.kid)
    .where(
        keys.c.status == Status.ACTIVE.value,
        keys.c.use.not_in([use.value for use in Use if use.in_certificates]),
        keys.c.activated_at <= bindparam("activated"),
        _successors.c.tenant_id == keys.c.tenant_id,
        _successors.c.use == keys.c.use,
        _successors.c.alg == keys.c.alg,
        _successors.c.status == Status.NEXT.value,
        _successors.c.created_at <= bindparam("published"),
    )
    .order_by(keys.c.activated_at, keys.c.kid)
    .limit(bindparam("limit")),
    Due,
    platform=True,
)


def every(unit: Unit) -> list[StoredKey]:
    """In the order of their making; revoked ones, too."""
    return unit.all(_EVERY)


def published(unit: Unit) -> list[StoredKey]:
    return unit.all(_PUBLISHED)


def stored(unit: Unit, kid: str) -> StoredKey:
    """As it stands in the database, sealed."""
    return next(key for key in published(unit) if key.kid == kid)


def certificate_of(key: StoredKey) -> Certificate:
    """Of a key that is published in one."""
    return read_certificate(json.loads(key.public_jwk)["x5c"][0])


def keep_retired(unit: Unit, key: StoredKey) -> None:
    """A key of which this database knows nothing, or no longer: it is published, so that what it signed can be
    verified, and signs nothing more."""
    left = {"status": Status.RETIRING.value, "private_sealed": b"", "retired_at": unit.now_us, "due_at": None}
    unit.run(_ADD, **key._asdict() | left)


def generate(alg: Alg) -> Private:
    """Takes up to a second for RSA: do it outside any transaction, then `add_key`."""
    return generate_private(alg)


def add_key(unit: Unit, use: Use, alg: Alg, private: Private, *, status: Status = Status.ACTIVE) -> str | None:
    """Its `kid`, as the tenant's active or next key of this use and algorithm; None when another was first."""
    jwk: dict[str, Any] = public_jwk(private)
    kid = jwk["kid"]
    if use.in_certificates:  # once: services compare it octet for octet (RFC 7517 4.7)
        jwk["x5c"] = [base64.b64encode(certify(private, name=unit.tenant, now_us=unit.now_us)).decode()]
    signs = status is Status.ACTIVE
    added = unit.run(
        _ADD,
        kid=kid,
        use=use.value,
        alg=alg.value,
        status=status.value,
        public_jwk=json.dumps(jwk),
        private_sealed=unit.seal("signing_keys", "private_sealed", kid, to_pkcs8(private)),
        created_at=unit.now_us,
        activated_at=unit.now_us if signs else None,
        retired_at=None,
        due_at=unit.now_us if signs else None,  # its successor is to be made
    )
    return kid if added else None


def activate(unit: Unit, kid: str) -> None:
    """It signs from now on; the one before has made room."""
    unit.run(_ACTIVATE, the_kid=kid, at=unit.now_us)


def retire(unit: Unit, kid: str, *, until: int | None) -> None:
    unit.run(_RETIRE, the_kid=kid, at=unit.now_us, until=until)


def revoke(unit: Unit, kid: str) -> None:
    unit.run(_REVOKE, the_kid=kid, at=unit.now_us)


def remove(unit: Unit, kid: str) -> bool:
    """Whether it was there, and its time over."""
    return unit.run(_REMOVE, the_kid=kid, at=unit.now_us) == 1


def look_again(unit: Unit, kid: str, at: int | None) -> None:
    """When the schedule has to look at an active key again; None: when it has come of age."""
    unit.run(_LOOK_AGAIN, the_kid=kid, instant=at)


def put_off(unit: Unit, kid: str, until: int) -> None:
    """How long a retiring key stays."""
    unit.run(_PUT_OFF, the_kid=kid, instant=until)


def due(unit: Unit, *, activated: int, published_before: int, limit: int) -> list[Due]:
    """Keys without a successor, retiring ones whose time is over, and active ones since `activated` whose successor has
    been published since `published_before`; but a certificate, which services are often given by hand, is replaced when
    somebody says so. Needs a unit of the platform."""
    waiting = unit.all(_DUE, at=unit.now_us, limit=limit)
    return waiting + unit.all(_AGED, activated=activated, published=published_before, limit=limit)


def ages(unit: Unit) -> Ages:
    """Of all tenants; needs a unit of the platform."""
    row = unit.one(_AGES)
    assert row is not None
    return row
