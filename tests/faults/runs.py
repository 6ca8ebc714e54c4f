"""Runs of the schedule as processes of their own, some of which kill themselves at a chosen point."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from idp import audit, main, schedule
from idp.kit.clock import FixedClock
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Unit, Units
from idp.schedule import Done, Item, Place, Step

POINTS = ("before", "inside", "after")  # of the transaction of an item: a run passes each of them for each item


@dataclass(frozen=True)
class Runner:
    """What a process needs to know to run beside others."""

    url: str
    master_key: Path
    at: datetime

    def start(self, *, survives: int | None = None) -> BaseProcess:
        """One run; killed by itself when it has passed so many points, or left to finish."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.faults.runs"])
        process = context.Process(target=_run, args=(self, survives))
        process.start()
        return process

    def finished(self, *, survives: int | None = None) -> bool:
        """Whether it came to its end; False: it was killed."""
        process = self.start(survives=survives)
        process.join(60)
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
        return process.exitcode == 0


def _run(runner: Runner, survives: int | None) -> None:
    path = runner.url.removeprefix("sqlite:///")
    database: Database = Postgres(runner.url) if path == runner.url else Sqlite(Path(path))
    units = Units(database, clock=FixedClock(runner.at), keys=KeyStore(runner.master_key), at_end=[audit.write_journal])
    passing = _Fate(survives).passing
    outcome = schedule.run(
        units,
        [_Watched(step, passing) for step in main.steps()],
        told=lambda _item, _done: passing(),
    )
    database.close()
    assert outcome.failed == ()


class _Fate:
    def __init__(self, survives: int | None) -> None:
        self._left = survives

    def passing(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._left is not None:
            self._left -= 1


class _Watched:
    def __init__(self, step: Step, passing: Callable[[], None]) -> None:
        self._step = step
        self._passing = passing

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        return self._step.due(unit, after=after, upto=upto, limit=limit)

    def do(self, unit: Unit, item: Item) -> Done:
        self._passing()
        done = self._step.do(unit, item)
        self._passing()
        return done
