import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, or_, select, update

from idp.credentials.model import ApiKey, Invitation, KeyScope
from idp.credentials.permissions import parse
from idp.credentials.tables import api_keys, invitations, passwords
from idp.kit.asking import Filter, Flag, named_like
from idp.kit.db import command, own, query
from idp.kit.ids import TenantId
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit


class _Hash(NamedTuple):
    hash: bytes


class KeyRow(NamedTuple):
    id: str
    tenant_id: str
    digest: bytes
    scope: str
    partner_id: str
    name: str
    permissions: str
    expires_at: int | None
    created_at: int
    used_at: int | None
    owner: str
    maker: str
    description: str
    networks: str
    digest_before: bytes | None
    before_until: int | None


class FoundKey(NamedTuple):
    """A key with the digest of its secret, and that of the one before, which is good until `before_until`."""

    key: ApiKey
    digest: bytes
    digest_before: bytes | None
    before_until: int | None


def _put_password(dialect: Any) -> Any:
    statement = dialect.insert(passwords)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "user_id"], set_={"hash": new.hash, "set_at": new.set_at}
    )


_PUT_PASSWORD = command(_put_password)
_ADD_PASSWORDS = command(insert(passwords))
_HASH = query(select(passwords.c.hash).where(own(passwords), passwords.c.user_id == bindparam("user")), _Hash)
_DELETE_PASSWORD = command(delete(passwords).where(own(passwords), passwords.c.user_id == bindparam("user")))

_KEY = [api_keys.c[name] for name in KeyRow._fields]
_ADD_KEY = command(insert(api_keys))
# Who the bearer is decides whose tenant it will be: the one look-up that begins without one.
_FIND_KEY = query(select(*_KEY).where(api_keys.c.id == bindparam("id")), KeyRow, platform=True)
_MINE = (own(api_keys), api_keys.c.partner_id == bindparam("partner"), api_keys.c.id == bindparam("id"))
_GET_KEY = query(select(*_KEY).where(*_MINE), KeyRow)
_DELETE_KEY = command(delete(api_keys).where(*_MINE))
_REPLACE_SECRET = command(
    update(api_keys)
    .where(own(api_keys), api_keys.c.id == bindparam("of_id"))
    .values(
        digest_before=api_keys.c.digest,
        before_until=bindparam("until"),
        digest=bindparam("new_digest"),
        maker=bindparam("new_maker"),
    )
)
_END_FORMER = command(
    update(api_keys)
    .where(*_MINE, api_keys.c.before_until > bindparam("now"))
    .values(digest_before=None, before_until=bindparam("now"))
)
_USED = command(
    update(api_keys)
    .where(
        api_keys.c.id == bindparam("of_id"),
        or_(api_keys.c.used_at.is_(None), api_keys.c.used_at < bindparam("before")),
    )
    .values(used_at=bindparam("now")),
    platform=True,
)


_ADD_INVITATION = command(insert(invitations))
_INVITATION = query(
    select(*(invitations.c[name] for name in Invitation._fields)).where(
        own(invitations), invitations.c.id == bindparam("id")
    ),
    Invitation,
)
_FORGET_INVITATIONS = command(delete(invitations).where(own(invitations), invitations.c.user_id == bindparam("user")))
_USE_INVITATION = command(
    delete(invitations).where(
        own(invitations),
        invitations.c.id == bindparam("id"),
        invitations.c.digest == bindparam("shown"),
        invitations.c.expires_at > bindparam("now"),
    )
)


def put_password(unit: Unit, user_id: str, encoded: str) -> None:
    unit.run(_PUT_PASSWORD, **_password_row(unit, user_id, encoded))


def add_passwords(unit: Unit, user_ids: Sequence[str], encoded: str) -> None:
    unit.run_many(_ADD_PASSWORDS, [_password_row(unit, user_id, encoded) for user_id in user_ids])


def password_hash(unit: Unit, user_id: str) -> str | None:
    row = unit.one(_HASH, user=user_id)
    return None if row is None else unit.open_sealed("passwords", "hash", user_id, row.hash).decode()


def delete_password(unit: Unit, user_id: str) -> bool:
    return unit.run(_DELETE_PASSWORD, user=user_id) == 1


