"""What operators and partners do to a contract. Each is refused outside the diagram with Conflict
`illegal_transition`, changes nothing when it is asked again, and takes the stored version as `if_match` (Stale)."""

from idp.contracts.engine import Act, perform
from idp.contracts.instants import day_of
from idp.contracts.lifecycle import Event
from idp.contracts.model import Contract
from idp.contracts.reasons import checked, given
from idp.contracts.record import Record
from idp.contracts.standing import terminated_at
from idp.kit.units import Unit


def screen(unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None) -> Contract:
    return perform(unit, contract_id, Act(Event.SCREENING_STARTED, checked(reason), if_match))


def reject(unit: Unit, contract_id: str, *, reason: str, if_match: int | None = None) -> Contract:
    return perform(unit, contract_id, Act(Event.REJECTED, given(reason), if_match))


def withdraw(unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None) -> Contract:
    return perform(unit, contract_id, Act(Event.WITHDRAWN, checked(reason), if_match))


def complete_setup(unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None) -> Contract:
    """The contract is established with this notice (Art. 5.3). Its first term starts on the later of the day that was
    asked for and today."""

    def establish(record: Record) -> Record:
        today = day_of(unit.now, record.time_zone).isoformat()
        return record._replace(established_at=unit.now_us, first_day=max(record.start_date, today))

    return perform(unit, contract_id, Act(Event.ESTABLISHED, checked(reason), if_match, establish))


def suspend(unit: Unit, contract_id: str, *, reason: str, if_match: int | None = None) -> Contract:
    """A hold (Art. 14.2): every session and token is dead from this commit on, the calendar runs on."""
    return perform(unit, contract_id, Act(Event.SUSPENDED, given(reason), if_match))


def resume(unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None) -> Contract:
    return perform(unit, contract_id, Act(Event.RESUMED, checked(reason), if_match))


def terminate(unit: Unit, contract_id: str, *, reason: str, if_match: int | None = None) -> Contract:
    """At once, by the operator (Art. 14.2)."""

    def end(record: Record) -> Record:
        return record.with_end(terminated_at(unit.now_us, record.time_zone))

    return perform(unit, contract_id, Act(Event.TERMINATED, given(reason), if_match, end))
