"""The life of API keys.

A key holds no more than its maker did, and is good from no more networks and no longer than the key that made it. One
that an account or an ID has made may do no more than they may today, and ends with them, one for a partner too; one
that was made with the key of a tenant's person is that person's as well. A key that the machine made, or a key without
an owner, stands by itself: it is cut by deleting it.
"""

import hmac
from collections.abc import Container, Mapping
from typing import Any

from idp import audit, users
from idp.audit import Event
from idp.credentials import permissions as grammar
from idp.credentials import roles, store
from idp.credentials.model import ApiKey, KeyDraft, KeyScope, NewKey
from idp.credentials.permissions import Noun, Permission, Permissions, Verb
from idp.kit import addresses, clock, ids
from idp.kit.clock import SECOND, rfc3339
from idp.kit.errors import FieldError, Invalid, NotFound, Refused, Unauthenticated
from idp.kit.fields import Fields
from idp.kit.units import Unit

KIND = "ak"
LONGEST_OVERLAP = 7 * 86_400
USUAL_OVERLAP = 86_400
_CHANGES_NETWORKS = Permission(Noun.NETWORKS, Verb.WRITE)
_USE_NOTED_EVERY = 3600 * SECOND
_MOST_NETWORKS = 50
_LONGEST_DESCRIPTION = 500
_MEMBERS = frozenset({"name", "permissions", "expires_at", "description", "networks"})


