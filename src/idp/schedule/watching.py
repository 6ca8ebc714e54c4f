"""The schedule kept by itself: a look at the clock every second, and a run when something has been due for a while."""

from collections.abc import Callable, Sequence

import structlog

from idp.kit import clock
from idp.kit.units import Units
from idp.schedule.model import Outcome, Step
from idp.schedule.running import earliest, run

LOOK = 1.0  # seconds: a clock that jumps is noticed
PATIENCE = 30.0  # a run that an operator has set for midnight goes first
_AFTER_FAILURE = 300.0


class Watch:
    """One turn after another, each saying after how many seconds it wants the next. What falls due at the midnights of
    all zones is done shortly after each; at the first turn, what was left by the time before."""

    def __init__(
        self,
        units: Units,
        steps: Sequence[Step],
        *,
        patience: float = PATIENCE,
        leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        self._units = units
        self._steps = steps
        self._patience = patience
        self._leaving = leaving
        self._seen: float | None = None
        self._resumed = False
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.schedule").bind()

    def __call__(self) -> float:
        if not self._resumed:
            for step in self._steps:
                step.resume(self._units)
            self._resumed = True
        if earliest(self._units, self._steps) is None:
            self._seen = None
            return LOOK
        now = clock.monotonic()
        if self._seen is None:
            self._seen = now
        if now - self._seen < self._patience:
            return LOOK
        self._seen = None
        return self._run()

    def _run(self) -> float:
        outcome: Outcome = run(self._units, self._steps, leaving=self._leaving)
        for item, error in outcome.failed:
            self._log.error("not_done", item=item.id, tenant=item.tenant, exc_info=error)
        self._log.info("schedule_ran", failed=len(outcome.failed), **outcome.done._asdict())
        return _AFTER_FAILURE if outcome.failed else LOOK
