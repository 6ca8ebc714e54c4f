"""Setting passwords, and the life of API keys."""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from idp import audit, users
from idp.audit import Event
from idp.credentials import factor_store, store
from idp.credentials import permissions as grammar
from idp.credentials.model import ApiKey, KeyDraft, KeyScope, NewKey
from idp.credentials.permissions import EVERYTHING, Permission, Permissions, Verb
from idp.kit import clock, ids
from idp.kit.clock import SECOND, rfc3339
from idp.kit.errors import FieldError, Invalid, NotFound, Refused, Unauthenticated
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import Role

_KEY = "ak"
_USE_NOTED_EVERY = 3600 * SECOND


def set_password(unit: Unit, user_id: str, encoded: str) -> None:
    """`encoded` comes from the pool, computed before the unit was opened. Ends what is signed in with the old one.

    Raises `NotFound`.
    """
    users.get(unit, user_id)
    store.put_password(unit, user_id, encoded)
    store.forget_invitations(unit, user_id)
    users.credentials_changed(unit, user_id, can_sign_in=True)
    audit.record(unit, Event.PASSWORD_SET, subject=user_id)


def set_first_passwords(unit: Unit, user_ids: Sequence[str], encoded: str) -> None:
    """The same for many IDs that were created in this unit, as able to sign in."""
    store.add_passwords(unit, user_ids, encoded)
    audit.record(unit, Event.PASSWORD_SET, count=len(user_ids))


def has_password(unit: Unit, user_id: str) -> bool:
    return store.password_hash(unit, user_id) is not None


def forget_user(unit: Unit, user_id: str) -> None:
    """All credentials of an ID that was deleted."""
    store.delete_password(unit, user_id)
    store.forget_invitations(unit, user_id)
    factor_store.forget(unit, user_id)


def read_key(document: Mapping[str, object], *, now_us: int, owned: bool = False) -> KeyDraft:
    """`owned` where it may say whose key it is. Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only({"name", "permissions", "expires_at", *(("owner",) if owned else ())})
    fields.required("name")
    fields.required("permissions")
    draft = KeyDraft(fields.text("name") or "", _permissions(fields), _expiry(fields, now_us), fields.text("owner"))
    fields.finish()
    return draft


def create_key(
    unit: Unit, draft: KeyDraft, *, scope: KeyScope, grantor: Permissions, partner_id: str = "", maker: str = ""
) -> NewKey:
    """A tenant's key in a unit of the tenant, any other in one of the platform. `maker` is the operator's account that
    asks for it, empty for a key of the machine: that alone may make keys for others. Of a customer's key it is the
    operator who could be using it, empty where none could.

    Raises `Refused("forbidden")` when it would hold what its grantor does not, or be another account's; `Invalid` for
    an owner that there is not.
    """
    assert unit.platform is (scope is not KeyScope.TENANT)
    assert bool(partner_id) is (scope is KeyScope.PARTNER)
    beyond = grammar.not_grantable(grantor, draft.permissions)
    if beyond:
        raise Refused("forbidden", "A key gives no permission that its maker does not hold.", detail=str(beyond[0]))
    if draft.owner is not None:
        _check_owner(unit, draft.owner, maker)
    minted = ids.mint(_KEY)
    key = ApiKey(_row_id(minted.id), unit.tenant, scope, partner_id, *draft[:3], unit.now_us, None)
    key = key._replace(owner=draft.owner or maker if scope is KeyScope.OPERATOR else "", maker=maker)
    store.add_key(unit, key, minted.digest)
    audit.record(
        unit, Event.API_KEY_CREATED, subject=key.id, permissions=sorted(map(str, key.permissions)), owner=key.owner
    )
    return NewKey(key, minted.token)


def is_key(bearer: str) -> bool:
    """Whether it could be an API key at all."""
    return bearer.startswith(f"{_KEY}_")


def authenticate_key(unit: Unit, bearer: str) -> ApiKey:
    """Whose key this is; needs a unit of the platform. Raises `Unauthenticated`, alike for every reason."""
    shown = ids.presented(_KEY, bearer)
    found = store.find_key(unit, _row_id(shown.id)) if shown else None
    if shown is None or found is None or not hmac.compare_digest(found[1], shown.digest):
        raise _nobody()
    key = found[0]
    if key.expires_at is not None and key.expires_at <= unit.now_us:
        raise _nobody(f"{key.id} has expired")
    return key if not key.owner else _under_its_owner(unit, key)


def refuse_administrator(
    granting: Permissions, *, had: Iterable[Role], gets: Iterable[Role], proves: bool = False
) -> None:
    """Who makes an administrator, or could sign in as one (`proves`), must hold all that an administrator may.

    Raises `Refused("forbidden")`.
    """
    had, gets = frozenset(had), frozenset(gets)
    becomes = Role.ADMIN in gets - had
    if (becomes or (Role.ADMIN in had and proves)) and grammar.not_grantable(granting, EVERYTHING):
        raise Refused("forbidden", "An administrator may do more than this key.")


def use_is_worth_noting(unit: Unit, key: ApiKey) -> bool:
    """Whether `note_use` would write: the answer of most requests is no, and they need no transaction for it."""
    return key.used_at is None or unit.now_us - key.used_at >= _USE_NOTED_EVERY


def note_use(unit: Unit, key: ApiKey) -> None:
    """At most once an hour: that it is in use is worth a write, when exactly is not. Needs a unit of the platform."""
    if use_is_worth_noting(unit, key):
        store.mark_used(unit, key.id, before=unit.now_us - _USE_NOTED_EVERY + 1)


def keys(unit: Unit, *, partner_id: str = "", after: str = "", limit: int = 50) -> list[ApiKey]:
    """The tenant's; on the platform those of the operators, or of one partner. In the order of creation."""
    return store.keys(unit, partner=partner_id, after=after, limit=limit)


