"""All SQL of contracts."""

from collections.abc import Collection
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, insert, not_, or_, select, update

from idp.contracts.dues import next_due
from idp.contracts.lifecycle import LIVE, Event, Status
from idp.contracts.model import Change, Parties
from idp.contracts.record import Record, pack, unpack
from idp.contracts.tables import contract_changes as changes
from idp.contracts.tables import contracts
from idp.kit.actors import Source
from idp.kit.batches import among, batches, binds
from idp.kit.db import add_new, command, own, query
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM, Box, KeyDestroyed, KeyRefused
from idp.kit.units import Unit

_SEALED = ("contracts", "parties")


class Owner(NamedTuple):
    tenant_id: str


class CustomerRow(NamedTuple):
    tenant_id: str
    since: int


class Since(NamedTuple):
    since: int | None


class EntitlementRow(NamedTuple):
    product: str
    status: str
    entered_by: str
    time_zone: str
    term_months: int
    auto_renewal: bool
    first_day: str | None
    renewals: int
    non_renewal_date: str | None
    stop_date: str | None
    end_reason: str | None
    ended_on: str | None
    ended_at: int | None


class _Counted(NamedTuple):
    status: str
    number: int


class ChangeRow(NamedTuple):
    seq: int
    at: int
    event: str
    before: str | None
    after: str
    actor: str
    source: str
    reason: str


class Waiting(NamedTuple):
    """A contract for which the calendar has something to do at `due_at`."""

    tenant_id: TenantId
    id: str
    time_zone: str
    due_at: int


class Filter(NamedTuple):
    """Empty means any. `applications` leaves out what was ever established."""

    partner: str = ""
    slug: str = ""
    applications: bool = False


