"""IDs of a tenant."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from idp import contracts, credentials, federation, partners, users
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.shapes.users import Invitation, NewUser, User, UserChange
from idp.credentials import How, KeyScope, Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.units import Unit
from idp.users import Draft, GroupId, Identity, Role


def create(call: Call) -> Answer:
    """Give somebody an ID. It takes a seat of the contract, whether it is active or disabled. `groups` need
    `members:write` besides."""
    sent = dict(call.document)
    if sent.get("password") is None:  # null counts as left out, as everywhere
        sent.pop("password", None)
    document, password, faults = _without_password(sent)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        asked = users.frame(unit)
    with _named_with(faults):
        draft = users.read(document, asked)
    encoded = _hashed(call, password)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        check_grant(call, had=frozenset(), gets=draft)
        _check_groups(call, had=frozenset(), gets=draft)
        identity = users.create(unit, draft, limit=_limit(unit))
        if encoded is not None:
            credentials.set_password(unit, identity.id, encoded)
            identity = users.get(unit, identity.id)
        note_hand(call, unit, identity.id, knows=encoded is not None)
        where = f"{call.below}/users/{identity.id}"
        return call.done(unit, users.to_json(identity), status=201, version=identity.version, location=where)


def listing(call: Call) -> Answer:
    """The tenant's IDs."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(users.LISTED.page(unit, call.page.question), users.to_json)


def shown(call: Call) -> Answer:
    """One ID."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        identity = users.get(unit, call.names["user"])
        return call.shown(users.to_json(identity), version=identity.version)


def change(call: Call) -> Answer:
    """Change what is said of somebody. A new password ends what is signed in with the old one. Other `groups` need
    `members:write` besides."""
    patch, password, faults = _without_password(call.document)
    encoded = _hashed(call, password)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        before = users.get(unit, call.names["user"])
        with _named_with(faults):
            identity = users.change(unit, before.id, patch, version=call.conditions.expected(before.version))
        check_grant(call, had=before.roles, gets=identity.draft)
        _check_groups(call, had=before.groups, gets=identity.draft)
        if encoded is not None or users.is_readdressed(before.draft, identity.draft):
            check_stand_in(call, unit, before)
            note_hand(call, unit, identity.id, knows=True)
        elif identity.roles - before.roles:
            note_hand(call, unit, identity.id, knows=False)
        if users.is_cut(before.draft, identity.draft):
            check_stand_in(call, unit, before)
        if encoded is not None:
            credentials.set_password(unit, identity.id, encoded)
            identity = users.get(unit, identity.id)
        return call.done(unit, users.to_json(identity), version=identity.version)


def disable(call: Call) -> Answer:
    """Nobody signs in with it until it is enabled again; every session and token of it ends."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        identity = users.disable(unit, _not_stronger(call, unit).id)
        return call.done(unit, users.to_json(identity), version=identity.version)


def enable(call: Call) -> Answer:
    """Let somebody sign in again. Refused for the moments in which a planned change has disabled them and is not
    carried out yet (`change_due`): it would be undone by that."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        before = _not_stronger(call, unit)
        if before.stopped:
            raise Conflict("change_due", "A planned change has disabled it, and is not carried out yet.")
        identity = users.enable(unit, before.id)
        return call.done(unit, users.to_json(identity), version=identity.version)


def delete(call: Call) -> Answer:
    """For good: the seat and the name are free, the ID is never given again."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        identity = _not_stronger(call, unit)
        users.delete(unit, identity.id, version=identity.version)
        credentials.forget_user(unit, identity.id)
        if unit.platform:
            partners.release(unit, identity.id)
        federation.forget_user(unit, identity.id)
        return call.done(unit, None)


