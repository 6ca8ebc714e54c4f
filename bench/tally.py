"""What a load generator is told, and what all of its connections have seen."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Order:
    """`seconds` is how long turns are begun; those under way then are waited for and counted.

    `sessions` are Cookie headers, used in turn by the connections; with them each turn of the code flow begins at
    `authorize_path`, and its code is put behind `form`. With `services` (entity IDs, drawn at random) each turn is a
    sign-on of SAML at `path`, whose requests name `destination`.
    """

    port: int
    host: str
    path: str
    authorization: str
    form: str
    connections: int
    seconds: float
    authorize_path: str = ""
    sessions: Sequence[str] = ()
    services: Sequence[str] = ()
    destination: str = ""


class Tally:
    """Of all connections; `tokens` are what counts as good, each of them once."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.tokens: set[str] = set()
        self.sample = ""
        self.bad: Counter[str] = Counter()
        self.latencies: list[int] = []
        self.until = time.perf_counter_ns() + int(order.seconds * 1e9)

    def good(self, token: str, sample: str) -> None:
        """`sample` is what may be looked at afterwards."""
        self.tokens.add(token)
        self.sample = self.sample or sample


class Turns(Protocol):
    """What one connection asks, again and again."""

    def begin(self) -> bytes: ...

    def answered(self, head: bytes, body: bytes) -> bytes | None:
        """The next request of this turn; None when it is over, well or badly, and has been told to the tally."""
