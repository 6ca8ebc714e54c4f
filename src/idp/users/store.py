import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, null, or_, select, update

from idp.kit.batches import among, batches, binds
from idp.kit.db import add_new, command, maker, own, query
from idp.kit.errors import NotFound
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.users import counting, dates, group_store, search
from idp.users.attribute_types import NONE
from idp.users.model import Draft, GroupId, Identity, Standing, UserId
from idp.users.names import look_up_key
from idp.users.tables import seats, users
from idp.users.validity import Span, Validity
from idp.users.vocabulary import Affiliation, Role, UserStatus

_DELETED = "deleted"
_ATTRIBUTES: Final = 5  # their place in a profile; older ones end before it


class UserRow(NamedTuple):
    id: str
    profile: bytes
    affiliation: str
    status: str
    roles: str
    can_sign_in: bool
    generation: int
    version: int
    created_at: int
    changed_at: int
    valid_from: str | None
    valid_until: str | None
    starts_at: int | None
    ends_at: int | None
    stops_at: int | None
    groups: str | None


class _Number(NamedTuple):
    number: int


class _Id(NamedTuple):
    id: str


class _Used(NamedTuple):
    used: int


class _Seats(NamedTuple):
    tenant_id: str
    used: int


_COLUMNS = [*(users.c[name] for name in UserRow._fields[:-1]), group_store.GROUPS_OF_ROW]
EXISTS: ColumnElement[bool] = users.c.status != _DELETED
_exists = and_(own(users), EXISTS)
_FIND: Final = query(select(*_COLUMNS).where(_exists, users.c.id == bindparam("id")), UserRow)
_BY_NAME: Final = query(select(*_COLUMNS).where(_exists, users.c.name_mac == bindparam("name_mac")), UserRow)
_AT_ONCE: Final = 100
_FEW: Final = 10  # fewer than a batch costs
_BY_NAMES: Final = query(
    select(*_COLUMNS).where(_exists, users.c.name_mac.in_([bindparam(f"name_{number}") for number in range(_AT_ONCE)])),
    UserRow,
)
_standing = [users.c[name] for name in Standing._fields]
_PAGE: Final = query(
    select(*_COLUMNS).where(_exists, users.c.id > bindparam("after")).order_by(users.c.id).limit(bindparam("limit")),
    UserRow,
)
_STANDING: Final = query(select(*_standing).where(_exists, users.c.id == bindparam("id")), Standing)
standings = select(*_standing).where(_exists).subquery("standings")
"""For the statements of others to join by `id`; `standing_in` reads its columns."""
_as_standing: Final = maker(Standing)
_ACTIVE: Final = query(select(*_standing).where(own(users), users.c.status == UserStatus.ACTIVE.value), Standing)
_ADD: Final = add_new(users)
_ADD_MANY: Final = command(insert(users))
_CHANGE: Final = command(
    update(users)
    .where(_exists, users.c.id == bindparam("user"))
    .values(
        name_mac=bindparam("new_name_mac"),
        profile=bindparam("new_profile"),
        affiliation=bindparam("new_affiliation"),
        roles=bindparam("new_roles"),
        is_admin=bindparam("new_is_admin"),
        valid_from=bindparam("new_valid_from"),
        valid_until=bindparam("new_valid_until"),
        starts_at=bindparam("new_starts_at"),
        ends_at=bindparam("new_ends_at"),
        stops_at=bindparam("new_stops_at"),
        look_at=bindparam("new_look_at"),
        version=users.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_MOVE: Final = command(
    update(users)
    .where(_exists, users.c.id == bindparam("user"), users.c.status != bindparam("new_status"))
    .values(
        status=bindparam("new_status"),
        generation=users.c.generation + bindparam("ends"),
        version=users.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_DELETE: Final = command(
    update(users)
    .where(_exists, users.c.id == bindparam("user"))
    .values(
        status=_DELETED,
        name_mac=null(),
        profile=null(),
        affiliation=null(),
        valid_from=null(),
        valid_until=null(),
        starts_at=null(),
        ends_at=null(),
        stops_at=null(),
        look_at=null(),
        roles="",
        is_admin=False,
        can_sign_in=False,
        generation=users.c.generation + 1,
        version=users.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_END_GENERATION: Final = command(
    update(users)
    .where(_exists, users.c.id == bindparam("user"))
    .values(generation=users.c.generation + 1, version=users.c.version + 1)
)
_NOTE: Final = command(
    update(users)
    .where(_exists, users.c.id == bindparam("user"))
    .values(version=users.c.version + 1, changed_at=bindparam("now"))
)
_NOTE_MANY: Final = command(
    update(users).where(_exists, among(users.c.id)).values(version=users.c.version + 1, changed_at=bindparam("now"))
)
_PUT_PROFILE: Final = command(
    update(users)
    .where(_exists, users.c.id == bindparam("user"))
    .values(profile=bindparam("new_profile"), version=users.c.version + 1, changed_at=bindparam("now"))
)
_SET_CAN_SIGN_IN: Final = command(
    update(users).where(_exists, users.c.id == bindparam("user")).values(can_sign_in=bindparam("now_can"))
)
_ADMINISTRATORS: Final = query(
    select(*_standing)
    .where(own(users), users.c.is_admin.is_(True), users.c.status == UserStatus.ACTIVE.value)
    .order_by(users.c.can_sign_in.desc(), users.c.id),
    Standing,
)
_OTHER_ADMINS: Final = query(
    select(func.count().label("number"))
    .select_from(users)
    .where(
        own(users),
        users.c.is_admin.is_(True),
        users.c.can_sign_in.is_(True),
        users.c.status == UserStatus.ACTIVE.value,
        users.c.ends_at.is_(None),
        or_(users.c.starts_at.is_(None), users.c.starts_at <= bindparam("now")),
        users.c.id != bindparam("user"),
    ),
    _Number,
)

_ADMINS_WITHOUT: Final = query(
    select(users.c.id)
    .where(
        own(users),
        users.c.is_admin.is_(True),
        users.c.can_sign_in.is_(False),
        users.c.status == UserStatus.ACTIVE.value,
    )
    .order_by(users.c.id)
    .limit(bindparam("limit")),
    _Id,
)


def _take_seats(dialect: Any) -> Any:
    statement = dialect.insert(seats).values(tenant_id=bindparam("tenant_id"), used=bindparam("wanted"))
    return statement.on_conflict_do_update(
        index_elements=["tenant_id"],
        set_={"used": seats.c.used + bindparam("wanted")},
        where=seats.c.used + bindparam("wanted") <= bindparam("most"),
    )


_TAKE_SEATS: Final = command(_take_seats)
_HOLD_SEATS: Final = command(update(seats).where(own(seats)).values(used=seats.c.used))
_FREE_SEAT: Final = command(update(seats).where(own(seats)).values(used=seats.c.used - 1))
_SEATS_USED: Final = query(select(seats.c.used).where(own(seats)), _Used)
_ALL_SEATS: Final = query(select(func.sum(seats.c.used).label("number")), _Number, platform=True)
_SEATS_OF: Final = query(select(seats.c.tenant_id, seats.c.used).where(among(seats.c.tenant_id)), _Seats, platform=True)


def find(unit: Unit, user_id: str) -> Identity | None:
    row = unit.one(_FIND, id=user_id)
    return None if row is None else _identity(unit, row)


def standing(unit: Unit, user_id: str) -> Standing | None:
    """None when there is no such ID, or no longer."""
    return unit.one(_STANDING, id=user_id)


def standing_in(columns: Sequence[Any]) -> Standing | None:
    """As the join gave it; None where there is no such ID, or no longer."""
    return None if columns[0] is None else _as_standing(columns)


def administrators(unit: Unit) -> list[Standing]:
    """Those that are active now; first the ones who could sign in now."""
    return [each for each in unit.all(_ADMINISTRATORS) if each.active_at(unit.now_us)]


def generation_of(user_id: ColumnElement[str]) -> ColumnElement[int]:
    """For the statements of others: the present generation of the ID in their column; null where there is none."""
    return select(users.c.generation).where(own(users), users.c.id == user_id).scalar_subquery()


def active_generations(unit: Unit) -> dict[str, int]:
    """Of every ID that is not disabled, by its id."""
    return {row.id: row.generation for row in unit.all(_ACTIVE)}


def get(unit: Unit, user_id: str) -> Identity:
    """Raises `NotFound`."""
    identity = find(unit, user_id)
    if identity is None:
        raise NotFound("user")
    return identity


def find_by_name(unit: Unit, user_name: str) -> Identity | None:
    """In any spelling that is the same name."""
    row = unit.one(_BY_NAME, name_mac=_name_mac(unit, user_name))
    return None if row is None else _identity(unit, row)


def find_by_names(unit: Unit, user_names: Iterable[str], *, hold: bool) -> dict[bytes, Identity]:
    """Those who have one of these names, by `look_up_key`. With `hold`, which writes, nobody else takes one of the
    others before the commit."""
    if hold:
        hold_names(unit)
    macs = [_name_mac(unit, name) for name in user_names]
    found: dict[bytes, Identity] = {}
    for start in range(0, len(macs), _AT_ONCE):
        some = macs[start : start + _AT_ONCE]
        asked = [*some, *some[-1:] * (_AT_ONCE - len(some))]
        rows = unit.all(_BY_NAMES, **{f"name_{number}": mac for number, mac in enumerate(asked)})
        found |= {look_up_key(each.user_name): each for each in (_identity(unit, row) for row in rows)}
    return found


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Identity]:
    """In the order of creation; `after` is the id of the last one seen."""
    return [_identity(unit, row) for row in unit.all(_PAGE, after=after, limit=limit)]


def seats_used(unit: Unit) -> int:
    """Every ID that exists, disabled ones too."""
    row = unit.one(_SEATS_USED)
    return 0 if row is None else row.used


def seats_of(unit: Unit, tenants: Collection[TenantId]) -> dict[TenantId, int]:
    """As `seats_used`, for those that have any; of others than its own in a unit of the platform."""
    if not unit.platform:
        return {tenant: seats_used(unit) for tenant in tenants if tenant == unit.tenant}
    found = (row for batch in batches(tenants) for row in unit.all(_SEATS_OF, **binds(batch)))
    return {TenantId(row.tenant_id): row.used for row in found}


def ids_of_all(unit: Unit) -> int:
    """How many IDs exist; needs a unit of the platform."""
    row = unit.one(_ALL_SEATS)
    return row.number or 0 if row is not None else 0


def add(unit: Unit, user_id: UserId, draft: Draft) -> bool:
    """False when the name is taken."""
    row = _new_row(unit, user_id, draft) | dates.Spans(unit).columns(draft.validity)
    if unit.run(_ADD, **row) == 0:
        return False
    search.note(unit, [(user_id, draft)])
    group_store.join(unit, [(group_id, user_id) for group_id in draft.groups])
    return True


def add_many(unit: Unit, people: Sequence[tuple[UserId, Draft]], *, can_sign_in: bool) -> None:
    spans = dates.Spans(unit)
    rows = [
        {**_new_row(unit, user_id, draft), **spans.columns(draft.validity), "can_sign_in": can_sign_in}
        for user_id, draft in people
    ]
    unit.run_many(_ADD_MANY, rows)
    search.note(unit, people)
    group_store.join_many(unit, [(group_id, user_id) for user_id, draft in people for group_id in draft.groups])


def change(unit: Unit, identity: Identity, draft: Draft) -> None:
    """To what the draft says."""
    user_id = identity.id
    search.renew(unit, identity, draft)
    group_store.leave(unit, identity.groups - draft.groups, user_id)
    group_store.join(unit, [(group_id, user_id) for group_id in draft.groups])
    row = _draft_columns(unit, user_id, draft) | dates.Spans(unit).columns(draft.validity, identity.stops_at)
    unit.run(_CHANGE, user=user_id, now=unit.now_us, **{f"new_{name}": value for name, value in row.items()})


def move(unit: Unit, user_id: UserId, status: UserStatus) -> bool:
    """False when that is its status already. What leaves the active state ends its generation."""
    ends = 0 if status is UserStatus.ACTIVE else 1
    return unit.run(_MOVE, user=user_id, new_status=status.value, ends=ends, now=unit.now_us) == 1


def delete(unit: Unit, identity: Identity) -> None:
    """The row stays without anything of the person: its key keeps the id from being used again."""
    user_id = identity.id
    search.forget(unit, identity)
    unit.run(_DELETE, user=user_id, now=unit.now_us)
    unit.run(_FREE_SEAT)
    counting.note(unit)
    group_store.leave_all(unit, user_id)


def end_generation(unit: Unit, user_id: str) -> bool:
    return unit.run(_END_GENERATION, user=user_id) == 1


def attributes_in(unit: Unit, user_id: str, profile: bytes) -> Mapping[str, Any]:
    """Of a sealed profile: all that has to be made of it where many are looked at."""
    parts: list[Any] = json.loads(unit.open_sealed("users", "profile", user_id, profile))
    return parts[_ATTRIBUTES] if len(parts) > _ATTRIBUTES else NONE


def drop_attribute(unit: Unit, user_id: UserId, name: str) -> None:
    """Of an attribute that there is no longer."""
    identity = get(unit, user_id)
    kept = {each: value for each, value in identity.attributes.items() if each != name}
    row = _draft_columns(unit, user_id, identity.draft._replace(attributes=kept))
    unit.run(_PUT_PROFILE, user=user_id, new_profile=row["profile"], now=unit.now_us)


def noted(unit: Unit, user_id: str) -> None:
    """Something is shown of the ID that is kept elsewhere, and has changed."""
    unit.run(_NOTE, user=user_id, now=unit.now_us)


def noted_many(unit: Unit, user_ids: Collection[str]) -> None:
    for batch in batches(user_ids):
        unit.run(_NOTE_MANY, now=unit.now_us, **binds(batch))


def set_can_sign_in(unit: Unit, user_id: str, *, can: bool) -> None:
    unit.run(_SET_CAN_SIGN_IN, user=user_id, now_can=can)


def other_admins(unit: Unit, user_id: str) -> int:
    """Administrators beside this one who could sign in, and will be able to without an end."""
    row = unit.one(_OTHER_ADMINS, user=user_id, now=unit.now_us)
    return 0 if row is None else row.number


def admins_without_credentials(unit: Unit, *, limit: int = 50) -> list[UserId]:
    """Administrators who could not sign in yet."""
    return [UserId(row.id) for row in unit.all(_ADMINS_WITHOUT, limit=limit)]


def take_seats(unit: Unit, wanted: int, *, limit: int) -> bool:
    """One conditional write: of many at once, as many win as there are seats."""
    if not (0 < wanted <= limit and unit.run(_TAKE_SEATS, wanted=wanted, most=limit) == 1):
        return False
    counting.note(unit)
    return True


def hold_names(unit: Unit) -> None:
    """Until the commit nobody comes into being: whoever is created takes a seat first."""
    unit.run(_HOLD_SEATS)


def _name_mac(unit: Unit, user_name: str) -> bytes:
    return unit.mac("users.user_name", look_up_key(user_name))


def _new_row(unit: Unit, user_id: UserId, draft: Draft) -> dict[str, Any]:
    return {
        "id": user_id,
        **_draft_columns(unit, user_id, draft),
        "tenant_id": unit.tenant,
        "status": UserStatus.ACTIVE.value,
        "can_sign_in": False,
        "generation": 1,
        "version": 1,
        "created_at": unit.now_us,
        "changed_at": unit.now_us,
    }


def _draft_columns(unit: Unit, user_id: UserId, draft: Draft) -> dict[str, Any]:
    profile = json.dumps(
        [draft.user_name, draft.display_name, draft.email, draft.locale, dict(draft.claims), dict(draft.attributes)],
        ensure_ascii=False,
    )
    return {
        "name_mac": _name_mac(unit, draft.user_name),
        "profile": unit.seal("users", "profile", user_id, profile.encode()),
        "affiliation": draft.affiliation.value,
        "roles": " ".join(sorted(role.value for role in draft.roles)),
        "is_admin": Role.ADMIN in draft.roles,
    }


def _identity(unit: Unit, row: UserRow) -> Identity:
    profile = json.loads(unit.open_sealed("users", "profile", row.id, row.profile))
    user_name, display_name, email, locale, claims, *attributes = profile  # which older rows do not have
    return Identity(
        id=UserId(row.id),
        user_name=user_name,
        display_name=display_name,
        email=email,
        affiliation=Affiliation(row.affiliation),
        roles=frozenset(map(Role, row.roles.split())),
        locale=locale,
        claims=claims,
        groups=frozenset(map(GroupId, (row.groups or "").split())),
        attributes=attributes[0] if attributes else NONE,
        validity=Validity(*map(_day, (row.valid_from, row.valid_until))),
        status=UserStatus(row.status),
        can_sign_in=bool(row.can_sign_in),
        generation=row.generation,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        span=Span(row.starts_at, row.ends_at),
        stops_at=row.stops_at,
        stopped=row.stops_at is not None and row.stops_at <= unit.now_us,
    )


EXISTING = select(*_COLUMNS).where(_exists)
_AMONG: Final = query(EXISTING.where(among(users.c.id)), UserRow)
_THERE: Final = query(select(users.c.id).where(_exists, among(users.c.id)), _Id)


def find_each(unit: Unit, user_ids: Collection[str]) -> dict[str, Identity]:
    """Those that there are, by their ids."""
    rows = (row for batch in batches(user_ids) for row in unit.all(_AMONG, **binds(batch)))
    return {row.id: _identity(unit, row) for row in rows}


def existing(unit: Unit, user_ids: Collection[str]) -> set[UserId]:
    """Those that there are. Without opening anything sealed."""
    if len(user_ids) <= _FEW:
        return {UserId(each) for each in user_ids if standing(unit, each) is not None}
    return {UserId(row.id) for batch in batches(user_ids) for row in unit.all(_THERE, **binds(batch))}


def opened(unit: Unit, row: UserRow) -> Identity:
    """What is sealed in it, too."""
    return _identity(unit, row)


def mac_of_name(unit: Unit, user_name: str) -> bytes:
    return _name_mac(unit, user_name)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
