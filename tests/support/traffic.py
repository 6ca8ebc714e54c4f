"""Continuous traffic of every kind that needs an active contract, and what became of each request."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from tests.support.relying import Relying, Request, parameters
from tests.support.wire import Answer, Line


class Kind(StrEnum):
    AUTHORIZE = "authorize with a live session"
    AUTHORIZE_SILENTLY = "authorize with prompt=none"
    REDEEM = "code exchange"
    REFRESH = "refresh of a confidential client"
    ROTATE = "refresh of a public client"
    CLIENT_CREDENTIALS = "client_credentials"
    INTROSPECT = "introspection"
    USERINFO = "userinfo"


@dataclass(frozen=True, slots=True)
class Observed:
    kind: Kind
    answer: Answer

    @property
    def succeeded(self) -> bool:
        """Whether it got what only an active contract gives."""
        match self.kind:
            case Kind.AUTHORIZE | Kind.AUTHORIZE_SILENTLY:
                return self.answer.status in {302, 303} and "code" in parameters(self.answer.headers["location"])
            case Kind.INTROSPECT:
                return self.answer.status == 200 and self.answer.json()["active"] is True
            case _:
                return self.answer.status == 200


@dataclass
class Holding:
    """What the services hold for one signed-in person when the traffic begins, and what was seen since.

    `codes` are fresh and unredeemed: exchanges take from the left, authorizations add to the right.
    """

    web: Relying
    app: Relying
    cookies: str
    codes: deque[str]
    refresh_token: str
    rotating_token: str
    access_token: str
    seen: list[Observed] = field(default_factory=list)

    def request(self, kind: Kind) -> Request | None:
        """The next request of the kind; None when there is nothing to send one with."""
        makers: dict[Kind, Callable[[], Request]] = {
            Kind.AUTHORIZE: lambda: Request("GET", self.web.authorize(), (("cookie", self.cookies),)),
            Kind.AUTHORIZE_SILENTLY: lambda: Request(
                "GET", self.web.authorize(prompt="none"), (("cookie", self.cookies),)
            ),
            Kind.REDEEM: lambda: self.web.redeem(self.codes.popleft()),
            Kind.REFRESH: lambda: self.web.refresh(self.refresh_token),
            Kind.ROTATE: lambda: self.app.refresh(self.rotating_token),
            Kind.CLIENT_CREDENTIALS: self.web.client_credentials,
            Kind.INTROSPECT: lambda: self.web.introspect(self.access_token),
            Kind.USERINFO: lambda: self.web.userinfo(self.access_token),
        }
        return None if kind is Kind.REDEEM and not self.codes else makers[kind]()

    def note(self, observed: Observed) -> None:
        self.seen.append(observed)
        if not observed.succeeded:
            return
        if observed.kind in {Kind.AUTHORIZE, Kind.AUTHORIZE_SILENTLY}:
            self.codes.append(parameters(observed.answer.headers["location"])["code"])
        elif observed.kind is Kind.ROTATE:
            self.rotating_token = observed.answer.json()["refresh_token"]


class Traffic:
    """Keeps one request of each kind under way on every line of its own, until told to stop."""

    def __init__(self, holding: Holding, *, port: int, lines_per_kind: int) -> None:
        self._holding = holding
        self._port = port
        self._host = urlsplit(holding.web.issuer).netloc
        self._stopped = asyncio.Event()
        # A rotating token is used by one line alone: two would look like a thief and the owner.
        counts = {kind: 1 if kind is Kind.ROTATE else lines_per_kind for kind in Kind}
        self._tasks = [asyncio.create_task(self._keep(kind)) for kind, count in counts.items() for _ in range(count)]

    async def stop(self) -> None:
        """Returns when every request under way has been answered; raises what went wrong on any line."""
        self._stopped.set()
        await asyncio.gather(*self._tasks)

    async def _keep(self, kind: Kind) -> None:
        async with Line(self._port, self._host) as line:
            while not self._stopped.is_set():
                request = self._holding.request(kind)
                if request is None:
                    await asyncio.sleep(0.005)
                    continue
                self._holding.note(Observed(kind, await line.send(request)))
