"""The outbox sent by four processes at once, some of them killed wherever it hurts: nothing is lost, one receiver is
told in order, and what comes twice comes with the same id."""

import os
import random
import signal
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from tests.support import forking
from tests.support.rooms import World

from idp import delivery, schema
from idp.delivery import Claimed, Dispatcher, Status
from idp.delivery.attempting import LEASE
from idp.kit.clock import FileClock, FixedClock
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units

KILLS = int(os.environ.get("KILLS", "6"))
AT_ONCE = 4
RECEIVERS = 5
DELIVERIES = 40
SEED = 20261122

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 5 * KILLS)]


@dataclass(frozen=True)
class Office:
    url: str
    master_key: Path
    ledger: Path
    machine: Path

    def start(self, *, survives: int | None) -> BaseProcess:
        """One that dispatches until nothing is due, or dies once it has passed so many points."""
        return forking.start(_dispatch, self, survives)


class Ledger:
    """What was received, a line in a file; dies before or after it was written."""

    def __init__(self, path: Path, survives: int | None) -> None:
        self._path = path
        self._left = survives

    def takes(self, _claimed: Claimed) -> bool:
        return True

    def send(self, claimed: Claimed, *, until: float) -> None:  # noqa: ARG002 - the protocol's signature
        self._pass()
        with self._path.open("a") as file:
            file.write(f"{claimed.receiver} {claimed.id}\n")
        self._pass()

    def _pass(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _dispatch(office: Office, survives: int | None) -> None:
    path = office.url.removeprefix("sqlite:///")
    database: Database = Postgres(office.url) if path == office.url else Sqlite(Path(path))
    units = Units(database, clock=FixedClock(datetime(2026, 4, 1, tzinfo=UTC)), keys=KeyStore(office.master_key))
    assert schema.TABLES
    Dispatcher(units, [Ledger(office.ledger, survives)], clock=FileClock(office.machine))()
    database.close()


@pytest.fixture
def office(installed_url: str, tmp_path: Path) -> Office:
    machine = tmp_path / "machine"
    machine.write_text("2026-04-01T00:00:00Z")
    return Office(installed_url, tmp_path / "keys" / "master.key", tmp_path / "ledger", machine)


def test_nothing_is_lost_and_only_who_was_killed_sends_twice(world: World, office: Office) -> None:
    expected = defaultdict(list)
    with world.open() as unit:
        for number in range(DELIVERIES):
            receiver = f"svc_{number % RECEIVERS}"
            expected[receiver].append(delivery.enqueue(unit, "contract.suspended", receiver=receiver, payload={}))
    office.ledger.touch()
    dice, killed = random.Random(SEED), 0
    for round_ in range(1, 1_000):
        doomed = killed < KILLS
        processes = [office.start(survives=dice.randrange(8) if doomed else None) for _ in range(AT_ONCE)]
        for process in processes:
            process.join(60)
            assert process.exitcode in {0, -signal.SIGKILL}
            killed += process.exitcode != 0
        with world.open() as unit:
            rows = delivery.pending(unit, limit=DELIVERIES)
        if all(row.status is Status.DELIVERED for row in rows):
            break
        office.machine.write_text(datetime.fromtimestamp(1775001600 + round_ * (LEASE + 1), UTC).isoformat())
    received = [line.split() for line in office.ledger.read_text().splitlines()]
    for receiver, ids in expected.items():
        firsts = list(dict.fromkeys(found for name, found in received if name == receiver))
        assert firsts == ids
    assert killed >= KILLS
    assert len(received) - DELIVERIES <= killed * 4  # so many were under way in each of them


def test_of_four_at_once_each_delivery_is_sent_by_one(world: World, office: Office) -> None:
    with world.open() as unit:
        ids = [
            delivery.enqueue(unit, "contract.suspended", receiver=f"svc_{number}", payload={})
            for number in range(DELIVERIES)
        ]
    began = time.monotonic()
    processes = [office.start(survives=None) for _ in range(AT_ONCE)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert time.monotonic() - began < 60
    received = [line.split()[1] for line in office.ledger.read_text().splitlines()]
    assert sorted(received) == sorted(ids)