_IS_LIVE = or_(*(contracts.c.status == status.value for status in sorted(LIVE)))
_OWNER = query(select(contracts.c.tenant_id).where(contracts.c.id == bindparam("contract")), Owner, platform=True)
_FIND = query(select(contracts).where(own(contracts), contracts.c.id == bindparam("contract")), Record)
_LIVE_OF_SLUG = query(
    select(contracts)
    .where(
        contracts.c.slug == bindparam("slug"),
        contracts.c.product == bindparam("product"),
        _IS_LIVE,
    )
    .order_by(contracts.c.id),
    Record,
    platform=True,
)
_OF_PRODUCT = query(
    select(contracts).where(own(contracts), contracts.c.product == bindparam("product")).order_by(contracts.c.id),
    Record,
)
_OF_TENANT = query(select(contracts).where(own(contracts)).order_by(contracts.c.id), Record)
_OF_TENANTS = query(
    select(contracts).where(among(contracts.c.tenant_id)).order_by(contracts.c.tenant_id, contracts.c.id),
    Record,
    platform=True,
)
_other = contracts.alias("other")
_BINDING = (Status.APPROVED, Status.ACTIVE, Status.SUSPENDED)
_needed = exists().where(
    _other.c.tenant_id == contracts.c.tenant_id,
    _other.c.product == contracts.c.product,
    _other.c.id != contracts.c.id,
    or_(*(_other.c.status == status.value for status in _BINDING)),
)
_ERASABLE = query(
    select(contracts)
    .where(contracts.c.status == Status.ENDED.value, not_(_needed))
    .order_by(contracts.c.tenant_id, contracts.c.product, contracts.c.id),
    Record,
    platform=True,
)
_CONTINUATIONS = query(
    select(contracts).where(own(contracts), contracts.c.continues == bindparam("contract"), _IS_LIVE),
    Record,
)
_FACTS = query(
    select(*[contracts.c[name] for name in EntitlementRow._fields]).where(
        own(contracts),
        contracts.c.status != Status.REJECTED.value,
        contracts.c.status != Status.WITHDRAWN.value,
    ),
    EntitlementRow,
)
_ESTABLISHED = query(
    select(contracts).where(own(contracts), contracts.c.established_at.is_not(None)).order_by(contracts.c.id), Record
)
_CUSTOMERS = query(
    select(contracts.c.tenant_id, func.min(contracts.c.established_at).label("since"))
    .where(contracts.c.established_at.is_not(None), contracts.c.plan.is_not(None))
    .group_by(contracts.c.tenant_id)
    .order_by(contracts.c.tenant_id),
    CustomerRow,
    platform=True,
)
_COUNTED = query(
    select(contracts.c.status, func.count().label("number")).group_by(contracts.c.status), _Counted, platform=True
)
_FIRST_SOLD = query(
    select(func.min(contracts.c.established_at).label("since")).where(contracts.c.plan.is_not(None)),
    Since,
    platform=True,
)
_ADD = add_new(contracts)
# Everything that can change, written only over the very version that was read: two that decide at once never both win.
_MUTABLE = (
    "parties",
    "changes",
    "status",
    "entered_by",
    "established_at",
    "first_day",
    "renewals",
    "non_renewal_date",
    "non_renewal_at",
    "stop_date",
    "end_reason",
    "ended_on",
    "ended_at",
    "erased_at",
    "id_changes",
    "reminded_on",
    "due_at",
)
_REPLACE = command(
    update(contracts)
    .where(
        own(contracts),
        contracts.c.id == bindparam("contract"),
        contracts.c.status == bindparam("was"),
        contracts.c.version == bindparam("read"),
    )
    .values(version=contracts.c.version + 1, **{name: bindparam(f"new_{name}") for name in _MUTABLE})
)
_SET_REGISTERED = command(
    update(contracts)
    .where(own(contracts), contracts.c.id == bindparam("contract"), contracts.c.version == bindparam("read"))
    .values(legal_name=bindparam("new_name"), parties=bindparam("new_parties"), version=contracts.c.version + 1)
)
# Beside the contract as others see it: neither its version nor its tenant's revision rises.
_REMIND = command(
    update(contracts)
    .where(
        own(contracts),
        contracts.c.id == bindparam("contract"),
        contracts.c.version == bindparam("read"),
        contracts.c.due_at == bindparam("was_due_at"),
    )
    .values(reminded_on=bindparam("new_reminded_on"), due_at=bindparam("new_due_at"))
)
_WAITING = query(
    select(*[contracts.c[name] for name in Waiting._fields])
    .where(
        contracts.c.due_at <= bindparam("upto"),
        contracts.c.due_at >= bindparam("after_at"),
        or_(contracts.c.due_at > bindparam("after_at"), contracts.c.id > bindparam("after_id")),
    )
    .order_by(contracts.c.due_at, contracts.c.id)
    .limit(bindparam("limit")),
    Waiting,
    platform=True,
)
_HAND_OVER = command(
    update(contracts)
    .where(own(contracts), contracts.c.id == bindparam("contract"))
    .values(tenant_id=bindparam("new_tenant"), parties=bindparam("new_parties")),
    platform=True,
)
_GIVE_BACK = command(
    update(contracts)
    .where(contracts.c.tenant_id == bindparam("old_tenant"), contracts.c.id == bindparam("contract"))
    .values(tenant_id=bindparam("tenant_id"), parties=bindparam("new_parties")),
    platform=True,
)
_SET_PARTIES = command(
    update(contracts)
    .where(own(contracts), contracts.c.id == bindparam("contract"), contracts.c.version == bindparam("read"))
    .values(parties=bindparam("new_parties"), version=contracts.c.version + 1)
)
_ADD_CHANGE = command(insert(changes))
_CHANGES = query(
    select(*[changes.c[name] for name in ChangeRow._fields])
    .where(own(changes), changes.c.contract_id == bindparam("contract"), changes.c.seq > bindparam("after_seq"))
    .order_by(changes.c.seq)
    .limit(bindparam("limit")),
    ChangeRow,
)
_FILTERED = (
    contracts.c.id > bindparam("after_id"),
    or_(bindparam("of_partner") == "", contracts.c.partner == bindparam("of_partner")),
    or_(bindparam("of_slug") == "", contracts.c.slug == bindparam("of_slug")),
    or_(bindparam("every") == 1, contracts.c.established_at.is_(None)),
)
_PAGE_OF_ALL = query(
    select(contracts).where(*_FILTERED).order_by(contracts.c.id).limit(bindparam("limit")), Record, platform=True
)
_PAGE_OF_TENANT = query(
    select(contracts).where(own(contracts), *_FILTERED).order_by(contracts.c.id).limit(bindparam("limit")), Record
)


def erasable(unit: Unit) -> list[Record]:
    """Those recorded as ended that no other one of the tenant for the same product needs, together by tenant; needs a
    unit of the platform."""
    return unit.all(_ERASABLE)


def set_parties(unit: Unit, read: Record, sealed: bytes | None) -> None:
    unit.run(_SET_PARTIES, contract=read.id, read=read.version, new_parties=sealed)


def find(unit: Unit, contract_id: str) -> Record | None:
    return unit.one(_FIND, contract=contract_id)


def owner(unit: Unit, contract_id: str) -> TenantId | None:
    """Whose contract it is; needs a unit of the platform."""
    row = unit.one(_OWNER, contract=contract_id)
    return None if row is None else TenantId(row.tenant_id)


def live_of_slug(unit: Unit, slug: str, product: str) -> list[Record]:
    """As recorded, whatever the dates say; needs a unit of the platform."""
    return unit.all(_LIVE_OF_SLUG, slug=slug, product=product)


def of_product(unit: Unit, product: str) -> list[Record]:
    return unit.all(_OF_PRODUCT, product=product)


def of_tenant(unit: Unit) -> list[Record]:
    return unit.all(_OF_TENANT)


def of_tenants(unit: Unit, tenants: Collection[str]) -> dict[str, list[Record]]:
    """In the order of creation; needs a unit of the platform."""
    found: dict[str, list[Record]] = {}
    for batch in batches(tenants):
        for record in unit.all(_OF_TENANTS, **binds(batch)):
            found.setdefault(record.tenant_id, []).append(record)
    return found


