"""The load generator: a fixed number of keep-alive connections, each with one request in flight, every answer checked.

A process of its own, on a core of its own: reads an Order as JSON from its standard input, prints a Result. One turn of
a connection is a token request or, where the order has sessions, an authorization request in one of them and the
redemption of the code that it gives. It counts as good when it ends in 200 with an access token that no other turn had.
"""

import asyncio
import gc
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import cast

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


CODE = re.compile(rb"\r\nlocation: *[^\r]*[?&]code=([^&\r]+)", re.IGNORECASE)
REDIRECTS = frozenset({"302", "303"})


@dataclass(frozen=True, slots=True)
class Order:
    """`seconds` is how long turns are begun; those under way then are waited for and counted.

    `sessions` are Cookie headers, used in turn by the connections; with them each turn begins at `authorize_path`, and
    its code is put behind `form`.
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

    def token_request(self, code: str = "") -> bytes:
        form = f"{self.form}{code}"
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: {self.authorization}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
            f"Content-Length: {len(form)}\r\n\r\n"
        )
        return (head + form).encode()

    def authorization_request(self, number: int) -> bytes:
        cookies = self.sessions[number % len(self.sessions)]
        head = f"GET {self.authorize_path} HTTP/1.1\r\nHost: {self.host}\r\nCookie: {cookies}\r\n"
        return f"{head}Accept: text/html\r\n\r\n".encode()


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
        self.order = order
        self.request = order.token_request()
        self.tokens: set[str] = set()
        self.bad: Counter[str] = Counter()
        self.latencies: list[int] = []
        self.until = time.perf_counter_ns() + int(order.seconds * 1e9)

    def code(self, head: bytes) -> str | None:
        """The code that an answer of the authorization endpoint leads back with."""
        status, found = head[9:12].decode("latin-1"), CODE.search(head)
        if status not in REDIRECTS:
            self.bad[f"authorization status {status}"] += 1
        elif found is None:
            self.bad["no code"] += 1
        else:
            return found[1].decode("latin-1")
        return None

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

    def __init__(self, tally: Tally, number: int) -> None:
        self.tally = tally
        self.first = tally.order.authorization_request(number) if tally.order.sessions else tally.request
        self.buffer = b""
        self.sent = 0
        self.authorizing = False
        self.waiting = False
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def begin(self) -> None:
        self.sent = time.perf_counter_ns()
        self.authorizing = bool(self.tally.order.sessions)
        self.waiting = True
        self.transport.write(self.first)

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
        body, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
        if self.authorizing and (code := self.tally.code(head)):
            self.authorizing = False
            self.transport.write(self.tally.order.token_request(code))
        else:
            self.end(head, body)

    def end(self, head: bytes, body: bytes) -> None:
        """Of a turn, well or badly."""
        now = time.perf_counter_ns()
        self.tally.latencies.append(now - self.sent)
        self.waiting = False
        if not self.authorizing:
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
        sample=next(iter(tally.tokens), ""),
    )


def main() -> None:
    import uvloop

    order = Order(**json.load(sys.stdin))
    gc.disable()  # a collection over a million tokens would be seen as a slow server
    json.dump(asdict(uvloop.run(load(order))), sys.stdout)


if __name__ == "__main__":
    main()
