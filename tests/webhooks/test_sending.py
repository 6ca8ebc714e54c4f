"""What receivers are told: what they asked for, signed, in order, at least once and with one id, whatever dies."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Standard
from tests.contracts.conftest import Desk
from tests.support import forking
from tests.support.rooms import World
from tests.webhooks.conftest import Receiver, acted, hooked, seen
from tests.webhooks.worker import pump, turn

from idp import audit, delivery, webhooks
from idp.audit import Event
from idp.contracts import Status
from idp.kit.clock import FixedClock
from idp.kit.egress import Egress
from idp.kit.errors import Conflict
from idp.kit.units import Units
from idp.webhooks import Draft, Pump


def answering(*statuses: int) -> Callable[[str], int]:
    """One after the other, the last for good."""
    left = list(statuses)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def test_a_receiver_is_told_what_it_asked_for_and_nothing_from_before(
    world: World, receiver: Receiver, sender: Pump
) -> None:
    acted(world, "usr_before")
    webhook = hooked(world, receiver, "user.*", "group.joined")
    acted(world, "usr_1", "usr_2")
    acted(world, "svc_1", event=Event.SERVICE_CREATED)
    acted(world, "usr_3", event=Event.GROUP_JOINED)
    acted(world, "usr_other", tenant=world.midori)
    sender()
    sender()
    assert receiver.subjects == ["usr_1", "usr_2", "usr_3"]
    first = receiver.ledger[0]
    with world.open() as unit:
        rows = audit.page(unit, wanted=audit.Wanted(subject="usr_1"))
    assert first["type"] == "user.changed"
    assert first["tenant"] == "aoba"
    assert first["data"] == audit.to_json(rows[0])
    assert first["timestamp"] == first["data"]["at"]
    assert len(set(receiver.heard)) == 3
    assert receiver.forged == 0
    assert seen(world, webhook).told_at is not None


@pytest.mark.attack("L8")
def test_what_is_sent_is_what_another_implementation_takes(world: World, receiver: Receiver) -> None:
    """With the machine's own time, which receivers compare with theirs."""
    hooked(world, receiver)
    taken: list[bool] = []

    def take(headers: dict[str, str], body: bytes) -> int:
        Standard(receiver.secrets[0]).verify(body, headers)
        with pytest.raises(Exception, match="signature"):
            Standard(receiver.secrets[0]).verify(body + b" ", headers)
        taken.append(True)
        return 200

    receiver.take = take  # type: ignore[method-assign]
    acted(world, "usr_1")
    pump(world.units)()
    assert taken == [True]


def test_a_receiver_that_is_down_for_an_hour_misses_nothing_and_gets_it_in_order(
    world: World, receiver: Receiver, sender: Pump, machine: FixedClock
) -> None:
    webhook = hooked(world, receiver)
    receiver.answer = answering(503)
    acted(world, "usr_1", "usr_2")
    attempts = 0
    for minute in range(60):
        sender()
        machine.advance(minutes=1)
        if minute == 30:
            acted(world, "usr_3")
        attempts = len(receiver.heard)
    assert 5 <= attempts <= 12  # pauses grow
    assert len(set(receiver.heard)) == 1  # the others wait behind it
    assert (receiver.ledger, seen(world, webhook).error) == ([], "http_503")
    assert seen(world, webhook).failing_since is not None
    receiver.answer = answering(200)
    machine.advance(hours=1)
    sender()
    assert receiver.subjects == ["usr_1", "usr_2", "usr_3"]
    assert receiver.heard[0] == receiver.ledger[0]["id"]
    assert (seen(world, webhook).error, seen(world, webhook).failing_since) == (None, None)


@pytest.mark.parametrize(("status", "days"), [(500, 3), (404, 3), (302, 3), (410, 0)])
def test_one_that_fails_for_days_is_switched_off_and_somebody_is_told_and_it_goes_on_where_it_was(
    world: World, receiver: Receiver, sender: Pump, machine: FixedClock, status: int, days: int
) -> None:
    webhook = hooked(world, receiver)
    receiver.answer = answering(status)
    acted(world, "usr_1")
    sender()
    for _ in range(24 * days):
        assert seen(world, webhook).enabled
        machine.advance(hours=1.3)
        sender()
        if not seen(world, webhook).enabled:
            break
    assert not seen(world, webhook).enabled
    if days:
        assert len(receiver.heard) > 24
    with world.open() as unit:
        (letter,) = [row for row in delivery.pending(unit) if row.event == "webhook.disabled"]
        assert "webhook.disabled" in [row.event for row in audit.page(unit)]
    assert receiver.url not in letter.payload
    receiver.answer = answering(200)
    acted(world, "usr_2")
    machine.advance(days=1)
    sender()
    assert receiver.ledger == []
    with world.open() as unit:
        webhooks.change(unit, webhook.id, {"enabled": True}, egress=Egress())
        with pytest.raises(Conflict):
            webhooks.test(unit, webhooks.create(unit, Draft("x", receiver.url, ("*",), enabled=False))[0].id)
    sender()
    assert receiver.subjects == ["usr_1", "usr_2"]


