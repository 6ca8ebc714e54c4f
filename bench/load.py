"""The load generator: a fixed number of keep-alive connections, each with one request in flight, every answer checked.

A process of its own, on a core of its own: reads an Order as JSON from its standard input, prints a Result.
"""

import asyncio
import gc
import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import cast

from bench.sign_ons import SignOns
from bench.tally import Order, Tally, Turns
from bench.tokens import TokenTurns

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """`elapsed` from the first request to the last answer; latencies in microseconds; `generator_cpu` in seconds.

    `bad` counts the answers that were not good, by what was wrong; `sample` is what one of the good ones gave.
    """

    good: int
    bad: dict[str, int]
    elapsed: float
    p50: float
    p99: float
    generator_cpu: float
    sample: str


class Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, has it judged, sends again until the time is over."""

    def __init__(self, tally: Tally, number: int) -> None:
        self.tally = tally
        self.turns: Turns = (SignOns if tally.order.services else TokenTurns)(tally, number)
        self.buffer = bytearray()
        self.sent = 0
        self.waiting = False
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def begin(self) -> None:
        self.sent = time.perf_counter_ns()
        self.waiting = True
        self.transport.write(self.turns.begin())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[: end + 2])
        length = LENGTH.search(head)
        if length is None:
            self.tally.bad["no content-length"] += 1
            self.transport.close()
            return
        whole = end + 4 + int(length[1])
        if len(self.buffer) < whole:
            return
        body = bytes(self.buffer[end + 4 : whole])
        del self.buffer[:whole]
        arrived = time.perf_counter_ns()
        following = self.turns.answered(head, body)
        if following is None:
            self.end(arrived)
        else:
            self.transport.write(following)

    def end(self, arrived: int) -> None:
        """Of a turn, well or badly."""
        self.tally.latencies.append(arrived - self.sent)
        self.waiting = False
        if arrived < self.tally.until:
            self.begin()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        if self.waiting:
            self.tally.bad["connection lost"] += 1
        if not self.finished.done():
            self.finished.set_result(None)


async def load(order: Order) -> Result:
    """Carries the order out; nothing is sent before every connection stands."""
    loop = asyncio.get_running_loop()
    tally = Tally(order)
    lines = [
        (await loop.create_connection(partial(Connection, tally, number), "127.0.0.1", order.port))[1]
        for number in range(order.connections)
    ]
    begun = time.perf_counter()
    tally.until = time.perf_counter_ns() + int(order.seconds * 1e9)
    cpu = time.process_time()
    for line in lines:
        line.begin()
    await asyncio.gather(*(line.finished for line in lines))
    elapsed = time.perf_counter() - begun
    latencies = sorted(tally.latencies) or [0]
    return Result(
        good=len(tally.tokens),
        bad=dict(tally.bad),
        elapsed=elapsed,
        p50=latencies[len(latencies) // 2] / 1e3,
        p99=latencies[len(latencies) * 99 // 100] / 1e3,
        generator_cpu=time.process_time() - cpu,
        sample=tally.sample,
    )


def main() -> None:
    import uvloop

    order = Order(**json.load(sys.stdin))
    gc.disable()  # a collection over a million tokens would be seen as a slow server
    json.dump(asdict(uvloop.run(load(order))), sys.stdout)


if __name__ == "__main__":
    main()