def read_key(
    document: Mapping[str, object], *, now_us: int, owned: bool = False, named: Container[str] = ()
) -> KeyDraft:
    """`owned` where it may say whose key it is; `named` are the networks that it may call by their names. Raises
    `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(_MEMBERS | {"owner"} if owned else _MEMBERS)
    fields.required("name")
    fields.required("permissions")
    draft = KeyDraft(
        fields.text("name") or "",
        roles.read_permissions(fields),
        _expiry(fields, now_us),
        fields.text("owner"),
        fields.text("description", longest=_LONGEST_DESCRIPTION) or "",
        _networks(fields, named),
    )
    fields.finish()
    return draft


def read_rotation(document: Mapping[str, object]) -> int:
    """`{"overlap_seconds"?}`: for how long the secret that is replaced is still good. Raises `Invalid`."""
    fields = Fields(document)
    fields.only({"overlap_seconds"})
    overlap = fields.number("overlap_seconds", default=USUAL_OVERLAP, lowest=0, highest=LONGEST_OVERLAP)
    fields.finish()
    return overlap


def create_key(
    unit: Unit,
    draft: KeyDraft,
    *,
    scope: KeyScope,
    grantor: Permissions,
    partner_id: str = "",
    maker: str = "",
    owner: str = "",
) -> NewKey:
    """A tenant's key in a unit of the tenant, any other in one of the platform. `maker` is the operator's account that
    asks for it, empty for a key of the machine: that alone may make keys for others. Of a customer's key it is the
    operator who could be using it, empty where none could, and `owner` the ID of the tenant that it is of.

    Raises `Refused("forbidden")` when it would hold what its grantor does not, or be another account's; `Invalid` for
    an owner that there is not.
    """
    assert unit.platform is (scope is not KeyScope.TENANT)
    assert bool(partner_id) is (scope is KeyScope.PARTNER)
    _refuse_beyond(grantor, draft.permissions)
    if draft.owner is not None:
        _check_owner(unit, draft.owner, maker)
    minted = ids.mint(KIND)
    key = ApiKey(_row_id(minted.id), unit.tenant, scope, partner_id, *draft[:3], unit.now_us, None)
    key = key._replace(
        owner=draft.owner or maker if scope is KeyScope.OPERATOR else owner,
        maker=maker,
        description=draft.description,
        networks=draft.networks,
    )
    store.add_key(unit, key, minted.digest)
    audit.record(
        unit, Event.API_KEY_CREATED, subject=key.id, permissions=sorted(map(str, key.permissions)), owner=key.owner
    )
    return NewKey(key, minted.token)


def within_bounds(unit: Unit, draft: KeyDraft, maker: ApiKey) -> KeyDraft:
    """A key that is made with another is good from nowhere and at no time that the other is not: where the draft does
    not say, from where and until when that one is. Raises `Invalid`, `not_held`, and `Refused("forbidden")`."""
    here = _networks_in(unit, maker)
    networks = draft.networks or here
    expires_at = maker.expires_at if draft.expires_at is None else draft.expires_at
    errors = []
    if not _is_from_within(networks, maker, here):
        errors.append(
            FieldError("/networks", "not_held", "Nobody makes a key for networks that theirs is not good from.")
        )
    if not _ends_with(expires_at, maker):
        errors.append(FieldError("/expires_at", "not_held", "Nobody makes a key that outlives theirs."))
    if errors:
        raise Invalid("invalid", "Some fields are wrong.", errors=errors)
    _refuse_unbinding(networks, draft.permissions, here)
    return draft._replace(networks=networks, expires_at=expires_at)


def get_key(unit: Unit, key_id: str, *, partner_id: str = "") -> ApiKey:
    """The tenant's; on the platform one of the operators', or of one partner. Raises `NotFound`."""
    key = store.get_key(unit, key_id, partner=partner_id)
    if key is None:
        raise NotFound("api key")
    return key


def rotate_key(unit: Unit, key_id: str, *, asker: ApiKey, overlap_seconds: int, partner_id: str = "") -> NewKey:
    """A new secret for the same key; the one that it has now is good for a while yet. Whoever sees the new one could
    use the key: they hold all of it, and it is their own. What is nobody's only what is nobody's itself turns: it
    would outlive a person or program that has its secret.

    Raises `NotFound`, `Refused("forbidden")`.
    """
    key = get_key(unit, key_id, partner_id=partner_id)
    if key.keeper and key.keeper != asker.owner:
        raise Refused("forbidden", "Nobody rotates the key of another account than their own.")
    made_by_somebody = key.scope is KeyScope.OPERATOR and asker.maker
    if not key.keeper and (asker.owner or asker.program or made_by_somebody):
        raise Refused("forbidden", "A key of nobody's is rotated with one: it would outlive the person or program.")
    here = _networks_in(unit, asker)
    if not (_is_from_within(key.networks, asker, here) and _ends_with(key.expires_at, asker)):
        raise Refused("forbidden", "It is good from more networks, or for longer, than the key that asks.")
    _refuse_unbinding(key.networks, key.permissions, here)
    _refuse_beyond(asker.granting, key.permissions)
    minted = ids.mint(KIND, _plain(key.id))
    until = unit.now_us + overlap_seconds * SECOND
    maker = key.maker if key.scope is KeyScope.OPERATOR else key.maker or asker.begets
    key = key._replace(maker=maker, turned=until)
    store.replace_secret(unit, key, minted.digest, until=until)
    audit.record(unit, Event.API_KEY_ROTATED, subject=key.id, overlap_seconds=overlap_seconds)
    return NewKey(key, minted.token)


def end_former_secret(unit: Unit, key_id: str, *, partner_id: str = "") -> ApiKey:
    """From this commit on the present secret alone opens what the key does; again changes nothing. Raises
    `NotFound`."""
    if store.end_former(unit, get_key(unit, key_id, partner_id=partner_id).id, partner=partner_id):
        audit.record(unit, Event.API_KEY_SECRET_ENDED, subject=key_id)
    return get_key(unit, key_id, partner_id=partner_id)


def is_key(bearer: str) -> bool:
    """Whether it could be an API key at all."""
    return bearer.startswith(f"{KIND}_")


def authenticate_key(unit: Unit, bearer: str) -> ApiKey:
    """Whose key this is; needs a unit of the platform. From where it may be shown is for the caller to ask. Raises
    `Unauthenticated`, alike for every reason."""
    shown = ids.presented(KIND, bearer)
    found = store.find_key(unit, _row_id(shown.id)) if shown else None
    if shown is None or found is None or not _opens(found, shown.digest, unit.now_us):
        raise _nobody()
    key = found.key
    if key.expires_at is not None and key.expires_at <= unit.now_us:
        raise _nobody(f"{key.id} has expired")
    return _under_its_keeper(unit, key) if key.keeper else key


def is_key_id(text: str) -> bool:
    """Whether it is the id of a key, and not that of a person or a program."""
    return text.startswith(_row_id(""))


def find_usable_key(unit: Unit, key_id: str) -> ApiKey | None:
    """As what it may do at this moment; needs a unit of the platform. None where nobody could use it."""
    found = store.find_key(unit, key_id)
    if found is None or (found.key.expires_at is not None and found.key.expires_at <= unit.now_us):
        return None
    try:
        return _under_its_keeper(unit, found.key) if found.key.keeper else found.key
    except Unauthenticated:
        return None


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


def key_to_json(key: ApiKey, now_us: int) -> dict[str, Any]:
    """As the admin API shows it: never the secret, which nobody has but its bearer."""
    former = key.turned if key.turned is not None and now_us < key.turned else None
    return {
        "id": key.id,
        "name": key.name,
        "description": key.description,
        "permissions": sorted(map(str, key.permissions)),
        "networks": list(key.networks),
        "owner": key.keeper or None,
        "expires_at": None if key.expires_at is None else rfc3339(key.expires_at),
        "former_secret_until": None if former is None else rfc3339(former),
        "created_at": rfc3339(key.created_at),
        "last_used_at": None if key.used_at is None else rfc3339(key.used_at),
    }


def _opens(found: store.FoundKey, digest: bytes, now_us: int) -> bool:
    if hmac.compare_digest(found.digest, digest):
        return True
    before, until = found.digest_before, found.before_until
    return before is not None and until is not None and now_us < until and hmac.compare_digest(before, digest)


def _under_its_keeper(unit: Unit, key: ApiKey) -> ApiKey:
    ours = key.scope is not KeyScope.TENANT
    home, scope = (unit, KeyScope.OPERATOR) if ours else (unit.inside(key.tenant), key.scope)
    keeper = users.find(home, key.keeper)
    if keeper is None or not keeper.active_at(unit.now_us):
        raise _nobody(f"{key.id} is of nobody")
    return key._replace(ceiling=roles.permissions_of(home, scope, keeper.id, of_id=keeper.roles))


def _refuse_beyond(grantor: Permissions, wanted: Permissions) -> None:
    beyond = grammar.not_grantable(grantor, sorted(wanted, key=str))
    if beyond:
        raise Refused("forbidden", "A key gives no permission that its maker does not hold.", detail=str(beyond[0]))


def _networks_in(unit: Unit, maker: ApiKey) -> tuple[str, ...]:
    """What binds it, as a key of the unit's may say it: a name is another network elsewhere."""
    return tuple(each for each in maker.networks if unit.tenant == maker.tenant or "/" in each)


