"""Imports as processes of their own, some of which kill themselves on the way, and what one of them costs."""

import json
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

from tests.imports.conftest import order
from tests.support import forking

from idp import audit, imports, schema
from idp.kit.actors import Actor
from idp.kit.clock import FixedClock
from idp.kit.ids import TenantId
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Unit, Units

OPERATOR = Actor("operator", "opr_1")


@dataclass(frozen=True)
class Runner:
    """What a process needs to know to import `file`, and where it writes its report."""

    url: str
    master_key: Path
    at: datetime
    file: Path
    told: Path

    def start(self, tenant: TenantId, *, survives: int | None = None) -> BaseProcess:
        """Killed by itself at a point beyond so many others: each commit has two, before and after it."""
        return forking.start(_run, self, tenant, survives)

    def finished(self, tenant: TenantId, *, within: float, survives: int | None = None) -> bool:
        """Whether it came to its end; False: it was killed."""
        process = self.start(tenant, survives=survives)
        process.join(within)
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
        return process.exitcode == 0


def _run(runner: Runner, tenant: TenantId, survives: int | None) -> None:
    passing = _fate(survives)
    path = runner.url.removeprefix("sqlite:///")
    database: Database = Postgres(runner.url) if path == runner.url else Sqlite(Path(path))

    def about_to_commit(unit: Unit) -> None:
        audit.write_journal(unit)
        passing()

    keys = KeyStore(runner.master_key)
    units = Units(database, clock=FixedClock(runner.at), keys=keys, at_end=[about_to_commit])
    assert schema.TABLES
    begun = monotonic()
    with runner.file.open("rb") as file:
        report = imports.run(units, tenant, file, order(), actor=OPERATOR, told=lambda *_: passing())
    database.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"wall": monotonic() - begun, "cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss // 1024}
    runner.told.write_text(json.dumps({"report": imports.to_json(report), "cost": cost}))


def _fate(left: int | None) -> Callable[[], None]:
    points = iter(range(left if left is not None else 1 << 40))

    def passing() -> None:
        if next(points, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return passing
