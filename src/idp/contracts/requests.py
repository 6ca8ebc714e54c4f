"""What the customer asks about the end: not to renew (Art. 5.5), or to stop (Art. 9). Both can be withdrawn until
24:00 of the day that they name, while the contract is held too."""

from datetime import date

from idp.contracts import store
from idp.contracts import terms_calendar as calendar
from idp.contracts.engine import Act, perform
from idp.contracts.instants import day_of
from idp.contracts.lifecycle import Event
from idp.contracts.model import Contract
from idp.contracts.reasons import checked, given
from idp.contracts.record import Record
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.ids import TenantId
from idp.kit.units import Unit

# Farther dates would leave the calendar when they are turned into instants.
LAST_DATE = date(2199, 12, 31)


def ask_non_renewal(
    unit: Unit, contract_id: str, *, end_date: date, reason: str = "", if_match: int | None = None
) -> Contract:
    """`end_date` is the last day of the present or a later term.

    Conflict `no_automatic_renewal`; Invalid `end_date_not_term_end` with `next_possible_end_date`; Conflict
    `non_renewal_too_late` with that and the `deadline` that was missed.
    """

    def ask(record: Record) -> Record:
        if not record.auto_renewal:
            raise Conflict.at("/end_date", "no_automatic_renewal", "The contract ends with its term anyway.")
        if record.non_renewal_date == end_date.isoformat():
            return record
        _check_end(record, end_date, today=day_of(unit.now, record.time_zone))
        if any(following.start_date <= end_date.isoformat() for following in _continuations(unit, record)):
            raise _continued()
        return record._replace(non_renewal_date=end_date.isoformat(), non_renewal_at=unit.now_us)

    return perform(unit, contract_id, Act(Event.NON_RENEWAL_REQUESTED, checked(reason), if_match, ask))


def withdraw_non_renewal(unit: Unit, contract_id: str, *, if_match: int | None = None) -> Contract:
    """Conflict `contract_exists` where another contract was applied for that continues this one."""

    def forget(record: Record) -> Record:
        if _continuations(unit, record):
            raise _continued()
        return record._replace(non_renewal_date=None, non_renewal_at=None)

    withdrawal = Act(
        Event.NON_RENEWAL_WITHDRAWN,
        if_match=if_match,
        edit=forget,
        moot=lambda record: record.non_renewal_date is None,
    )
    return perform(unit, contract_id, withdrawal)


def ask_stop(unit: Unit, contract_id: str, *, stop_date: date, reason: str, if_match: int | None = None) -> Contract:
    """`stop_date` is the last day of use, today or later: else Invalid `past`."""

    def ask(record: Record) -> Record:
        if record.stop_date == stop_date.isoformat():
            return record
        if stop_date < day_of(unit.now, record.time_zone):
            raise _wrong("past", "stop_date", "The day has passed.", stop_date)
        return record._replace(stop_date=stop_date.isoformat())

    _within_reach(stop_date)
    return perform(unit, contract_id, Act(Event.STOP_REQUESTED, given(reason), if_match, ask))


def withdraw_stop(unit: Unit, contract_id: str, *, if_match: int | None = None) -> Contract:
    withdrawal = Act(
        Event.STOP_WITHDRAWN,
        if_match=if_match,
        edit=lambda record: record._replace(stop_date=None),
        moot=lambda record: record.stop_date is None,
    )
    return perform(unit, contract_id, withdrawal)


def _check_end(record: Record, end_date: date, *, today: date) -> None:
    assert record.first_day is not None
    first, months = date.fromisoformat(record.first_day), record.term_months
    possible = calendar.next_possible_end(first, months, today).last.isoformat()
    present = calendar.term_on(first, months, today)
    if not present.last <= end_date <= LAST_DATE or calendar.term_on(first, months, end_date).last != end_date:
        detail = "It must be the last day of the present or a later term."
        raise _wrong("end_date_not_term_end", "end_date", detail, end_date, next_possible_end_date=possible)
    deadline = calendar.last_day_to_ask(end_date)
    if today > deadline:
        raise Conflict.at(
            "/end_date",
            "non_renewal_too_late",
            f"It had to be asked for by {deadline}; the next possible end is {possible}.",
            found=end_date.isoformat(),
            expected=possible,
            deadline=deadline.isoformat(),
            next_possible_end_date=possible,
        )


def _continuations(unit: Unit, record: Record) -> list[Record]:
    return store.continuations(unit.inside(TenantId(record.tenant_id)), record.id)


def _continued() -> Conflict:
    return Conflict(
        "contract_exists", "Another contract continues this one; its application has to be withdrawn first."
    )


def _within_reach(day: date) -> None:
    if day > LAST_DATE:
        raise _wrong("out_of_range", "stop_date", f"Dates end with {LAST_DATE}.", day)


def _wrong(code: str, field: str, detail: str, found: date, **members: str) -> Invalid:
    expected = members.get("next_possible_end_date")
    return Invalid(code, detail, errors=[FieldError(f"/{field}", code, detail, found.isoformat(), expected)], **members)
