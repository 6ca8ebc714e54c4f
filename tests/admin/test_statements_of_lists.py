"""What a page of a list asks of the database: as many statements for many items as for one, and each by an index."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.admin.conftest import World
from tests.admin.test_lists import asked
from tests.admin.test_rights_table import things_of
from tests.admin.things import Things, called

from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.contracts import Status
from idp.kit.asking import both_ways
from idp.kit.postgres import PostgresLane
from idp.kit.sqlite import SqliteLane

# These grow with the number of IDs, of services, or of what happened.
LARGE = ("users", "user_words", "group_members", "services", "assignments", "deliveries", "api_keys", "receipts")
MOST = 14  # statements of a request, those of letting it in among them
SCANNED = re.compile(rf"Seq Scan on ({'|'.join(LARGE)})\b|SCAN ({'|'.join(LARGE)})$", re.MULTILINE)


class Watched:
    """What is asked, and of what is slow on a large table how it is found."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.explained: set[str] = set()
        self.scanned: list[str] = []
        for kind in (PostgresLane, SqliteLane):
            self._watch(monkeypatch, kind)

    def _watch(self, monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
        execute = kind.execute

        def watched(lane: Any, sql: str, values: Any = ()) -> Any:
            self.asked.append(sql)
            if sql not in self.explained and sql.startswith("SELECT") and any(f"FROM {name}" in sql for name in LARGE):
                self.explained.add(sql)
                self._explain(lane, sql, values, execute)
            return execute(lane, sql, values)

        monkeypatch.setattr(kind, "execute", watched)

    def _explain(self, lane: Any, sql: str, values: Any, execute: Any) -> None:
        if lane.dialect == "sqlite":
            plan = "\n".join(row[3] for row in execute(lane, f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
        else:  # few rows are read faster without an index: here it is asked whether there is one
            execute(lane, "SET LOCAL enable_seqscan = off", {})
            plan = "\n".join(row[0] for row in execute(lane, f"EXPLAIN {sql}", values).fetchall())
        if SCANNED.search(plan):
            self.scanned.append(f"{sql}\n{plan}")


LISTS = [route for route in ROUTES if route.pages]


def queries(route: Route) -> Iterator[str]:
    yield ""
    if route.listed is not None:
        yield from (f"&sort={order}" for order in both_ways(route.listed.sorts))
        for name, each in route.listed.filters.items():
            yield from (f"&{name}={value}" for value in asked(each.takes))


def many(world: World, things: Things) -> None:
    """Several of everything that there is more than one of."""
    for slug in ("kaede", "sumire", "tsubaki"):
        world.bring(slug, Status.ACTIVE, partner=world.partner)
    for path in [route.path for route in LISTS] * 3:
        for name in ("user", "service", "group", "network", "policy", "key", "plan", "version", "notice"):
            if path.endswith(f"/{name}s"):
                things.renew(f"{path}/{{{name}}}")
                things.place(f"{path}/{{{name}}}")


@pytest.mark.rewired
def test_a_page_of_many_takes_as_few_statements_as_one_of_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    things = things_of(world, "aoba", world.contract_of("aoba"))
    for route in LISTS:
        things.place(route.path)
    many(world, things)
    watched = Watched(monkeypatch)
    callers = {"operator": world.client("operator"), "partner": world.client("partner"), "aoba": world.client("aoba")}
    for route in LISTS:
        where = things.place(route.path)
        for name, client in callers.items():
            for query in queries(route) if name == "operator" else ("",):
                counts = []
                for limit in (1, 200):
                    watched.asked.clear()
                    reply = client.get(f"{where}?limit={limit}{query}")
                    counts.append(len(watched.asked))
                    assert reply.status in (200, 403, 404), (called(route), query, reply.raw)
                assert counts[0] >= counts[1], (name, called(route), query, counts, watched.asked)
                assert counts[1] <= MOST, (name, called(route), query, counts, watched.asked)
    assert watched.scanned == []
