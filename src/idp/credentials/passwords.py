"""Argon2id in a bounded pool: as many at once as there are cores, a short queue behind them, and beyond it no.

A flood of sign-ins may cost its own waiting time, never the memory of the machine (19 MiB for each hash) and never the
answers of those who hold a token already. What an unknown account costs is what a known one costs.
"""

import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import NamedTuple, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from idp.kit.clock import monotonic
from idp.kit.errors import Unavailable

LONGEST = 1_024  # bytes of UTF-8, before and after normalisation

T = TypeVar("T")


class Cost(NamedTuple):
    """OWASP's second choice of parameters: 19 MiB, two passes, one lane."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


class Verdict(NamedTuple):
    """`replacement` is a hash at today's cost, for the row of a right password that was hashed at another."""

    right: bool
    replacement: str | None = None


WRONG = Verdict(right=False)


def prepared(password: str) -> bytes | None:
    """The bytes that are hashed: NFKC, so that every keyboard gives the same; None when it can be no password."""
    if len(password) > LONGEST or len(password.encode(errors="surrogatepass")) > LONGEST:
        return None  # before NFKC, which can make eighteen characters of one
    try:
        plain = unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:
        return None
    return plain if 0 < len(plain) <= LONGEST else None


class HashPool:
    """Made once for a process, by whoever composes it. `observe` is told the seconds of each job, queue included."""

    def __init__(
        self, *, cores: int, waiting: int, cost: Cost | None = None, observe: Callable[[float], None] | None = None
    ) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        # nobody knows a password with this hash; it costs what a real one costs
        self._nobody = f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${'A' * 22}${'A' * 43}"
        self._workers = ThreadPoolExecutor(max_workers=cores, thread_name_prefix="argon2")
        self._room = BoundedSemaphore(cores + waiting)
        self._observe = observe

    def hash(self, password: str) -> str:
        """Blocks. The password is one that `password_policy` let through; `Unavailable` when the queue is full."""
        plain = prepared(password)
        assert plain is not None, "judged by the policy before"
        return self._submit(lambda: self._hasher.hash(plain)).result()

    def verify(self, encoded: str | None, password: str) -> Verdict:
        """Blocks; never inside a transaction. Without `encoded`, for an account that is not there, equally long."""
        return self.verifying(encoded, password).result()

    def verifying(self, encoded: str | None, password: str) -> Future[Verdict]:
        """For an event loop, which waits by `asyncio.wrap_future`. `Unavailable` when the queue is full."""
        plain = prepared(password)
        if plain is None:  # as quick for every account: who is asked about plays no part
            done: Future[Verdict] = Future()
            done.set_result(WRONG)
            return done
        return self._submit(lambda: self._judge(encoded, plain))

    def close(self) -> None:
        self._workers.shutdown(cancel_futures=True)

    def _judge(self, encoded: str | None, plain: bytes) -> Verdict:
        known = encoded or self._nobody
        try:
            self._hasher.verify(known, plain)
        except (VerificationError, InvalidHashError):
            return WRONG
        if encoded is None:
            return WRONG
        return Verdict(right=True, replacement=self._hasher.hash(plain) if self._is_outdated(known) else None)

    def _is_outdated(self, encoded: str) -> bool:
        return self._hasher.check_needs_rehash(encoded)

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        if not self._room.acquire(blocking=False):
            raise Unavailable("the queue of password hashes is full", retry_after=1)
        began = monotonic()
        try:
            future = self._workers.submit(job)
        except RuntimeError as closed:
            self._room.release()
            raise Unavailable("the pool of password hashes is closed") from closed
        future.add_done_callback(lambda _: self._left(began))
        return future

    def _left(self, began: float) -> None:
        self._room.release()
        if self._observe:
            self._observe(monotonic() - began)
