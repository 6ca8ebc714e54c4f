"""How far a change of many steps has come: a bar on a terminal, a line for each quarter in a pipe, nothing for programs
and where there is little to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from idp.cli.saying import say
from idp.configurations import Phase, Told


@contextmanager
def stepping(*, silent: bool) -> Iterator[Told]:
    if silent:
        yield lambda _phase, _done, _of: None
    elif sys.stdout.isatty():
        bar = _Bar()
        try:
            yield bar.told
        finally:
            bar.stop()
    else:
        yield _Lines().told


class _Bar:
    """There while a phase lasts: between two of them somebody may be asked something."""

    _shown: Any = None

    def told(self, phase: Phase, done: int, of: int) -> None:
        if done == of:
            self.stop()
            return
        if self._shown is None:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            self._shown = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), transient=True)
            self._shown.add_task(phase.value.capitalize())
            self._shown.start()
        self._shown.update(self._shown.task_ids[0], completed=done, total=of)

    def stop(self) -> None:
        if self._shown is not None:
            self._shown.stop()
            self._shown = None


class _Lines:
    _said: tuple[Phase | None, int] = (None, 0)

    def told(self, phase: Phase, done: int, of: int) -> None:
        quarter = phase, done * 4 // max(of, 1)
        if done < of and quarter[1] and quarter != self._said:
            self._said = quarter
            say(f"{phase.value.capitalize()}: {done:,} of {of:,}")
