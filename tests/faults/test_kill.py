"""`kill -9` of workers at random moments under load: nothing acknowledged is lost, nothing is done twice."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.faults.ledger import Ledger, Traffic
from tests.support import processes
from tests.support.installation import Installation, demo, is_ready, run, serve
from tests.support.relying import Request
from tests.support.services import Services
from tests.support.wire import Answer, Line

KILLS = int(os.environ.get("KILLS", "4"))  # on each of two databases; `make faults` asks for more
WORKERS = 2
READY_WITHIN = 3.0
PATIENCE = 30.0
SEED = 20261122

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 12 * KILLS)]


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    with demo(tmp_path / "data", settings={"IDP_DATABASE_URL": database_url}) as filled:
        pass
    with serve(filled, workers=WORKERS) as running:
        yield running


def test_killed_workers_lose_nothing_acknowledged_and_do_nothing_twice(
    installation: Installation, database_url: str
) -> None:
    services = Services.register(installation)
    with services.person() as person:
        for relying in (services.web, services.app):
            services.code(person, relying, prompt="consent")
        ledger = Ledger()
        absences = asyncio.run(kill_under_load(services, person.cookies(), ledger))
    worst = [max(getattr(absence, name) for absence in absences) for name in Absence._fields]
    print(f"seed {SEED}, {KILLS} kills; at worst", dict(zip(Absence._fields, worst, strict=True)), dict(ledger.counted))
    assert all(absence.ready < READY_WITHIN for absence in absences), absences
    assert all(absence.replaced - absence.waited < READY_WITHIN for absence in absences), absences
    assert len(ledger.active) > KILLS
    assert len(ledger.used_codes) > KILLS
    asyncio.run(audit(services, ledger))
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
    verified = run(installation.settings, "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


class Absence(NamedTuple):
    """Seconds from a kill until a new connection found readiness green, and until a new worker had accepted one; for
    how long that worker had only `waited` for a core, which other tests were using."""

    ready: float
    replaced: float
    waited: float


async def kill_under_load(services: Services, cookies: str, ledger: Ledger) -> list[Absence]:
    """Kills a worker again and again while traffic runs."""
    draw = random.Random(SEED)
    traffic = Traffic(services, cookies=cookies, ledger=ledger, lines_per_kind=2)
    absences = []
    for _ in range(KILLS):
        await asyncio.sleep(draw.uniform(0.02, 0.5))
        traffic.fail_early()
        absences.append(await asyncio.to_thread(kill_one, services.installation, draw))
    await traffic.stop()
    return absences


def kill_one(installation: Installation, draw: random.Random) -> Absence:
    """Which worker accepts is the kernel's choice: answered connections are kept until one is the new one's."""
    supervisor = installation.program.pid
    workers = set(processes.listeners(supervisor, installation.port)) - {supervisor}
    assert len(workers) == WORKERS, workers
    begun = time.monotonic()
    os.kill(draw.choice(sorted(workers)), signal.SIGKILL)
    ready = None
    with ExitStack() as kept:
        while (passed := time.monotonic() - begun) < PATIENCE:
            if is_ready(installation.port, kept):
                ready = ready or time.monotonic() - begun
            for worker in set(processes.listeners(supervisor, installation.port)) - {supervisor} - workers:
                if ready is not None and processes.serving(worker, installation.port):
                    return Absence(ready, passed, processes.waited(worker))
            time.sleep(0.02)
    raise AssertionError(f"no new worker within {PATIENCE} s{installation.program.last_words()}")


async def audit(services: Services, ledger: Ledger) -> None:
    """Holds the server to every entry of the ledger."""
    web, app = services.web, services.app
    for answer in await ask_all(services, map(web.introspect, ledger.active)):
        assert answer.json().get("active") is True, answer
    for answer in await ask_all(services, map(web.introspect, ledger.revoked)):
        assert answer.json() == {"active": False}, answer
    for answer in await ask_all(services, map(app.refresh, ledger.rotating)):
        assert answer.status == 200, answer
    for answer in await ask_all(services, (owner.redeem(code) for code, owner in ledger.used_codes.items())):
        assert (answer.status, answer.json()["error"]) == (400, "invalid_grant"), answer


async def ask_all(services: Services, requests: Iterable[Request]) -> list[Answer]:
    """Eight at a time."""
    asked = list(requests)
    host = services.installation.base_url.partition("://")[2]

    async def on(share: Sequence[Request]) -> list[Answer]:
        async with Line(services.installation.port, host) as line:
            return [await line.send(request) for request in share]

    found = await asyncio.gather(*(on(asked[number::8]) for number in range(8)))
    return [answer for answers in found for answer in answers]
