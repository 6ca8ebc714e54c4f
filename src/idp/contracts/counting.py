"""How many IDs a tenant may have, and the changes of that (Art. 6.1).

More IDs exist at no instant than were contracted for, without any job: a smaller number is taken only while no more IDs
exist than it allows (Conflict `ids_in_use`), and from then on no ID is created beyond it, although the present number
stays contracted, and charged, until the day on which it falls. Whoever needs the seats meanwhile takes the change back,
by asking for the old number from the same day.
"""

from datetime import date
from typing import NamedTuple

from idp import tenants, users
from idp.contracts import numbers, store
from idp.contracts import terms_calendar as calendar
from idp.contracts.engine import Act, perform
from idp.contracts.instants import day_of, start_of_day
from idp.contracts.lifecycle import Event, Status
from idp.contracts.model import Contract
from idp.contracts.numbers import Step
from idp.contracts.reasons import checked
from idp.contracts.record import Record, agreement
from idp.contracts.requests import LAST_DATE
from idp.contracts.settling import settled
from idp.contracts.standing import ending
from idp.kit.clock import micros
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.plans import Product

MOST_IDS = 1_000_000
_BINDING = frozenset({Status.APPROVED, Status.ACTIVE, Status.SUSPENDED})


class Agreed(NamedTuple):
    """So many IDs from the instant on."""

    at_us: int
    ids: int


def change_ids(
    unit: Unit, contract_id: str, *, ids: int, start: date | None = None, reason: str = "", if_match: int | None = None
) -> Contract:
    """`ids` from 00:00 of `start` on; without it, of today.

    Invalid `past`, `after_end`, `fewer_not_at_term_start` with `next_term_start`; Conflict `no_next_term`, `ids_in_use`
    with `ids_used`.
    """

    def edit(record: Record) -> Record:
        today = day_of(unit.now, record.time_zone)
        step = Step(start or today, ids, unit.now_us)
        steps = numbers.unpack(record.id_changes)
        _check_day(record, step.start, today)
        if ids < numbers.before(record.ids, steps, step, today):
            _check_fewer(unit, record, step, today)
        after = numbers.with_step(
            record.ids, steps, step, today, begins_term=lambda day: _begins_term(record, day, today)
        )
        if [each[:2] for each in after] == [each[:2] for each in steps]:
            return record
        return record._replace(id_changes=numbers.pack(after))

    _check_number(ids)
    said = {"ids": ids, "from": "today" if start is None else start.isoformat()}
    return perform(unit, contract_id, Act(Event.IDS_CHANGED, checked(reason), if_match, edit, facts=said))


def seats(unit: Unit) -> int:
    """How many IDs may exist now: what every contract that binds the unit's tenant allows, now and as far as is known.
    Ask it with the tenant's row held (`tenants.touch`). Our own people are under no contract: of them there may be any
    number."""
    if unit.platform:
        return MOST_IDS
    allowed = [
        numbers.lowest(record.ids, numbers.unpack(record.id_changes), day_of(unit.now, record.time_zone))
        for record in (settled(read, unit.now)[0] for read in store.of_product(unit, Product.ID_PLUS))
        if Status(record.status) in _BINDING
    ]
    return min(allowed, default=0)


def ids_over_time(record: Record) -> tuple[Agreed, ...]:
    """The number contracted for, by the instants from which it holds; the first from the beginning of time."""
    steps = numbers.unpack(record.id_changes)
    later = (Agreed(micros(start_of_day(step.start, record.time_zone)), step.ids) for step in steps)
    return (Agreed(0, record.ids), *later)


def refuse_too_few(unit: Unit, product: str, ids: int) -> None:
    """Before the unit's tenant is bound to a contract for `ids`. Conflict `ids_in_use` with `ids_used`."""
    if product != Product.ID_PLUS or unit.platform:  # nothing of the tenant exists yet
        return
    tenants.touch(unit)  # whoever creates an ID comes wholly before this, or after it and sees the new number
    used = users.seats_used(unit)
    if used > ids:
        detail = f"{used} IDs exist; only when no more than {ids} are left can the contract be for so many."
        raise Conflict("ids_in_use", detail, ids_used=used)


def _check_number(ids: int) -> None:
    if not 1 <= ids <= MOST_IDS:
        bounds = {"minimum": 1, "maximum": MOST_IDS}
        detail = f"A contract is for 1 to {MOST_IDS} IDs."
        raise Invalid("invalid", detail, errors=[FieldError("/ids", "out_of_range", detail, ids, bounds)])


def _check_day(record: Record, day: date, today: date) -> None:
    if day < today:
        raise _wrong("past", "The day has passed.", day)
    end = ending(agreement(record))
    if end is not None and day > end.on:
        raise _wrong("after_end", f"The contract ends on {end.on}.", day)
    if day > LAST_DATE:
        raise _wrong("out_of_range", f"Dates end with {LAST_DATE}.", day)


def _check_fewer(unit: Unit, record: Record, step: Step, today: date) -> None:
    if not _begins_term(record, step.start, today):
        following = _next_term(record, today).first
        end = ending(agreement(record))
        if end is not None and end.on < following:
            raise Conflict("no_next_term", "Fewer IDs are possible with a new term, and the contract ends before one.")
        detail = f"Fewer IDs are possible from the first day of a later term on, next on {following}."
        raise _wrong("fewer_not_at_term_start", detail, step.start, next_term_start=following.isoformat())
    refuse_too_few(unit.inside(TenantId(record.tenant_id)), record.product, step.ids)


def _begins_term(record: Record, day: date, today: date) -> bool:
    """Of a later term than the present one."""
    assert record.first_day is not None
    return day >= _next_term(record, today).first and _term_on(record, day).first == day


def _next_term(record: Record, today: date) -> calendar.Term:
    return calendar.next_term(_term_on(record, today), record.term_months)


def _term_on(record: Record, day: date) -> calendar.Term:
    assert record.first_day is not None
    return calendar.term_on(date.fromisoformat(record.first_day), record.term_months, day)


def _wrong(code: str, detail: str, found: date, **members: str) -> Invalid:
    error = FieldError("/from", code, detail, found.isoformat(), members.get("next_term_start"))
    return Invalid(code, detail, errors=[error], **members)
