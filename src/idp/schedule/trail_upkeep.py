"""The trail looked after by time: a checkpoint a day, and rows whose time is over. A job of its own."""

from collections.abc import Callable
from pathlib import Path

import structlog

from idp import custody
from idp.kit.units import Units

LOOK = 600.0  # seconds


class TrailUpkeep:
    """One turn after another, each saying after how many seconds it wants the next. `directory` None: no checkpoints;
    `days` 0: rows are kept for good."""

    def __init__(
        self, units: Units, *, directory: Path | None, days: int, leaving: Callable[[], bool] = lambda: False
    ) -> None:
        self._units = units
        self._directory = directory
        self._days = days
        self._leaving = leaving
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.schedule").bind()

    def __call__(self) -> float:
        if self._directory is not None:
            written = custody.keep_todays(self._units, self._directory)
            if written is not None:
                self._log.info("checkpoint_written", file=written.name)
        if self._days:
            removed = custody.forget(self._units, days=self._days, leaving=self._leaving)
            if removed:
                self._log.info("trail_cut", rows=removed)
        return LOOK