def test_for_a_day_both_secrets_sign(world: World, receiver: Receiver, sender: Pump) -> None:
    webhook = hooked(world, receiver)
    with world.open() as unit:
        _, secret = webhooks.rotate(unit, webhook.id)
    assert secret != receiver.secrets[0]
    acted(world, "usr_1")
    sender()
    receiver.secrets[:] = [secret]
    acted(world, "usr_2")
    sender()
    assert (receiver.subjects, receiver.signatures) == (["usr_1", "usr_2"], [2, 2])
    world.clock.advance(hours=25)
    acted(world, "usr_3")
    sender()
    assert (receiver.subjects[-1], receiver.signatures[-1]) == ("usr_3", 1)
    assert receiver.forged == 0


def test_it_can_be_tried_out_and_others_hear_nothing_of_that(world: World, receiver: Receiver, sender: Pump) -> None:
    tried, other = hooked(world, receiver, "user.*"), hooked(world, receiver, "*")
    with world.open() as unit:
        webhooks.test(unit, tried.id)
    sender()
    tested = [each for each in receiver.ledger if each["type"] == "webhook.tested"]
    assert [each["data"]["subject"] for each in tested] == [tried.id]
    with world.open() as unit:
        webhooks.remove(unit, tried.id)
        webhooks.remove(unit, other.id)
    count = len(receiver.heard)
    acted(world, "usr_1")
    sender()
    assert len(receiver.heard) == count


def test_two_workers_at_once_tell_it_once(world: World, receiver: Receiver, machine: FixedClock) -> None:
    hooked(world, receiver)
    acted(world, *(f"usr_{number:02d}" for number in range(20)))
    workers = [pump(world.units, machine) for _ in range(4)]
    with ThreadPoolExecutor(4) as hands:
        list(hands.map(lambda worker: worker(), workers))
    workers[0]()
    assert receiver.subjects == [f"usr_{number:02d}" for number in range(20)]


def test_a_worker_that_is_killed_loses_nothing_and_what_comes_twice_has_one_id(
    world: World, receiver: Receiver, installed_url: str, tmp_path: Path, machine: FixedClock
) -> None:
    hooked(world, receiver)
    acted(world, "usr_1", "usr_2", "usr_3")
    master = str(tmp_path / "keys" / "master.key")
    process = forking.start(turn, installed_url, master, "2026-04-01T01:00:00Z")

    def kill(_: str) -> int:
        if len(receiver.heard) == 2:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
        return 200

    receiver.answer = kill
    process.join(forking.SLOWEST)
    assert process.exitcode == -signal.SIGKILL
    assert receiver.subjects == ["usr_1", "usr_2"]
    receiver.answer = answering(200)
    later = pump(world.units)
    machine_now = 0
    while len(receiver.subjects) < 4 and machine_now < 60:
        with world.platform() as unit:  # the dead worker's lease has run out
            unit.lane.execute("UPDATE webhooks SET next_at = 0", {})
        later()
        machine_now += 1
    assert receiver.subjects == ["usr_1", "usr_2", "usr_2", "usr_3"]
    assert receiver.heard[1] == receiver.heard[2]


@pytest.mark.attack("D2")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "https://127.0.0.1:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://[::1]:{port}/",
        "https://localhost:{port}/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://siem.internal/",
    ],
)
def test_nothing_inside_is_called(world: World, receiver: Receiver, machine: FixedClock, url: str) -> None:
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    with world.open() as unit:
        webhook, _ = webhooks.create(unit, Draft("x", url.format(port=port), ("*",), enabled=True))
    Pump(world.units, Egress(), clock=machine)()
    assert receiver.heard == []
    assert receiver.forged == 0
    assert seen(world, webhook).error == "unreachable"


def test_nothing_is_told_while_the_contract_does_not_run(units: Units, clock: FixedClock, receiver: Receiver) -> None:
    desk = Desk(units)
    contract = desk.bring(Status.ACTIVE, tenant="kaede")
    assert contract.tenant is not None
    world = World(units, clock, contract.tenant, contract.tenant)
    sender = pump(units, clock)
    hooked(world, receiver)
    acted(world, "usr_1")
    sender()
    assert receiver.subjects == ["usr_1"]
    desk.act("suspend", contract.id)
    acted(world, "usr_2")
    sender()
    assert receiver.subjects == ["usr_1"]
    desk.act("resume", contract.id)
    sender()
    assert receiver.subjects == ["usr_1", "usr_2"]
    desk.act("terminate", contract.id)
    acted(world, "usr_3")
    sender()
    assert receiver.subjects == ["usr_1", "usr_2"]
