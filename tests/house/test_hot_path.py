"""What a request of the hot path costs the database, once its facts are remembered.

A change that costs more says so here. Each number is a bound and a measurement at once: less is written down too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import pytest
from tests.support.party import Browser, Party
from tests.support.provider import Provider

from idp import main
from idp.kit.db import Addition
from idp.kit.lanes import Database, Lane
from idp.settings import Settings

T = TypeVar("T")


class Cost(NamedTuple):
    """Transactions that read, transactions that write, and the statements in all of them."""

    reads: int = 0
    writes: int = 0
    statements: int = 0


class Meter:
    def __init__(self) -> None:
        self.ran: list[str] = []

    def cost(self) -> Cost:
        kinds = [self.ran.count("read"), self.ran.count("write")]
        return Cost(*kinds, statements=len(self.ran) - sum(kinds))


class MeteredLane:
    def __init__(self, lane: Lane, meter: Meter) -> None:
        self._lane = lane
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lane, name)

    def execute(self, sql: str, values: dict[str, Any]) -> Any:
        self._meter.ran.append(sql)
        return self._lane.execute(sql, values)

    def execute_many(self, sql: str, rows: list[dict[str, Any]]) -> None:
        self._meter.ran.append(sql)
        self._lane.execute_many(sql, rows)

    @property
    def appended(self) -> "MeteredLane":
        return self

    def __getitem__(self, addition: Addition) -> list[tuple[Any, ...]]:
        self._meter.ran.append(addition.sql(self._lane.dialect).text)
        return self._lane.appended[addition]


class Metered:
    """A database that counts what it is asked."""

    def __init__(self, database: Database, meter: Meter) -> None:
        self._database = database
        self._meter = meter
        self.dialect = database.dialect

    @contextmanager
    def transaction(self, scope: str, *, write: bool) -> Iterator[Lane]:
        self._meter.ran.append("write" if write else "read")
        with self._database.transaction(scope, write=write) as lane:
            yield MeteredLane(lane, self._meter)

    async def read(self, scope: str, work: Callable[[Lane], T]) -> T:
        self._meter.ran.append("read")
        return await self._database.read(scope, lambda lane: work(MeteredLane(lane, self._meter)))

    async def commit(self, scope: str, work: Callable[[Lane], T]) -> T:
        self._meter.ran.append("write")
        return await self._database.commit(scope, lambda lane: work(MeteredLane(lane, self._meter)))

    def ping(self) -> None:
        self._database.ping()

    def close(self) -> None:
        self._database.close()


@pytest.fixture
def meter(alone: Provider, monkeypatch: pytest.MonkeyPatch) -> Meter:
    meter, opened = Meter(), main.open_database

    def metered(settings: Settings) -> Database:
        return Metered(opened(settings), meter)

    monkeypatch.setattr(main, "open_database", metered)
    assert alone.first  # opens its database now
    monkeypatch.undo()
    return meter


class Scene:
    """A service and a person who have met before: everything that can be remembered is."""

    def __init__(self, provider: Provider) -> None:
        self.web: Party = provider.party("web")
        self.app: Party = provider.party("app")
        self.browser: Browser = provider.browser()
        self.tokens = self.web.tokens(self.browser)
        self.rotated = self.app.tokens(self.browser)
        self.code = self.browser.code(self.web)

    def credentials(self) -> int:
        return self.web.credentials().status

    def authorize(self) -> int:
        return self.browser.get(self.web.address()).status

    def refresh(self) -> int:
        return self.web.refresh(self.tokens["refresh_token"]).status

    def rotate(self) -> int:
        answer = self.app.refresh(self.rotated["refresh_token"])
        self.rotated = answer.json()
        return answer.status

    def introspect(self) -> int:
        return self.web.post("introspect", token=self.tokens["access_token"]).status

    def userinfo(self) -> int:
        return self.web.userinfo(self.tokens["access_token"]).status

    def jwks(self) -> int:
        return self.web.worker.call("GET", "/t/aoba/jwks").status

    def discovery(self) -> int:
        return self.web.worker.call("GET", "/t/aoba/.well-known/openid-configuration").status

    def redeem(self) -> int:
        code, self.code = self.code, ""
        return self.web.redeem(code).status


BUDGET: dict[Callable[[Scene], int], Cost] = {
    Scene.credentials: Cost(0, 1, 2),
    Scene.authorize: Cost(0, 1, 3),
    Scene.redeem: Cost(0, 1, 6),
    Scene.refresh: Cost(1, 1, 8),
    Scene.rotate: Cost(1, 1, 9),
    Scene.introspect: Cost(1, 0, 6),
    Scene.userinfo: Cost(1, 0, 6),
    Scene.jwks: Cost(1, 0, 1),
    Scene.discovery: Cost(1, 0, 1),
}


@pytest.mark.rewired
def test_a_request_costs_what_is_written_here(alone: Provider, meter: Meter) -> None:
    scene = Scene(alone)
    for ask in BUDGET:
        assert ask(scene) in {200, 303}
    scene.code = scene.browser.code(scene.web)
    measured, ran = {}, {}
    for ask in BUDGET:
        meter.ran.clear()
        assert ask(scene) in {200, 303}
        measured[ask.__name__], ran[ask.__name__] = meter.cost(), list(meter.ran)
    expected = {ask.__name__: cost for ask, cost in BUDGET.items()}
    different = {name: (cost, ran[name]) for name, cost in measured.items() if cost != expected[name]}
    assert different == {}
