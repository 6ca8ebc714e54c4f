"""What was acknowledged while workers were being killed, and the traffic that brings it about.

A request whose connection broke is in doubt: it may have been done or not. Only answers that arrived go into the book.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.support.relying import Relying, Request, parameters
from tests.support.services import Services
from tests.support.wire import Answer, Line

PAUSE = 0.02
CHAIN = 12
BROKEN = (OSError, EOFError, TimeoutError)


@dataclass
class Ledger:
    """Acknowledged secrets: access tokens of `web` that must be active or revoked for good, codes that are used up
    with whose they were, and the newest refresh token of every rotating family of `app`. `counted` says how much of
    what happened."""

    active: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    used_codes: dict[str, Relying] = field(default_factory=dict)
    rotating: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)


class Traffic:
    """Lines that each do one thing over and over; `stop` lets them finish what is under way."""

    def __init__(self, services: Services, *, cookies: str, ledger: Ledger, lines_per_kind: int) -> None:
        self._services = services
        self._cookies = cookies
        self._ledger = ledger
        self._stopped = asyncio.Event()
        kinds: list[Callable[[Line], Coroutine[None, None, None]]] = [self._exchange, self._rotate, self._for_itself]
        self._tasks = [asyncio.create_task(self._keep(kind)) for kind in kinds for _ in range(lines_per_kind)]

    async def stop(self) -> None:
        self._stopped.set()
        await asyncio.gather(*self._tasks)

    def fail_early(self) -> None:
        """Raises what a line has already failed with."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def _keep(self, kind: Callable[[Line], Coroutine[None, None, None]]) -> None:
        async with Line(self._services.installation.port, urlsplit(self._services.web.issuer).netloc) as line:
            while not self._stopped.is_set():
                await kind(line)

    async def _exchange(self, line: Line) -> None:
        """A code, its exchange, and refreshes of a confidential client, which keeps its refresh token."""
        web, book = self._services.web, self._ledger
        tokens = await self._redeem(line, web)
        if tokens is None:
            return
        book.active.add(tokens["access_token"])
        for _ in range(2):
            answer = await self._until_answered(line, web.refresh(tokens["refresh_token"]), "refresh")
            assert answer.status == 200, answer
            book.active.add(answer.json()["access_token"])

    async def _rotate(self, line: Line) -> None:
        """A family of rotating tokens; one that gets into doubt is given up."""
        app, book = self._services.app, self._ledger
        tokens = await self._redeem(line, app)
        if tokens is None:
            return
        newest = tokens["refresh_token"]
        for _ in range(CHAIN):
            if self._stopped.is_set():
                break
            answer = await self._try(line, app.refresh(newest), "rotate")
            if answer is None:
                answer = await self._until_answered(line, app.refresh(newest), "rotate")
                if answer.status == 400:  # it had been rotated: a second presentation ends the family
                    book.counted["family in doubt"] += 1
                    return
            assert answer.status == 200, answer
            newest = answer.json()["refresh_token"]
        book.rotating.append(newest)

    async def _for_itself(self, line: Line) -> None:
        """Two tokens by client_credentials, the second of them revoked."""
        web, book = self._services.web, self._ledger
        kept = await self._until_answered(line, web.client_credentials(), "client_credentials")
        dropped = await self._until_answered(line, web.client_credentials(), "client_credentials")
        assert (kept.status, dropped.status) == (200, 200), (kept, dropped)
        book.active.add(kept.json()["access_token"])
        token = dropped.json()["access_token"]
        answer = await self._until_answered(line, web.revoke(token), "revoke")
        assert answer.status == 200, answer
        book.revoked.add(token)

    async def _redeem(self, line: Line, relying: Relying) -> dict[str, str] | None:
        """The tokens of a fresh code; None when the code was used up by an exchange that nobody acknowledged."""
        asked = Request("GET", relying.authorize(), (("cookie", self._cookies),))
        code = parameters((await self._until_answered(line, asked, "authorize")).headers["location"])["code"]
        answer = await self._try(line, relying.redeem(code), "redeem")
        if answer is None:
            answer = await self._until_answered(line, relying.redeem(code), "redeem")
            if answer.status == 400:
                self._ledger.counted["code in doubt"] += 1
                return None
        assert answer.status == 200, answer
        self._ledger.used_codes[code] = relying
        told: dict[str, str] = answer.json()
        return told

    async def _until_answered(self, line: Line, request: Request, what: str) -> Answer:
        while (answer := await self._try(line, request, what)) is None:
            await asyncio.sleep(0.02)
        return answer

    async def _try(self, line: Line, request: Request, what: str) -> Answer | None:
        await asyncio.sleep(PAUSE)
        try:
            answer = await line.send(request)
        except BROKEN:
            self._ledger.counted[f"{what} broken"] += 1
            return None
        self._ledger.counted[what] += 1
        return answer
