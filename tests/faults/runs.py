"""Runs of the schedule as processes of their own, some of which kill themselves at a chosen point."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.support import forking

from idp import audit, schedule, schema
from idp.kit.actors import Actor
from idp.kit.clock import FixedClock
from idp.kit.ids import TenantId
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Unit, Units
from idp.schedule import Step

POINTS = ("before", "inside", "after")  # of the transaction of an item: a run passes each of them for each item
SLOWEST = 60  # seconds


@dataclass(frozen=True)
class Runner:
    """What a process needs to know to run beside others."""

    url: str
    master_key: Path
    at: datetime
    steps: tuple[Step, ...]

    def start(self, *, survives: int | None = None) -> BaseProcess:
        """One run; killed by itself when it has passed so many points, or left to finish."""
        return forking.start(_run, self, survives)

    def finished(self, *, survives: int | None = None) -> bool:
        """Whether it came to its end; False: it was killed."""
        process = self.start(survives=survives)
        process.join(SLOWEST)
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
        return process.exitcode == 0


def _run(runner: Runner, survives: int | None) -> None:
    path = runner.url.removeprefix("sqlite:///")
    database: Database = Postgres(runner.url) if path == runner.url else Sqlite(Path(path))
    units = _Doomed(
        database, clock=FixedClock(runner.at), keys=KeyStore(runner.master_key), at_end=[audit.write_journal]
    )
    units.passing = passing = _Fate(survives).passing
    assert schema.TABLES
    outcome = schedule.run(units, runner.steps, told=lambda _item, _done: passing())
    database.close()
    for _, error in outcome.failed:
        raise error


class _Doomed(Units):
    """Whoever waits for its turn to write, is about to commit, or has committed, may die of it."""

    passing: Callable[[], None]

    @contextmanager
    def open(self, tenant: TenantId, *, actor: Actor, write: bool = True) -> Iterator[Unit]:
        if write:
            self.passing()
        with super().open(tenant, actor=actor, write=write) as unit:
            yield unit
            if write:
                self.passing()


class _Fate:
    def __init__(self, survives: int | None) -> None:
        self._left = survives

    def passing(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._left is not None:
            self._left -= 1
