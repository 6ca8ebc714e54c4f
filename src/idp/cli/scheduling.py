"""`idp contracts run`."""

import sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from idp import contracts, main, schedule, settings
from idp.cli.installing import refuse_other_schema, refuse_put_back
from idp.cli.saying import say, say_json, warn
from idp.kit.clock import instant
from idp.schedule import Done, Item

_ZONE = "Asia/Tokyo"
_ANEW = "\r\x1b[2K"  # the line of a terminal


def run(config: Path | None, *, on: date | None, as_json: bool) -> int:
    """The exit status: 1 when something that is due could not be done."""
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        refuse_put_back(units)
        today = contracts.day_of(instant(units.clock.now_us()), _ZONE)
        if on is not None and on > today:
            raise typer.BadParameter(f"{on} has not come: today is {today} in {_ZONE}", param_hint="--on")
        report = _Report(as_json=as_json)
        outcome = schedule.run(units, main.steps(chosen), day=on or today, told=report.add)
    report.finish(outcome.done)
    for item, error in outcome.failed:
        warn(f"idp: {item.id} of {item.tenant} could not be done: {error}")
    return 1 if outcome.failed else 0


class _Report:
    """A line for each day of the calendar on which something was done; on a terminal it grows while that day lasts."""

    def __init__(self, *, as_json: bool) -> None:
        self._silent = as_json
        self._day: date | None = None
        self._done = Done()

    def add(self, item: Item, done: Done) -> None:
        if not any(done):
            return
        day = instant(item.at_us).astimezone(ZoneInfo(item.zone)).date()
        if day != self._day:
            self._close()
            self._day, self._done = day, Done()
        self._done = self._done.plus(done)
        if not self._silent and sys.stdout.isatty():
            sys.stdout.write(f"{_ANEW}{self._line()}")
            sys.stdout.flush()

    def finish(self, total: Done) -> None:
        self._close()
        if self._silent:
            say_json(total._asdict())
        else:
            say(f"all         {_counted(total) or 'nothing was due'}")

    def _close(self) -> None:
        if self._day is not None and not self._silent:
            if sys.stdout.isatty():
                sys.stdout.write(_ANEW)
            say(self._line())

    def _line(self) -> str:
        return f"{self._day}  {_counted(self._done)}"


def _counted(done: Done) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in done._asdict().items() if count)
