"""The load generator: a fixed number of keep-alive connections, each with one request in flight, every answer checked.

A process of its own, on a core of its own: reads an Order as JSON from its standard input, prints a Result.
An answer counts as good when it is 200 with an access token that no other answer carried.
"""

import asyncio
import gc
import json
import re
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import cast

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Order:
    """`seconds` is how long requests are begun; those under way then are waited for and counted."""

    port: int
    host: str
    path: str
    authorization: str
    form: str
    connections: int
    seconds: float

    def request(self) -> bytes:
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: {self.authorization}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
            f"Content-Length: {len(self.form)}\r\n\r\n"
        )
        return (head + self.form).encode()


@dataclass(frozen=True, slots=True)
class Result:
    """`elapsed` from the first request to the last answer; latencies in microseconds; `generator_cpu` in seconds.

    `bad` counts the answers that were not good, by what was wrong; `sample` is one of the tokens.
    """

    good: int
    bad: dict[str, int]
    elapsed: float
    p50: float
    p99: float
    generator_cpu: float
    sample: str


class Tally:
    """What all connections have seen."""

    def __init__(self, order: Order) -> None:
        self.request = order.request()
        self.tokens: set[str] = set()
        self.bad: Counter[str] = Counter()
        self.latencies: list[int] = []
        self.until = time.perf_counter_ns() + int(order.seconds * 1e9)

    def judge(self, head: bytes, body: bytes) -> None:
        status = head[9:12].decode("latin-1")
        if status != "200":
            self.bad[f"status {status}"] += 1
            return
        try:
            token = json.loads(body)["access_token"]
        except (ValueError, KeyError, TypeError):
            self.bad["no access token"] += 1
            return
        if not isinstance(token, str) or token in self.tokens:
            self.bad["access token seen before"] += 1
            return
        self.tokens.add(token)


class Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, has it judged, sends again until the time is over."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.buffer = b""
        self.sent = 0
        self.waiting = False
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def begin(self) -> None:
        self.sent = time.perf_counter_ns()
        self.waiting = True
        self.transport.write(self.tally.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[: end + 2]
        length = LENGTH.search(head)
        if length is None:
            self.tally.bad["no content-length"] += 1
            self.transport.close()
            return
        whole = end + 4 + int(length[1])
        if len(self.buffer) < whole:
            return
        now = time.perf_counter_ns()
        self.tally.latencies.append(now - self.sent)
        self.waiting = False
        body, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
        self.tally.judge(head, body)
        if now < self.tally.until:
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
        (await loop.create_connection(lambda: Connection(tally), "127.0.0.1", order.port))[1]
        for _ in range(order.connections)
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
        sample=next(iter(tally.tokens), ""),
    )


def main() -> None:
    import uvloop

    order = Order(**json.load(sys.stdin))
    gc.disable()  # a collection over a million tokens would be seen as a slow server
    json.dump(asdict(uvloop.run(load(order))), sys.stdout)


if __name__ == "__main__":
    main()
