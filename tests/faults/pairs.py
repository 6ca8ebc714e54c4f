"""Two processes that serve one installation, and what is sent to both of them at the same moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.installation import Installation, demo, free_port, serve
from tests.support.relying import Relying, Request, parameters
from tests.support.services import Services
from tests.support.wire import Answer, Line

AT_ONCE = 16
Outcome = tuple[int, str | None]


@dataclass(frozen=True)
class Pair:
    """Two processes, each on a port of its own."""

    installation: Installation
    services: Services
    ports: tuple[int, int]
    host: str

    @asynccontextmanager
    async def lines(self, count: int = AT_ONCE) -> AsyncIterator[list[Line]]:
        """Open connections, turn by turn to the one process and the other."""
        async with AsyncExitStack() as stack:
            lines = [Line(self.ports[number % 2], self.host) for number in range(count)]
            for line in lines:
                await stack.enter_async_context(line)
                await line.connect()
            yield lines

    def send(self, request: Request, *, to: int = 0) -> Answer:
        """One request to one of them."""

        async def once() -> Answer:
            async with Line(self.ports[to], self.host) as line:
                return await line.send(request)

        return asyncio.run(once())

    def race(self, request: Request) -> list[Answer]:
        """The same, sixteen times at once."""

        async def together() -> list[Answer]:
            async with self.lines() as lines:
                return list(await asyncio.gather(*(line.send(request) for line in lines)))

        return asyncio.run(together())

    def signed_in(self, relying: Relying) -> str:
        """The cookies of somebody who has allowed this service what it asks for."""
        with self.services.person() as person:
            self.services.code(person, relying, prompt="consent")
            return person.cookies()

    def tokens(self, relying: Relying, cookies: str) -> dict[str, Any]:
        """Of a fresh code."""
        asked = self.send(Request("GET", relying.authorize(), (("cookie", cookies),)))
        answer = self.send(relying.redeem(parameters(asked.headers["location"])["code"]))
        assert answer.status == 200, answer
        return answer.json()


def outcomes(answers: Sequence[Answer]) -> Counter[Outcome]:
    """By status and error; a page has none."""
    return Counter((answer.status, answer.json().get("error") if _is_json(answer) else None) for answer in answers)


def _is_json(answer: Answer) -> bool:
    return answer.headers.get("content-type") == "application/json"


def only_winner(answers: Sequence[Answer], loser: Outcome = (400, "invalid_grant")) -> Answer:
    assert outcomes(answers) == {(200, None): 1, loser: len(answers) - 1}, outcomes(answers)
    return next(answer for answer in answers if answer.status == 200)


@contextmanager
def two_processes(home: Path, url: str) -> Iterator[Pair]:
    with demo(home / "data", settings={"IDP_DATABASE_URL": url}) as filled:
        pass
    with serve(filled) as first, serve(filled, port=free_port()) as second:
        host = first.base_url.partition("://")[2]
        yield Pair(first, Services.register(first), (first.port, second.port), host)
