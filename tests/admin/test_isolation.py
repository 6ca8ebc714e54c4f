"""No caller of one tenant reaches anything of another, whatever it names and wherever: the application's own wall, and
that of PostgreSQL behind it."""

import os
import re
from typing import Any

import pytest
from tests.admin.conftest import World
from tests.admin.isolation import Cell, Neighbours
from tests.admin.test_rights_table import table
from tests.admin.things import called
from tests.admin.valid import DOCUMENTS

from idp.admin.app import ROUTES
from idp.kit.lanes import EVERY_TENANT
from idp.kit.postgres import PostgresLane
from idp.kit.sqlite import SqliteLane

# `make matrix` asks them all.
CELLS = int(os.environ.get("CELLS", "1000"))
SEED = 20261123
POSTGRES_FILTER = re.compile(r"(?:\b\w+\.tenant_id|\btenants\.id) = %\(tenant_id\)s(?:::VARCHAR)?")
POLICIES_FILTER = re.compile(r"\bpolicies\.tenant_id = ")


def test_every_route_that_reads_a_document_has_one_that_is_taken() -> None:
    """And in it every member that can name something."""
    for route in ROUTES:
        row = table()[called(route)].answers
        if route.takes is not None and "yes" in (row["tenant"], row["partner"]):
            documents = DOCUMENTS[called(route)]
            known = {field.alias or name for name, field in route.takes.model_fields.items()}
            assert all(set(document) <= known for document in documents), called(route)


@pytest.mark.timeout(3600)
def test_what_another_tenant_has_is_answered_like_what_does_not_exist(world: World) -> None:
    neighbours = Neighbours(world)
    assert neighbours.victim.get(f"/tenants/sakura/users/{neighbours.values['user']}").status == 200
    asked = neighbours.try_all(neighbours.chosen(CELLS, SEED))
    print(f"{asked} cells")
    assert neighbours.leaks == []
    assert asked >= min(CELLS, 3000)


@pytest.mark.timeout(3600)
@pytest.mark.rewired
def test_the_database_holds_where_the_application_forgets_its_filter(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if world.house.units.database.dialect != "postgresql":
        return  # SQLite has no second wall
    neighbours = Neighbours(world)
    forgotten = forget(monkeypatch, POSTGRES_FILTER, "TRUE")
    asked = neighbours.try_all(neighbours.chosen(CELLS, SEED + 1))
    print(f"{asked} cells, {len(forgotten)} statements without their filter")
    assert neighbours.leaks == []
    assert len(forgotten) > 50


@pytest.mark.rewired
def test_a_build_that_forgets_the_filter_of_one_table_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL with the second wall taken away as well."""
    neighbours = Neighbours(world)
    cells = [each for each in neighbours.cells() if each.caller == "tenant" and each.place == each.kind == "policy"]
    begin = PostgresLane.begin
    monkeypatch.setattr(PostgresLane, "begin", lambda lane, _, *, write: begin(lane, EVERY_TENANT, write=write))
    forgotten = forget(monkeypatch, POLICIES_FILTER, "'' <> ", everywhere=True)
    neighbours.try_all(cells)
    assert forgotten
    where = "/tenants/{tenant}/policies/{policy}: policy in policy: "
    for leak in (f"tenant: GET {where}200", f"tenant: DELETE {where}204", "rows of policies changed"):
        assert leak in "\n".join(neighbours.leaks)


def forget(monkeypatch: pytest.MonkeyPatch, pattern: re.Pattern[str], by: str, *, everywhere: bool = False) -> set[str]:
    """What was run without its filter, from now on: in the units of single tenants, unless `everywhere`."""
    forgotten: set[str] = set()
    scopes: dict[int, str] = {}
    for kind in (PostgresLane, SqliteLane):
        execute = kind.execute

        def forgetful(lane: Any, sql: str, values: Any = (), execute: Any = execute) -> Any:
            if everywhere or scopes.get(id(lane), EVERY_TENANT) != EVERY_TENANT:
                less = pattern.sub(by, sql)
                if less != sql:
                    forgotten.add(less)
                sql = less
            return execute(lane, sql, values)

        monkeypatch.setattr(kind, "execute", forgetful)
    if not everywhere:
        begin = PostgresLane.begin

        def noting(lane: PostgresLane, scope: str, *, write: bool) -> None:
            scopes[id(lane)] = scope
            begin(lane, scope, write=write)

        monkeypatch.setattr(PostgresLane, "begin", noting)
    return forgotten


def test_a_cell_says_where_it_stands() -> None:
    route = next(each for each in ROUTES if called(each) == "GET /tenants/{tenant}/users/{user}")
    assert str(Cell("tenant", route, "user", "group")) == f"tenant: {called(route)}: group in user"
