"""Two processes that serve one installation, and what is sent to both of them at the same moment.

Their time is written in a file, which tests move; and their database can be made to fail halfway through a write.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import sql
from tests.support.installation import Installation, demo, free_port, serve
from tests.support.postgres import Cluster
from tests.support.processes import tree
from tests.support.relying import Relying, Request, parameters
from tests.support.services import Services
from tests.support.wire import Answer, Line

AT_ONCE = 16
Outcome = tuple[int, str | None]
Failing = Callable[[Sequence[Installation]], AbstractContextManager[None]]


@dataclass(frozen=True)
class Pair:
    """Two processes, each on a port of its own. Whatever is written under `failing` fails before its commit."""

    installation: Installation
    services: Services
    ports: tuple[int, int]
    host: str
    clock: Path
    failing: Callable[[], AbstractContextManager[None]]

    def now(self) -> datetime:
        """Of both."""
        return datetime.fromisoformat(self.clock.read_text())

    def advance(self, **span: float) -> None:
        self.clock.write_text((self.now() + timedelta(**span)).isoformat())

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
        return sent(self.ports[to], self.host, request)

    @contextmanager
    def grace(self, seconds: int) -> Iterator[None]:
        """Meanwhile public clients whose answer was lost may ask again."""

        def switch(seconds: int) -> None:
            switches = {"oidc": {"public_refresh_grace_seconds": seconds}}
            assert self.installation.call("PATCH", "/tenants/aoba/settings", switches).status == 200

        switch(seconds)
        try:
            yield
        finally:
            switch(0)

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


def sent(port: int, host: str, request: Request) -> Answer:
    """To whichever process listens there."""

    async def once() -> Answer:
        async with Line(port, host) as line:
            return await line.send(request)

    return asyncio.run(once())


def outcomes(answers: Sequence[Answer]) -> Counter[Outcome]:
    """By status and error; a page has none."""
    return Counter((answer.status, answer.json().get("error") if _is_json(answer) else None) for answer in answers)


def _is_json(answer: Answer) -> bool:
    return answer.headers.get("content-type") == "application/json"


def only_winner(answers: Sequence[Answer], loser: Outcome = (400, "invalid_grant")) -> Answer:
    assert outcomes(answers) == {(200, None): 1, loser: len(answers) - 1}, outcomes(answers)
    return next(answer for answer in answers if answer.status == 200)


@contextmanager
def full_disc(processes: Sequence[Installation]) -> Iterator[None]:
    """No file of theirs takes another byte, from whichever place on."""
    members = [member for process in processes for member in tree(process.program.pid)]
    with ExitStack() as limits:
        for member in members:
            soft, hard = resource.prlimit(member, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            limits.callback(resource.prlimit, member, resource.RLIMIT_FSIZE, (soft, hard))
        yield


def full_tablespace(cluster: Cluster, name: str) -> Failing:
    """The server finds no room for the last rows of a transaction, when all the others were written."""

    @contextmanager
    def failing(_: Sequence[Installation]) -> Iterator[None]:
        with cluster.superuser(name, autocommit=True) as connection:
            connection.execute(_FAIL)
            try:
                yield
            finally:
                connection.execute("DROP FUNCTION fail CASCADE")

    return failing


_FAIL = sql.SQL("""
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;
CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON audit_entries DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION fail()
""")


@contextmanager
def two_processes(home: Path, url: str, failing: Failing) -> Iterator[Pair]:
    clock = home / "clock"
    clock.write_text(datetime.now(UTC).isoformat())
    with demo(home / "data", settings={"IDP_DATABASE_URL": url, "IDP_CLOCK": f"file:{clock}"}) as filled:
        pass
    with serve(filled) as first, serve(filled, port=free_port()) as second:
        host = first.base_url.partition("://")[2]
        services, ports = Services.register(first), (first.port, second.port)
        yield Pair(first, services, ports, host, clock, lambda: failing((first, second)))
