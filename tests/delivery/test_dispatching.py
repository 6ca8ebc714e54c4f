"""The outbox sent: once where all goes well, again where not, in order, and never beyond what a receiver can bear."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs
from tests.support.rooms import World

from idp import delivery
from idp.delivery import OVERTAKEN, Claimed, Delivery, Dispatcher, Impossible, PutOff, Status, store
from idp.delivery.pauses import TRIES, pause_after
from idp.kit.clock import SECOND, FixedClock

HOUR = 3600 * SECOND


class Receivers:
    """A sender to receivers whose mood is handed in; the ledger is what they were told."""

    def __init__(self, mood: Callable[[Claimed], None] = lambda _: None) -> None:
        self.mood = mood
        self.ledger: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def takes(self, claimed: Claimed) -> bool:
        return claimed.event != "unheard.of"

    def send(self, claimed: Claimed, *, until: float) -> None:  # noqa: ARG002 - the protocol's signature
        self.mood(claimed)
        with self._lock:
            self.ledger.append((claimed.receiver, json.loads(claimed.payload)["n"]))


@pytest.fixture
def machine() -> FixedClock:
    return FixedClock(datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture
def post(world: World, machine: FixedClock) -> Callable[[Receivers], Dispatcher]:
    return lambda receivers: Dispatcher(world.units, [receivers], clock=machine)


def told(world: World, *receivers: str, event: str = "contract.suspended") -> None:
    with world.open() as unit:
        for number, receiver in enumerate(receivers):
            delivery.enqueue(unit, event, receiver=receiver, payload={"n": number})


def outbox(world: World) -> list[Delivery]:
    with world.open() as unit:
        return delivery.pending(unit)


def refusing(error: Exception) -> Callable[[Claimed], None]:
    def refuse(_: Claimed) -> None:
        raise error

    return refuse


def test_what_is_due_is_sent_once_and_said_to_be(world: World, post: Callable[[Receivers], Dispatcher]) -> None:
    receivers = Receivers()
    told(world, "tenant", "svc_1")
    assert post(receivers)() > 0
    assert sorted(receivers.ledger) == [("svc_1", 1), ("tenant", 0)]
    assert [(row.status, row.attempts, row.error) for row in outbox(world)] == [(Status.DELIVERED, 1, None)] * 2
    post(receivers)()
    assert len(receivers.ledger) == 2


def test_one_receiver_is_told_in_order(world: World, post: Callable[[Receivers], Dispatcher]) -> None:
    receivers = Receivers()
    told(world, *(f"svc_{number % 3}" for number in range(30)))
    post(receivers)()
    for receiver in ("svc_0", "svc_1", "svc_2"):
        mine = [number for name, number in receivers.ledger if name == receiver]
        assert mine == sorted(mine)
        assert len(mine) == 10


def test_a_receiver_that_is_down_is_asked_again_later_and_keeps_nobody_else_waiting(
    world: World, machine: FixedClock, post: Callable[[Receivers], Dispatcher]
) -> None:
    def moody(claimed: Claimed) -> None:
        if claimed.receiver == "svc_0":
            raise PutOff("unreachable")

    receivers = Receivers(moody)
    told(world, "svc_0", "svc_1", "svc_0")
    post(receivers)()
    first, other, second = outbox(world)
    assert receivers.ledger == [("svc_1", 1)]
    assert (first.status, first.attempts, first.error) == (Status.PENDING, 1, "unreachable")
    assert (other.status, second.attempts) == (Status.DELIVERED, 0)
    assert first.next_at is not None
    assert first.next_at > machine.now_us()
    post(receivers)()
    assert outbox(world)[0].attempts == 1
    receivers.mood = lambda _: None
    machine.advance(seconds=60)
    post(receivers)()
    assert receivers.ledger == [("svc_1", 1), ("svc_0", 0), ("svc_0", 2)]
    assert [row.error for row in outbox(world)] == [None, None, None]


def test_what_is_impossible_is_given_up_at_once_and_lets_the_next_one_pass(
    world: World, post: Callable[[Receivers], Dispatcher]
) -> None:
    def moody(claimed: Claimed) -> None:
        if claimed.payload == '{"n": 0}':
            raise Impossible("refused")

    receivers = Receivers(moody)
    told(world, "tenant", "tenant")
    post(receivers)()
    first, second = outbox(world)
    assert (first.status, first.error, first.next_at) == (Status.FAILED, "refused", None)
    assert first.failed_at is not None
    assert second.status is Status.DELIVERED


@pytest.mark.parametrize(("code", "level"), [("refused", "warning"), (OVERTAKEN, "info")])
def test_the_log_warns_of_what_failed_and_not_of_what_nobody_needs_any_more(
    world: World, post: Callable[[Receivers], Dispatcher], code: str, level: str
) -> None:
    def moody(_: Claimed) -> None:
        raise Impossible(code)

    told(world, "tenant")
    with capture_logs() as logs:
        post(Receivers(moody))()
    assert [(line["code"], line["log_level"]) for line in logs if line["event"] == "given_up"] == [(code, level)]


def test_it_is_given_up_after_a_week_of_trying(
    world: World, machine: FixedClock, post: Callable[[Receivers], Dispatcher]
) -> None:
    began = machine.now_us()
    told(world, "tenant")
    dispatcher = post(Receivers(refusing(PutOff("unreachable"))))
    for attempt in range(1, TRIES + 1):
        dispatcher()
        row = outbox(world)[0]
        assert row.attempts == attempt
        machine.advance(seconds=((row.next_at or machine.now_us()) - machine.now_us()) / SECOND + 1)
    assert (row.status, row.error) == (Status.FAILED, "unreachable")
    assert machine.now_us() - began > 7 * 24 * HOUR


def test_pauses_double_and_differ() -> None:
    assert all(7 * SECOND <= pause_after(1) <= 13 * SECOND for _ in range(100))
    assert all(4 * HOUR <= pause_after(40) <= 8 * HOUR for _ in range(100))
    assert len({pause_after(5) for _ in range(20)}) > 10


def test_a_fault_of_ours_is_tried_again_and_its_words_are_kept_to_itself(
    world: World, post: Callable[[Receivers], Dispatcher], capsys: pytest.CaptureFixture[str]
) -> None:
    told(world, "tenant")
    post(Receivers(refusing(ValueError("taro@aoba.example"))))()
    row = outbox(world)[0]
    assert (row.status, row.error) == (Status.PENDING, "internal_error")
    said = capsys.readouterr()
    assert "ValueError" in said.out + said.err
    assert "taro@" not in said.out + said.err


def test_what_nobody_can_send_is_seen(world: World, post: Callable[[Receivers], Dispatcher]) -> None:
    told(world, "tenant", event="unheard.of")
    post(Receivers())()
    assert (outbox(world)[0].status, outbox(world)[0].error) == (Status.FAILED, "no_channel")


def test_nothing_is_sent_of_what_was_rolled_back(world: World, post: Callable[[Receivers], Dispatcher]) -> None:
    receivers = Receivers()

    def fail() -> None:
        with world.open() as unit:
            delivery.enqueue(unit, "contract.suspended", receiver="tenant", payload={"n": 0})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    post(receivers)()
    assert receivers.ledger == []


def test_who_lost_the_lease_marks_nothing(world: World) -> None:
    told(world, "tenant")
    with world.platform() as unit:
        assert len(store.claim(unit, lease="lse_1", now_us=1, until_us=10, limit=4)) == 1
        assert store.claim(unit, lease="lse_2", now_us=9, until_us=20, limit=4) == []
        (again,) = store.claim(unit, lease="lse_2", now_us=10, until_us=20, limit=4)
    assert again.attempts == 2
    with world.open() as unit:
        assert not store.delivered(unit, again.id, lease="lse_1")
        assert not store.given_up(unit, again.id, lease="lse_1", code="refused")
        assert store.delivered(unit, again.id, lease="lse_2")


def test_nobody_claims_more_than_asked_for_nor_the_second_before_the_first(world: World) -> None:
    told(world, "svc_0", "svc_0", "svc_1", "svc_2", "svc_3")
    with world.platform() as unit:
        first = store.claim(unit, lease="lse_1", now_us=1, until_us=10, limit=2)
        rest = store.claim(unit, lease="lse_2", now_us=1, until_us=10, limit=9)
    assert len(first) == 2
    assert sorted(each.receiver for each in [*first, *rest]) == ["svc_0", "svc_1", "svc_2", "svc_3"]


def test_who_is_to_leave_begins_nothing_more(world: World, machine: FixedClock) -> None:
    receivers = Receivers()
    told(world, *(f"svc_{number}" for number in range(9)))
    Dispatcher(world.units, [receivers], clock=machine, leaving=lambda: bool(receivers.ledger), at_once=1)()
    assert len(receivers.ledger) == 1
    assert [row.status for row in outbox(world)].count(Status.DELIVERED) == 1
