"""Random names that are not secrets (ids, references), made by the page from the system's own randomness.

A call to the system for each costs more than everything else about an id. Secrets never come from here: what waits in
memory for its use would be a secret that waits there too.
"""

import os
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_PAGE: Final = 4_000
_NUMBER: Final = 10
BITS = 8 * _NUMBER


class Supply(Generic[T]):
    """Gives out, to any thread and each once, what `make` cuts from a page of random bytes."""

    def __init__(self, make: Callable[[bytes], list[T]]) -> None:
        self._make = make
        self._left: list[T] = []
        os.register_at_fork(after_in_child=self._left.clear)  # or two processes would give the same names

    def take(self) -> T:
        try:
            return self._left.pop()
        except IndexError:
            first, *rest = self._make(os.urandom(_PAGE))
            self._left += rest
            return first


def _numbers(page: bytes) -> list[int]:
    return [int.from_bytes(page[start : start + _NUMBER]) for start in range(0, _PAGE, _NUMBER)]


take = Supply(_numbers).take
"""A number of `BITS` random bits."""
