import json
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from idp import credentials
from idp.credentials import Permissions
from idp.kit.asking import Filter, Text, Words, asked
from idp.kit.db import command, own, query
from idp.kit.errors import NotFound
from idp.kit.ids import TenantId
from idp.kit.listing import Listing
from idp.kit.units import Unit
from idp.planning.model import Act, Plan, Planner, PlanStatus, Wish
from idp.planning.tables import planned_changes as plans
from idp.users import UserId

_SAID, _OUTCOME = ("planned_changes", "said"), ("planned_changes", "outcome")
_PLANNED = PlanStatus.PLANNED.value


class _Row(NamedTuple):
    id: str
    user_id: str
    at: int
    act: str
    said: bytes
    status: str
    planner: str
    outcome: bytes | None
    failure: str | None
    created_at: int
    settled_at: int | None


class Due(NamedTuple):
    tenant_id: TenantId
    id: str
    at: int


class _Instant(NamedTuple):
    at: int | None


class _Number(NamedTuple):
    number: int


_own = select(*(plans.c[name] for name in _Row._fields)).where(own(plans))
_ADD = command(insert(plans))
_GET = query(_own.where(plans.c.id == bindparam("id"), plans.c.user_id == bindparam("user")), _Row)
_FIND = query(_own.where(plans.c.id == bindparam("id")), _Row)
_waits = plans.c.status == _PLANNED
_FIRST = query(
    _own.where(
        _waits,
        plans.c.user_id == bindparam("user"),
        or_(plans.c.at < bindparam("upto"), and_(plans.c.at == bindparam("upto"), plans.c.id <= bindparam("last"))),
    )
    .order_by(plans.c.at, plans.c.id)
    .limit(1),
    _Row,
)
_NEXT_STOP = query(
    select(func.min(plans.c.at).label("at")).where(
        own(plans),
        _waits,
        plans.c.user_id == bindparam("user"),
        plans.c.act.in_([each.value for each in Act if each.stops]),
    ),
    _Instant,
)
_WAITING = query(
    select(func.count().label("number")).where(own(plans), _waits, plans.c.user_id == bindparam("user")), _Number
)
_DUE = query(
    select(plans.c.tenant_id, plans.c.id, plans.c.at)
    .where(
        _waits,
        plans.c.at <= bindparam("upto"),
        or_(
            plans.c.at > bindparam("after_at"),
            and_(plans.c.at == bindparam("after_at"), plans.c.id > bindparam("behind")),
        ),
    )
    .order_by(plans.c.at, plans.c.id)
    .limit(bindparam("limit")),
    Due,
    platform=True,
)
_SETTLE = command(
    update(plans)
    .where(own(plans), plans.c.id == bindparam("plan"), plans.c.status == bindparam("was"))
    .values(status=bindparam("now_is"), failure=bindparam("why"), settled_at=bindparam("now"))
)
_NOTE = command(update(plans).where(own(plans), plans.c.id == bindparam("plan")).values(outcome=bindparam("sealed")))


def add(unit: Unit, plan_id: str, user_id: UserId, wish: Wish, planner: Planner) -> None:
    said = json.dumps({"patch": wish.patch, "reason": wish.reason}, ensure_ascii=False).encode()
    unit.run(
        _ADD,
        id=plan_id,
        user_id=user_id,
        at=wish.at,
        act=wish.act.value,
        said=unit.seal(*_SAID, plan_id, said),
        status=_PLANNED,
        planner=_written(planner),
        outcome=None,
        failure=None,
        created_at=unit.now_us,
        settled_at=None,
    )


def get(unit: Unit, plan_id: str, user_id: str) -> Plan:
    """Raises `NotFound`."""
    row = unit.one(_GET, id=plan_id, user=user_id)
    if row is None:
        raise NotFound("planned change")
    return _plan(unit, row)


def find(unit: Unit, plan_id: str) -> Plan | None:
    row = unit.one(_FIND, id=plan_id)
    return None if row is None else _plan(unit, row)


def first_waiting(unit: Unit, user_id: str, *, upto: int, last: str) -> Plan | None:
    """The first plan for the ID up to a place in their order."""
    row = unit.one(_FIRST, user=user_id, upto=upto, last=last)
    return None if row is None else _plan(unit, row)


def next_stop(unit: Unit, user_id: str) -> int | None:
    """From when on nobody gets in with the ID, by a plan that waits."""
    row = unit.one(_NEXT_STOP, user=user_id)
    return None if row is None else row.at


def waiting(unit: Unit, user_id: str) -> int:
    """How many plans wait for the ID."""
    row = unit.one(_WAITING, user=user_id)
    return 0 if row is None else row.number


def due(unit: Unit, *, after: tuple[int, str], upto: int, limit: int) -> list[Due]:
    """In a unit of the platform, in their order."""
    return unit.all(_DUE, after_at=after[0], behind=after[1], upto=upto, limit=limit)


def settle(unit: Unit, plan_id: str, was: PlanStatus, now_is: PlanStatus, *, why: str | None = None) -> bool:
    """One conditional write: False when somebody else was first."""
    return unit.run(_SETTLE, plan=plan_id, was=was.value, now_is=now_is.value, why=why, now=unit.now_us) == 1


def note_outcome(unit: Unit, plan_id: str, before: Any, after: Any) -> None:
    told = json.dumps({"before": before, "after": after}, ensure_ascii=False).encode()
    unit.run(_NOTE, plan=plan_id, sealed=unit.seal(*_OUTCOME, plan_id, told))


def _written(planner: Planner) -> str:
    granting, hands = sorted(map(str, planner.granting)), sorted(planner.hands)
    return json.dumps({**planner._asdict(), "granting": granting, "hands": hands})


def _plan(unit: Unit, row: _Row) -> Plan:
    said = json.loads(unit.open_sealed(*_SAID, row.id, row.said))
    told = {} if row.outcome is None else json.loads(unit.open_sealed(*_OUTCOME, row.id, row.outcome))
    planner = json.loads(row.planner)
    granting: Permissions = frozenset(known for text in planner["granting"] if (known := credentials.parse(text)))
    return Plan(
        id=row.id,
        user_id=UserId(row.user_id),
        wish=Wish(row.at, Act(row.act), said["patch"], said["reason"]),
        status=PlanStatus(row.status),
        planner=Planner(**{**planner, "granting": granting, "hands": frozenset(planner.get("hands", ()))}),
        before=told.get("before"),
        after=told.get("after"),
        failure=row.failure,
        created_at=row.created_at,
        settled_at=row.settled_at,
    )


_STATUS = Filter(takes=Words(PlanStatus), meaning="Those that stand so.", where=plans.c.status == asked("status"))
LISTED: Listing[Plan] = Listing(
    rows=_own,
    row=_Row,
    make=_plan,
    orders={"at": "at"},
    filters={
        "status": _STATUS,
        "user": Filter(
            takes=Text("usr_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="Those for one ID.",
            where=plans.c.user_id == asked("user"),
        ),
    },
)
OF_USER: Listing[Plan] = Listing(
    rows=_own.where(plans.c.user_id == bindparam("of_user")),
    row=_Row,
    make=_plan,
    orders={"at": "at"},
    filters={"status": _STATUS},
)
