"""Units of work on both databases, for tests of rooms: the real schema, a clock that stands still, two tenants."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp import audit, schema, tenants
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore, ensure_master
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units
from idp.tenants import Tenant

assert schema.metadata  # every table, as in a server that serves the admin API


@pytest.fixture
def clock() -> FixedClock:
    """10:00 on a Wednesday in Japan, the first day of a fiscal year."""
    return FixedClock(datetime(2026, 4, 1, 1, tzinfo=UTC))


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    master = tmp_path / "keys" / "master.key"
    ensure_master(master)
    return KeyStore(master)


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    path = installed_url.removeprefix("sqlite:///")
    database: Database = Postgres(installed_url) if path == installed_url else Sqlite(Path(path))
    yield database
    database.close()


@pytest.fixture
def units(database: Database, clock: FixedClock, keys: KeyStore) -> Units:
    return Units(database, clock=clock, keys=keys, at_end=(audit.write_journal,))


@pytest.fixture
def tenant(units: Units) -> Tenant:
    with units.platform(actor=SYSTEM) as unit:
        return tenants.create(unit, slug="aoba", display_name="株式会社あおば")


@pytest.fixture
def neighbour(units: Units, tenant: Tenant) -> Tenant:
    """Another tenant: whose data must never be seen from `tenant`."""
    with units.platform(actor=SYSTEM) as unit:
        return tenants.create(unit, slug="midori", display_name="みどり合同会社")