def add_key(unit: Unit, key: ApiKey, digest: bytes) -> None:
    unit.run(
        _ADD_KEY,
        id=key.id,
        digest=digest,
        scope=key.scope.value,
        partner_id=key.partner_id,
        name=key.name,
        permissions=" ".join(sorted(map(str, key.permissions))),
        expires_at=key.expires_at,
        created_at=key.created_at,
        used_at=None,
        owner=key.owner,
        maker=key.maker,
        description=key.description,
        networks=json.dumps(key.networks),
        digest_before=None,
        before_until=None,
    )


def find_key(unit: Unit, key_id: str) -> FoundKey | None:
    """Whosever it is; needs a unit of the platform."""
    row = unit.one(_FIND_KEY, id=key_id)
    return None if row is None else FoundKey(_key(row), row.digest, row.digest_before, row.before_until)


def get_key(unit: Unit, key_id: str, *, partner: str) -> ApiKey | None:
    row = unit.one(_GET_KEY, id=key_id, partner=partner)
    return None if row is None else _key(row)


def replace_secret(unit: Unit, key: ApiKey, digest: bytes, *, until: int) -> None:
    """The secret that it has now is good `until` then."""
    unit.run(_REPLACE_SECRET, of_id=key.id, new_digest=digest, new_maker=key.maker, until=until)


def end_former(unit: Unit, key_id: str, *, partner: str) -> bool:
    """False where the present secret is the only one."""
    return unit.run(_END_FORMER, id=key_id, partner=partner, now=unit.now_us) == 1


def keys(unit: Unit, *, partner: str, after: str, limit: int) -> list[ApiKey]:
    return KEYS.page(unit, Question(after=after, limit=limit), partner=partner).items


def delete_key(unit: Unit, key_id: str, *, partner: str) -> bool:
    return unit.run(_DELETE_KEY, id=key_id, partner=partner) == 1


def mark_used(unit: Unit, key_id: str, *, before: int) -> None:
    """Unless it is marked since `before`; needs a unit of the platform."""
    unit.run(_USED, of_id=key_id, before=before, now=unit.now_us)


def _password_row(unit: Unit, user_id: str, encoded: str) -> dict[str, Any]:
    sealed = unit.seal("passwords", "hash", user_id, encoded.encode())
    return {"tenant_id": unit.tenant, "user_id": user_id, "hash": sealed, "set_at": unit.now_us}


def _key(row: KeyRow) -> ApiKey:
    held = frozenset(permission for text in row.permissions.split() if (permission := parse(text)))
    return ApiKey(
        id=row.id,
        tenant=TenantId(row.tenant_id),
        scope=KeyScope(row.scope),
        partner_id=row.partner_id,
        name=row.name,
        permissions=held,
        expires_at=row.expires_at,
        created_at=row.created_at,
        used_at=row.used_at,
        owner=row.owner,
        maker=row.maker,
        description=row.description,
        networks=tuple(json.loads(row.networks)),
        turned=row.before_until,
    )


def add_invitation(unit: Unit, invitation: Invitation) -> None:
    unit.run(_ADD_INVITATION, **invitation._asdict())


def invitation(unit: Unit, invitation_id: str) -> Invitation | None:
    return unit.one(_INVITATION, id=invitation_id)


def forget_invitations(unit: Unit, user_id: str) -> None:
    unit.run(_FORGET_INVITATIONS, user=user_id)


def use_invitation(unit: Unit, invitation_id: str, digest: bytes) -> bool:
    """True for exactly one caller, and for nobody once it has expired."""
    return unit.run(_USE_INVITATION, id=invitation_id, shown=digest, now=unit.now_us) == 1


def _has_expired(unit: Unit, row: KeyRow, wanted: bool) -> bool:
    return (row.expires_at is not None and row.expires_at <= unit.now_us) is wanted


KEYS: Listing[ApiKey] = Listing(
    rows=select(*_KEY).where(own(api_keys), api_keys.c.partner_id == bindparam("partner")),
    row=KeyRow,
    make=lambda _, row: _key(row),
    orders={"name": "name"},
    filters={
        "q": named_like("name", example="script", meaning="Those in whose name it stands, in any case and width."),
        "expired": Filter(
            takes=Flag(), meaning="Those that open nothing any more, or those that still do.", sieve=_has_expired
        ),
        "used": Filter(
            takes=Flag(),
            meaning="Those that were ever used, or those that never were.",
            where={True: api_keys.c.used_at.is_not(None), False: api_keys.c.used_at.is_(None)},
        ),
    },
)
