"""The test system itself: what it promises other tests."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page
from tests.support.pool import Pool
from tests.support.postgres import Cluster
from tests.support.schema import create_in

from idp import schema, tenants
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.units import Units
from idp.tenants import Tenant


def test_a_database_is_empty_and_takes_a_row(database_url: str) -> None:
    if database_url.startswith("sqlite:///"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        connection.close()
        return
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("idp",)
        assert connection.execute("SELECT usesuper FROM pg_user WHERE usename = 'idp'").fetchone() == (False,)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        connection.execute("CREATE TABLE t (x int)")


STATEMENT = "INSERT INTO statements VALUES ('platform', {0}, {0}, NULL, 0, '')"


def opened(url: str) -> psycopg.Connection[Any]:
    """Whose every statement is kept at once, and which reads across tenants."""
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("SET idp.tenants = '*'")
    return connection


def rows(connection: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in schema.metadata.tables}


@pytest.fixture(scope="module")
def pool(cluster: Cluster, run_home: Path) -> Iterator[Pool]:
    """Of a template that has a statement: the database refuses to have one deleted."""
    name = create_in(cluster, home=run_home)
    with opened(cluster.url(name)) as connection:
        connection.execute(STATEMENT.format(1))
    pool = Pool(cluster, name)
    yield pool
    pool.close()
    cluster.drop(name)


def test_the_next_test_finds_a_database_as_it_was_at_first(pool: Pool) -> None:
    with pool.lend() as first:
        left = opened(first)
        before = rows(left)
        left.execute(STATEMENT.format(2))
        left.execute("UPDATE tenants SET display_name = 'x'")
        left.execute("DELETE FROM statement_numbers")
        assert rows(left) != before
        left.execute("BEGIN")
        left.execute("LOCK TABLE tenants")
    with pool.lend() as second, opened(second) as connection:
        assert second == first
        assert rows(connection) == before
    with pytest.raises(psycopg.OperationalError), left:
        left.execute("SELECT 1")


CHANGES = [
    "ALTER TABLE tenants ADD COLUMN x int",
    "CREATE TABLE x (y int)",
    "DROP TRIGGER final ON statements",
    "GRANT ALL ON statements TO PUBLIC",
    "CREATE INDEX ON tenants (display_name)",
    "ALTER TABLE tenants DISABLE ROW LEVEL SECURITY",
    "CREATE SEQUENCE x",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_database_whose_schema_was_changed_goes_to_nobody(pool: Pool, change: str) -> None:
    with pool.lend() as first, opened(first) as connection:
        connection.execute(change)
    with pool.lend() as second:
        assert second != first


def test_a_unit_writes_to_one_tenant_and_the_neighbour_sees_nothing(
    units: Units, tenant: Tenant, neighbour: Tenant, clock: FixedClock
) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert unit.now_us == clock.now_us()
        tenants.touch(unit)
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        assert tenants.revision(unit) == 2
    with units.open(neighbour.id, actor=SYSTEM, write=False) as unit:
        assert tenants.revision(unit) == 1


def test_a_page_is_drawn_with_japanese_text(page: Page) -> None:
    page.set_content("<h1>株式会社あおば</h1>")
    assert page.inner_text("h1") == "株式会社あおば"


SKIPPED = """
import pytest
def test_one(): pytest.skip("no reason is good enough")
@pytest.mark.skip
def test_two(): ...
@pytest.mark.xfail
def test_three(): assert False
def test_four(): ...
"""


EXCUSED = {"passed": 1, "skipped": 2, "xfailed": 1}
FAILED = {"passed": 1, "failed": 2, "errors": 1}


@pytest.mark.parametrize(("options", "outcome"), [([], EXCUSED), (["--no-skips"], FAILED)])
def test_skips_fail_where_that_is_asked(pytester: pytest.Pytester, options: list[str], outcome: dict[str, int]) -> None:
    pytester.makepyfile(SKIPPED)
    result = pytester.runpytest("-p", "tests.support.no_skips", "-p", "no:randomly", *options)
    assert result.parseoutcomes() == outcome


def test_a_module_that_skips_itself_fails_where_that_is_asked(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\npytest.importorskip('no_such_module')")
    result = pytester.runpytest("-p", "tests.support.no_skips", "--no-skips")
    assert result.ret != pytest.ExitCode.OK
