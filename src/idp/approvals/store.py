import json
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, insert, select, update

from idp.approvals.model import Change, Proposal, State
from idp.approvals.tables import approvals
from idp.kit.asking import Filter, Text, Words, asked
from idp.kit.db import command, own, query
from idp.kit.errors import NotFound
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit


class _Row(NamedTuple):
    id: str
    of_tenant: str
    act: str
    contract: str
    version: int
    parameters: bytes
    outcome: bytes
    digest: str
    persons: str
    proposed_by: str
    proposed_at: int
    expires_at: int
    state: str
    decided_by: str | None
    decided_at: int | None


_COLUMNS = [approvals.c[name] for name in _Row._fields]
_ADD = command(insert(approvals))
_FIND = query(select(*_COLUMNS).where(own(approvals), approvals.c.id == bindparam("id")), _Row)
_PENDING = query(
    select(*_COLUMNS)
    .where(
        own(approvals),
        approvals.c.digest == bindparam("wanted"),
        approvals.c.state == State.PENDING.value,
        approvals.c.expires_at > bindparam("now"),
    )
    .order_by(approvals.c.id)
    .limit(1),
    _Row,
)
_DECIDE = command(
    update(approvals)
    .where(
        own(approvals),
        approvals.c.id == bindparam("approval"),
        approvals.c.digest == bindparam("seen"),
        approvals.c.state == State.PENDING.value,
        approvals.c.expires_at > bindparam("now"),
    )
    .values(state=bindparam("becomes"), decided_by=bindparam("who"), decided_at=bindparam("now"))
)
_CLOSE_ALL = command(
    update(approvals)
    .where(own(approvals), approvals.c.state == State.PENDING.value, approvals.c.expires_at > bindparam("now"))
    .values(expires_at=bindparam("now"))
)


def add(unit: Unit, proposal: Proposal) -> None:
    change = proposal.change
    unit.run(
        _ADD,
        id=proposal.id,
        of_tenant=proposal.tenant,
        act=change.act,
        contract=change.contract,
        version=change.version,
        parameters=_seal(unit, "parameters", proposal.id, change.parameters),
        outcome=_seal(unit, "outcome", proposal.id, proposal.outcome),
        digest=proposal.digest,
        persons=" ".join(sorted(proposal.persons)),
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        expires_at=proposal.expires_at,
        state=proposal.state.value,
        decided_by=None,
        decided_at=None,
    )


def get(unit: Unit, approval_id: str) -> Proposal:
    """Raises `NotFound`."""
    row = unit.one(_FIND, id=approval_id)
    if row is None:
        raise NotFound("approval")
    return _proposal(unit, row)


def pending(unit: Unit, digest: str) -> Proposal | None:
    row = unit.one(_PENDING, wanted=digest, now=unit.now_us)
    return None if row is None else _proposal(unit, row)


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Proposal]:
    """In the order in which they were proposed; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def decide(unit: Unit, proposal: Proposal, state: State) -> bool:
    """True for exactly one caller, and for none after the proposal's expiry."""
    values = {"becomes": state.value, "who": unit.actor.id, "now": unit.now_us}
    return unit.run(_DECIDE, approval=proposal.id, seen=proposal.digest, **values) == 1


def close_all(unit: Unit) -> int:
    """Those that nobody has decided have expired: in a database that was put back, somebody may have since."""
    return unit.run(_CLOSE_ALL, now=unit.now_us)


def _seal(unit: Unit, column: str, row: str, value: Any) -> bytes:
    return unit.seal("approvals", column, row, json.dumps(dict(value), ensure_ascii=False).encode())


def _proposal(unit: Unit, row: _Row) -> Proposal:
    state = State(row.state)
    if state is State.PENDING and row.expires_at <= unit.now_us:
        state = State.EXPIRED
    parameters = json.loads(unit.open_sealed("approvals", "parameters", row.id, row.parameters))
    return Proposal(
        id=row.id,
        tenant=row.of_tenant,
        change=Change(row.act, row.contract, row.version, parameters),
        digest=row.digest,
        outcome=json.loads(unit.open_sealed("approvals", "outcome", row.id, row.outcome)),
        persons=frozenset(row.persons.split()),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        state=state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


def _recorded(state: State) -> ColumnElement[bool]:
    """Nobody writes down that a proposal has expired."""
    return approvals.c.state == (State.PENDING if state is State.EXPIRED else state).value


LISTED: Listing[Proposal] = Listing(
    rows=select(*_COLUMNS).where(own(approvals)),
    row=_Row,
    make=_proposal,
    filters={
        "state": Filter(
            takes=Words(State),
            meaning="Those in it now.",
            where={each.value: _recorded(each) for each in State},
            keeps=lambda proposal, wanted: proposal.state == wanted,
        ),
        "act": Filter(
            takes=Text("terminate", longest=50),
            meaning="Those that ask for it.",
            where=approvals.c.act == asked("act"),
        ),
        "contract": Filter(
            takes=Text("con_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="Those about one contract.",
            where=approvals.c.contract == asked("contract"),
        ),
    },
)