def invite(call: Call) -> Answer:
    """Send somebody who has no password a link to choose one. It works once, for seven days, and takes the place of
    the one before."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        identity = users.get(unit, call.names["user"])
        check_stand_in(call, unit, identity)
        invitation = credentials.invite(unit, identity.id)
        body = {"user": identity.id, "created_at": rfc3339(invitation.created_at)}
        return call.done(unit, {**body, "expires_at": rfc3339(invitation.expires_at)}, status=202)


def _expected(call: Call, unit: Unit) -> Identity:
    """The ID that the path names, at the version that the caller has seen."""
    identity = users.get(unit, call.names["user"])
    call.conditions.expected(identity.version)
    return identity


def _not_stronger(call: Call, unit: Unit) -> Identity:
    """The same, where they may do no more than the caller: nobody shuts out, or lets in, who may."""
    identity = _expected(call, unit)
    check_stand_in(call, unit, identity)
    return identity


def _limit(unit: Unit) -> int:
    return contracts.seats(unit)


def _without_password(document: dict[str, Any]) -> tuple[dict[str, Any], str | None, list[FieldError]]:
    """The document for `users`, the password if it can be one, and what is wrong with it, which does not repeat it."""
    if "password" not in document:
        return document, None, []
    rest = {name: value for name, value in document.items() if name != "password"}
    password = document["password"]
    if not isinstance(password, str):
        detail = "password must be a string."
        return rest, None, [FieldError("/password", "invalid_type", detail, expected="string")]
    try:
        credentials.refuse_impossible(password)
    except Invalid as wrong:
        return rest, None, list(wrong.errors)
    return rest, password, []


@contextmanager
def _named_with(faults: list[FieldError]) -> Iterator[None]:
    """What was found wrong before is named together with what the block finds. Raises `Invalid`."""
    try:
        yield
    except Invalid as wrong:
        raise Invalid(wrong.code, wrong.public, errors=[*wrong.errors, *faults]) from None
    if faults:
        raise Invalid("invalid", "Some fields are wrong.", errors=faults)


def _hashed(call: Call, password: str | None) -> str | None:
    """Computed before any transaction: it takes its time."""
    return None if password is None else call.house.passwords.hash(password)


def check_grant(call: Call, *, had: frozenset[Role], gets: Draft) -> None:
    credentials.refuse_administrator(call.key.granting, had=had, gets=gets.roles)


def _check_groups(call: Call, *, had: frozenset[GroupId], gets: Draft) -> None:
    if gets.groups != had:
        rights.check(rights.JOINING, call.key, preparing=False)


def note_hand(call: Call, unit: Unit, user_id: str, *, knows: bool) -> None:
    """Who could be behind it from now on; in a tenant, where that is not the customer's own doing."""
    credentials.hands.note(unit, user_id, call.key.hands, How.KNOWS if knows else How.MADE)


def check_stand_in(call: Call, unit: Unit, identity: Identity) -> None:
    """Of what would let the caller sign in as somebody, with all that their roles allow, or decide whether they can."""
    scope = KeyScope.OPERATOR if call.place.tenant is None else KeyScope.TENANT
    held = credentials.roles.permissions_of(unit, scope, identity.id, of_id=identity.roles)
    credentials.refuse_stand_in(call.key.granting, held)


_MANY = "/tenants/{tenant}/users"
_ONE = f"{_MANY}/{{user}}"
_READ = rights.read(Noun.USERS)
_WRITE = rights.write(Noun.USERS, WITH_TENANT, Partners.PREPARE)
_CLOSED = "contract_not_active"
_LAST = "last_admin_locked_out"

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        _WRITE,
        takes=NewUser,
        gives=User,
        status=201,
        versioned=True,
        conflicts=(_CLOSED, "id_limit_reached", "user_name_taken", "attribute_taken", "group_is_dynamic"),
    ),
    Route("GET", _MANY, listing, _READ, gives=User, pages=True, listed=users.LISTED),
    Route("GET", _ONE, shown, _READ, gives=User, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        _WRITE,
        takes=UserChange,
        gives=User,
        versioned=True,
        conflicts=(_CLOSED, "user_name_taken", "attribute_taken", "group_is_dynamic", _LAST),
    ),
    Route("DELETE", _ONE, delete, _WRITE, status=204, versioned=True, conflicts=(_CLOSED, _LAST)),
    Route("POST", f"{_ONE}/disable", disable, _WRITE, gives=User, versioned=True, conflicts=(_CLOSED, _LAST)),
    Route(
        "POST",
        f"{_ONE}/invitation",
        invite,
        _WRITE,
        gives=Invitation,
        status=202,
        conflicts=(_CLOSED, "password_exists", "email_missing", "user_disabled"),
    ),
    Route("POST", f"{_ONE}/enable", enable, _WRITE, gives=User, versioned=True, conflicts=(_CLOSED, "change_due")),
)
