"""How far something long has come, where its end is not known before: a line that changes on a terminal, a line now and
then in a pipe, nothing for programs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from idp.cli.saying import say

_NOW_AND_THEN = 100_000

Told = Callable[[str, int], None]
"""What is being worked on, and how many rows are done."""


@contextmanager
def counting(*, silent: bool) -> Iterator[Told]:
    if silent:
        yield lambda _what, _rows: None
    elif sys.stdout.isatty():
        from rich.console import Console

        with Console().status("") as status:
            yield lambda what, rows: status.update(f"{what}: {rows:,} rows")
    else:
        yield _Lines().told


class _Lines:
    _said = 0

    def told(self, what: str, rows: int) -> None:
        steps = rows // _NOW_AND_THEN
        if steps > self._said:
            self._said = steps
            say(f"{steps * _NOW_AND_THEN:,} rows, now {what}")
