"""The life of a contract as one table: which event is legal in which state, and where it leads."""

from enum import StrEnum

from idp.kit.errors import Conflict


class Status(StrEnum):
    APPLIED = "applied"
    SCREENING = "screening"
    APPROVED = "approved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    ERASED = "erased"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    APPLIED = "applied"
    SCREENING_STARTED = "screening_started"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ESTABLISHED = "established"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    RENEWED = "renewed"
    NON_RENEWAL_REQUESTED = "non_renewal_requested"
    NON_RENEWAL_WITHDRAWN = "non_renewal_withdrawn"
    STOP_REQUESTED = "stop_requested"
    STOP_WITHDRAWN = "stop_withdrawn"
    IDS_CHANGED = "ids_changed"
    EXPIRED = "expired"
    NOT_RENEWED = "not_renewed"
    STOPPED = "stopped"
    TERMINATED = "terminated"
    ERASED = "erased"


class EndReason(StrEnum):
    EXPIRED = "expired"
    NOT_RENEWED = "not_renewed"
    TERMINATED = "terminated"
    STOPPED = "stopped"

    @property
    def event(self) -> Event:
        return Event(self.value)


# An established contract keeps its calendar while it is held: it is renewed, stopped and ended as suspended.
_KEPT = (
    Event.RENEWED,
    Event.NON_RENEWAL_REQUESTED,
    Event.NON_RENEWAL_WITHDRAWN,
    Event.STOP_REQUESTED,
    Event.STOP_WITHDRAWN,
    Event.IDS_CHANGED,
)
_ENDS = tuple(reason.event for reason in EndReason)
_RUNNING = (Status.ACTIVE, Status.SUSPENDED)

TRANSITIONS: dict[tuple[Status | None, Event], Status] = {
    (None, Event.APPLIED): Status.APPLIED,
    (Status.APPLIED, Event.SCREENING_STARTED): Status.SCREENING,
    (Status.APPLIED, Event.WITHDRAWN): Status.WITHDRAWN,
    (Status.SCREENING, Event.APPROVED): Status.APPROVED,
    (Status.SCREENING, Event.REJECTED): Status.REJECTED,
    (Status.SCREENING, Event.WITHDRAWN): Status.WITHDRAWN,
    (Status.APPROVED, Event.ESTABLISHED): Status.ACTIVE,
    (Status.APPROVED, Event.WITHDRAWN): Status.WITHDRAWN,
    (Status.ACTIVE, Event.SUSPENDED): Status.SUSPENDED,
    (Status.SUSPENDED, Event.RESUMED): Status.ACTIVE,
    **{(running, event): running for running in _RUNNING for event in _KEPT},
    **{(running, event): Status.ENDED for running in _RUNNING for event in _ENDS},
    (Status.ENDED, Event.ERASED): Status.ERASED,
}

# Before these a contract was never established; after TERMINAL nothing happens to it any more.
LIVE = frozenset({Status.APPLIED, Status.SCREENING, Status.APPROVED, *_RUNNING})
TERMINAL = frozenset({Status.REJECTED, Status.WITHDRAWN, Status.ERASED})


def after(status: Status | None, event: Event) -> Status:
    """The state that `event` leads to from `status` (None: there is no contract yet).

    Raises Conflict `illegal_transition` with the present `state` where the diagram has no such arrow.
    """
    to = TRANSITIONS.get((status, event))
    if to is None:
        raise Conflict("illegal_transition", f"The contract is {status}: this is not possible now.", state=status)
    return to


def is_possible(status: Status, event: Event) -> bool:
    return (status, event) in TRANSITIONS


def repeats(entered_by: Event, event: Event) -> bool:
    """Whether `event` is the one that brought the contract into its present state.

    Asked again it is answered with success and leaves no trace. It is the event that counts, not the
    state: a contract that was resumed is active, and its set-up cannot be reported a second time.
    """
    return event is entered_by
