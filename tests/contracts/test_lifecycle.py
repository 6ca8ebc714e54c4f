import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from idp.contracts.lifecycle import LIVE, TERMINAL, TRANSITIONS, EndReason, Event, Status, after, repeats
from idp.kit.errors import Conflict

# The diagram of the life of a contract, written out once more by hand: state, then what may happen in it.
DIAGRAM: dict[Status | None, str] = {
    None: "applied",
    Status.APPLIED: "screening_started withdrawn",
    Status.SCREENING: "approved rejected withdrawn",
    Status.APPROVED: "established withdrawn",
    Status.ACTIVE: "suspended renewed non_renewal_requested non_renewal_withdrawn stop_requested stop_withdrawn "
    "ids_changed expired not_renewed stopped terminated",
    Status.SUSPENDED: "resumed renewed non_renewal_requested non_renewal_withdrawn stop_requested stop_withdrawn "
    "ids_changed expired not_renewed stopped terminated",
    Status.ENDED: "erased",
    Status.ERASED: "",
    Status.REJECTED: "",
    Status.WITHDRAWN: "",
}
LEADS_TO = {
    "applied": Status.APPLIED,
    "screening_started": Status.SCREENING,
    "approved": Status.APPROVED,
    "rejected": Status.REJECTED,
    "withdrawn": Status.WITHDRAWN,
    "established": Status.ACTIVE,
    "suspended": Status.SUSPENDED,
    "resumed": Status.ACTIVE,
    "expired": Status.ENDED,
    "not_renewed": Status.ENDED,
    "stopped": Status.ENDED,
    "terminated": Status.ENDED,
    "erased": Status.ERASED,
}


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("status", [None, *Status])
def test_every_event_in_every_state_is_decided_as_the_diagram_says(status: Status | None, event: Event) -> None:
    if event in DIAGRAM[status].split():
        assert after(status, event) is LEADS_TO.get(event, status)
        return
    with pytest.raises(Conflict) as refused:
        after(status, event)
    assert refused.value.code == "illegal_transition"
    assert refused.value.members == {"state": status}
    assert refused.value.public == f"The contract is {status}: this is not possible now."


def test_every_state_can_be_reached_and_every_event_happens_somewhere() -> None:
    assert set(TRANSITIONS.values()) == set(Status)
    assert {event for _, event in TRANSITIONS} == set(Event)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_no_path_leads_back_from_a_terminal_state(status: Status) -> None:
    assert [event for state, event in TRANSITIONS if state is status] == []


def test_a_contract_that_has_ended_never_lives_again() -> None:
    reachable, frontier = set(), {Status.ENDED}
    while frontier:
        reachable |= frontier
        frontier = {to for (state, _), to in TRANSITIONS.items() if state in frontier} - reachable
    assert reachable.isdisjoint(LIVE)


def test_every_reason_for_an_end_is_an_event_that_ends() -> None:
    assert {reason.event for reason in EndReason} == {e for (_, e), to in TRANSITIONS.items() if to is Status.ENDED}


def test_the_set_up_of_a_resumed_contract_is_not_a_repetition() -> None:
    assert repeats(Event.ESTABLISHED, Event.ESTABLISHED)
    assert not repeats(Event.RESUMED, Event.ESTABLISHED)


class AnyOrderOfEvents(RuleBasedStateMachine):
    """Random events against the diagram above; what was once terminal stays, and a refusal changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.status: Status | None = None
        self.seen: list[Status] = []

    @rule(event=st.sampled_from(Event))
    def happens(self, event: Event) -> None:
        before = self.status
        try:
            self.status = after(before, event)
        except Conflict:
            assert event not in DIAGRAM[before].split()
            return
        assert event in DIAGRAM[before].split()
        self.seen.append(self.status)

    @invariant()
    def terminal_is_for_ever(self) -> None:
        for status in TERMINAL & set(self.seen):
            assert self.seen[self.seen.index(status) :] == [status]

    @invariant()
    def nothing_lives_after_the_end(self) -> None:
        if Status.ENDED in self.seen:
            assert LIVE.isdisjoint(self.seen[self.seen.index(Status.ENDED) :])


AnyOrderOfEvents.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