def delete_key(unit: Unit, key_id: str, *, partner_id: str = "") -> None:
    """From this commit on it opens nothing. Raises `NotFound`."""
    if not store.delete_key(unit, key_id, partner=partner_id):
        raise NotFound("api key")
    audit.record(unit, Event.API_KEY_DELETED, subject=key_id)


def key_to_json(key: ApiKey) -> dict[str, Any]:
    """As the admin API shows it: never the secret, which nobody has but its bearer."""
    return {
        "id": key.id,
        "name": key.name,
        "permissions": sorted(map(str, key.permissions)),
        **({"owner": key.owner or None} if key.scope is KeyScope.OPERATOR else {}),
        "expires_at": None if key.expires_at is None else rfc3339(key.expires_at),
        "created_at": rfc3339(key.created_at),
        "last_used_at": None if key.used_at is None else rfc3339(key.used_at),
    }


def permissions_of(roles: Iterable[Role]) -> Permissions:
    """What an operator's account may do: an administrator everything, everybody else reads."""
    return EVERYTHING if Role.ADMIN in roles else frozenset({Permission(None, Verb.READ)})


def _under_its_owner(unit: Unit, key: ApiKey) -> ApiKey:
    owner = users.find(unit, key.owner)
    if owner is None or not owner.active_at(unit.now_us):
        raise _nobody(f"{key.id} is of nobody")
    return key._replace(ceiling=permissions_of(owner.roles))


def _check_owner(unit: Unit, owner: str, maker: str) -> None:
    if maker and owner != maker:
        raise Refused("forbidden", "Nobody makes a key for another account than their own.")
    if users.find(unit, owner) is None:
        error = FieldError("/owner", "unknown_value", "There is no such account.", owner)
        raise Invalid("invalid", "Some fields are wrong.", errors=[error])


def _nobody(detail: str = "") -> Unauthenticated:
    return Unauthenticated("unauthenticated", "This needs a valid API key or access token.", detail=detail)


def _row_id(plain: str) -> str:
    return f"key_{plain}"


def _permissions(fields: Fields) -> Permissions:
    items = fields.texts("permissions", most=100, longest=100) or {}
    found: set[Permission] = set()
    for index, text in items.items():
        permission = grammar.parse(text)
        if permission is None:
            detail = "This permission is not known."
            fields.refuse(f"permissions/{index}", "unknown_value", detail, found=text, expected="users:read, *:read, …")
        else:
            found.add(permission)
    if fields.given("permissions") == []:
        fields.refuse("permissions", "required", "A key without a permission opens nothing.")
    return frozenset(found)


def _expiry(fields: Fields, now_us: int) -> int | None:
    text = fields.text("expires_at")
    if text is None:
        return None
    try:
        at = clock.micros(clock.parse(text))
    except (ValueError, OverflowError):
        detail = "It is no instant with its offset from UTC."
        fields.refuse("expires_at", "invalid_format", detail, found=text, expected="2027-03-31T15:00:00Z")
        return None
    if at <= now_us:
        fields.refuse("expires_at", "past", "It lies in the past.", found=text)
    return at