def _is_from_within(networks: tuple[str, ...], maker: ApiKey, here: tuple[str, ...]) -> bool:
    if not maker.networks:
        return True
    held = {addresses.network(each) for each in here if "/" in each}
    return bool(networks) and all(each in here or _is_inside(each, held) for each in networks)


def _refuse_unbinding(networks: tuple[str, ...], gives: Permissions, here: tuple[str, ...]) -> None:
    """A key may not change the networks whose names bind it; nor may it by one that those names do not bind. `here` is
    what binds the key that asks."""
    names = {each for each in here if "/" not in each}
    if not names <= set(networks) and grammar.holds(gives, _CHANGES_NETWORKS):
        raise Refused("forbidden", "Only a key of the same named networks is given a right to change networks.")


def _is_inside(text: str, held: Container[addresses.Network]) -> bool:
    """Whether it, or a wider network around it, is held; what a name stands for may change tomorrow."""
    if "/" not in text:
        return False
    found = addresses.network(text)
    return any(found.supernet(new_prefix=bits) in held for bits in range(found.prefixlen + 1))


def _ends_with(expires_at: int | None, maker: ApiKey) -> bool:
    return maker.expires_at is None or (expires_at is not None and expires_at <= maker.expires_at)


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


def _plain(row_id: str) -> str:
    return row_id.removeprefix("key_")


def _networks(fields: Fields, named: Container[str]) -> tuple[str, ...]:
    found: list[str] = []
    for index, text in (fields.texts("networks", most=_MOST_NETWORKS, longest=100) or {}).items():
        try:
            found.append(str(addresses.network(text)))
        except ValueError:
            if text in named:
                found.append(text)
            else:
                detail = "It is neither a network nor the name of one."
                fields.refuse(f"networks/{index}", "unknown_network", detail, found=text, expected="192.0.2.0/24")
    return tuple(dict.fromkeys(found))


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
