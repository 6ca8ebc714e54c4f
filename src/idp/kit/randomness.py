"""Random bytes for names that are not secrets (ids, references), taken from the system by the page.

A call to the system for each costs more than everything else about an id. Secrets never come from here: bytes that wait
in memory for their use would be secrets that wait there too.
"""

import os
import threading

_PAGE = 4096


class _Pool:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drop()
        os.register_at_fork(after_in_child=self._drop)  # or two processes would give the same names

    def _drop(self) -> None:
        self._page = b""
        self._used = 0

    def take(self, size: int) -> int:
        """`size` random bytes, as a number."""
        with self._lock:
            start = self._used
            if start + size > len(self._page):
                self._page, start = os.urandom(_PAGE), 0
            self._used = start + size
            return int.from_bytes(self._page[start : start + size])


take = _Pool().take
