"""Fair turns at the one writer's place of a SQLite file, between threads and processes alike.

SQLite's own busy handler sleeps and tries again, so under load the connection that has just committed takes the lock
again and others starve: a contract could not be suspended while tokens are being issued. Here whoever waits holds the
turnstile while waiting, and whoever is done must pass it again: turns alternate. Locks are the kernel's (flock): a
killed process gives them back.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from idp.kit.clock import monotonic
from idp.kit.errors import Unavailable

_PAUSE: Final = 0.0003


class Turnstile:
    """One per connection: flock belongs to the open file, so two connections of one process exclude each other too."""

    def __init__(self, database: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._turn = os.open(database.with_name(database.name + ".turn"), flags, 0o600)
        self._place = os.open(database.with_name(database.name + ".place"), flags, 0o600)

    def enter(self, *, timeout: float = 4.0) -> None:
        until = monotonic() + timeout
        _lock(self._turn, until)
        try:
            _lock(self._place, until)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def try_enter(self) -> bool:
        """Without waiting, and not past anybody who does."""
        if not _try(self._turn):
            return False
        try:
            return _try(self._place)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def leave(self) -> None:
        fcntl.flock(self._place, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._turn)
        os.close(self._place)


def _lock(handle: int, until: float) -> None:
    while not _try(handle):
        if monotonic() > until:
            raise Unavailable("no turn to write within the time limit")
        time.sleep(_PAUSE)


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
