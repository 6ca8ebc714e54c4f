"""The test system itself: what it promises other tests."""

import sqlite3

import psycopg
import pytest
from playwright.sync_api import Page

from idp import tenants
from idp.kit.clock import FixedClock
from idp.kit.units import SYSTEM, Units
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