def set_registered(unit: Unit, read: Record, legal_name: str, parties: Parties) -> bool:
    """False when somebody changed it after it was read."""
    sealed = seal(unit.box, read.id, parties)
    values = {"new_name": legal_name, "new_parties": sealed}
    return unit.run(_SET_REGISTERED, contract=read.id, read=read.version, **values) == 1


def continuations(unit: Unit, contract_id: str) -> list[Record]:
    return unit.all(_CONTINUATIONS, contract=contract_id)


def established(unit: Unit) -> list[Record]:
    """Those that ever were, whatever became of them."""
    return unit.all(_ESTABLISHED)


def counted(unit: Unit) -> dict[str, int]:
    """As recorded; needs a unit of the platform."""
    return {row.status: row.number for row in unit.all(_COUNTED)}


def customers(unit: Unit) -> list[CustomerRow]:
    return unit.all(_CUSTOMERS)


def first_sold(unit: Unit) -> int | None:
    row = unit.one(_FIRST_SOLD)
    return None if row is None else row.since


def facts(unit: Unit) -> list[EntitlementRow]:
    return unit.all(_FACTS)


def page(unit: Unit, chosen: Filter, *, after: str, limit: int) -> list[Record]:
    """All contracts in a unit of the platform, else the tenant's own."""
    return unit.all(
        _PAGE_OF_ALL if unit.platform else _PAGE_OF_TENANT,
        after_id=after,
        limit=limit,
        of_partner=chosen.partner,
        of_slug=chosen.slug,
        every=0 if chosen.applications else 1,
    )


def add(unit: Unit, record: Record) -> bool:
    """False when a live contract of the tenant for this product is there already."""
    return unit.run(_ADD, **record._asdict()) == 1


def replace(unit: Unit, read: Record, new: Record) -> bool:
    """False when somebody changed it after it was read."""
    new = new._replace(due_at=next_due(new))
    values = {f"new_{name}": getattr(new, name) for name in _MUTABLE}
    return unit.run(_REPLACE, contract=read.id, was=read.status, read=read.version, **values) == 1


def remind(unit: Unit, read: Record, reminded_on: str | None) -> bool:
    """The calendar goes on from there. False when somebody else moved it or changed the contract after it was read."""
    due_at = next_due(read._replace(reminded_on=reminded_on))
    changed = unit.run(
        _REMIND,
        contract=read.id,
        read=read.version,
        was_due_at=read.due_at,
        new_reminded_on=reminded_on,
        new_due_at=due_at,
    )
    return changed == 1


def waiting(unit: Unit, *, after_at: int, after_id: str, upto: int, limit: int) -> list[Waiting]:
    """In the order of their instants, and of their ids within one; needs a unit of the platform."""
    return unit.all(_WAITING, after_at=after_at, after_id=after_id, upto=upto, limit=limit)


def hand_over(unit: Unit, contract_id: str, to: TenantId, parties: bytes) -> None:
    """The contract and, by cascade, its history pass from the platform to a tenant; `parties` sealed with its key."""
    unit.run(_HAND_OVER, contract=contract_id, new_tenant=to, new_parties=parties)


def give_back(unit: Unit, contract_id: str, of: TenantId, parties: bytes | None) -> None:
    """The other way; `parties` sealed with the platform's key."""
    unit.run(_GIVE_BACK, contract=contract_id, old_tenant=of, new_parties=parties)


def add_change(unit: Unit, contract_id: str, change: Change) -> None:
    unit.run(_ADD_CHANGE, contract_id=contract_id, **change._asdict())


def history(unit: Unit, contract_id: str, *, after: int, limit: int) -> list[Change]:
    return [_change(row) for row in unit.all(_CHANGES, contract=contract_id, after_seq=after, limit=limit)]


def seal(box: Box, contract_id: str, parties: Parties) -> bytes:
    return box.seal(*_SEALED, contract_id, pack(parties))


def parties(unit: Unit, record: Record) -> Parties | None:
    """Opened with the key of the record's owner, which a unit of the platform may use, or once that is destroyed, with
    the platform's own; None after erasure, also where a database was put back in which they still stand."""
    if record.parties is None:
        return None
    try:
        return unpack(unit.keys.box(TenantId(record.tenant_id)).open(*_SEALED, record.id, record.parties))
    except KeyDestroyed:
        with suppress(KeyRefused):
            return unpack(unit.keys.box(PLATFORM).open(*_SEALED, record.id, record.parties))
    return None


def _change(row: ChangeRow) -> Change:
    return Change(
        seq=row.seq,
        at=row.at,
        event=Event(row.event),
        before=None if row.before is None else Status(row.before),
        after=Status(row.after),
        actor=row.actor,
        source=Source(row.source),
        reason=row.reason,
    )
