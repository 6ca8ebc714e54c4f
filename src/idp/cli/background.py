"""`idp worker`: what is done by time and not by request. `idp demo` runs one as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from idp import main as composition
from idp import settings
from idp.cli.installing import refuse_other_schema, refuse_put_back
from idp.cli.leaving import leave
from idp.cli.worker import arguments
from idp.kit.errors import Unavailable
from idp.kit.units import Units
from idp.main import Job
from idp.web import logs
from idp.web.fenced import is_put_back

_LAST_STEP = 3.0  # SIGTERM ends everything within five seconds; whatever is cut off then is done at the next start
_AFTER_FAILURE = 10.0


def work(config: Path | None, overrides: Mapping[str, Any]) -> int:
    """The exit status, once told to stop."""
    chosen = settings.load(config, **dict(overrides))
    logs.configure(chosen.log_level)
    refuse_other_schema(chosen)
    leaving = threading.Event()
    _hear_signals(leaving)
    with composition.opened(chosen) as units:
        refuse_put_back(units)
        jobs = composition.jobs(chosen, units, leaving=leaving.is_set)
        turning = [threading.Thread(target=_turn, args=(job, units, leaving), daemon=True) for job in jobs]
        for each in turning:
            each.start()
        leaving.wait()
        for each in turning:
            each.join(_LAST_STEP)
        if any(each.is_alive() for each in turning):
            os._exit(0)  # in the middle of a transaction, which is as if it had never begun
    return 0


@contextmanager
def running(config: Path | None, overrides: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Its standard input ends when we do, however we end; so does it."""
    command = [sys.executable, "-m", "idp.cli.background", *arguments(config, overrides)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own command
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_LAST_STEP + 1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _turn(job: Job, units: Units, leaving: threading.Event) -> None:
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.worker").bind()
    pause = 0.0
    while not leaving.wait(pause):
        try:
            if is_put_back(units):  # what is due by an old database may have been put off since
                log.critical("the database is from before the last restore")
                os.kill(os.getpid(), signal.SIGTERM)
                return
            pause = job()
        except Unavailable as error:
            log.warning("put_off", detail=error.detail)
            pause = float(error.retry_after)
        except Exception:
            log.exception("job_failed")
            pause = _AFTER_FAILURE


def _hear_signals(leaving: threading.Event) -> None:
    def leave(_number: int, _frame: FrameType | None) -> None:
        leaving.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


def main(config: str, overrides: str) -> None:
    """As `idp demo` starts it."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    leave(work(Path(config) if config else None, json.loads(overrides)))


def _leave_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(*sys.argv[1:])
