"""Rooms over a real database: all tables, the tenants `aoba` and `midori` with their keys, and a clock that stands."""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

import idp
from idp import audit, tenants
from idp.kit.clock import FixedClock
from idp.kit.db import metadata
from idp.kit.ids import TenantId
from idp.kit.postgres import Postgres
from idp.kit.sealing import PLATFORM, KeyStore, ensure_master
from idp.kit.sqlite import Sqlite
from idp.kit.units import Actor, Unit, Units

ACTOR = Actor("operator", "usr_test")


@dataclass(frozen=True)
class World:
    units: Units
    clock: FixedClock
    aoba: TenantId
    midori: TenantId

    def open(self, tenant: TenantId | None = None) -> AbstractContextManager[Unit]:
        return self.units.open(tenant or self.aoba, actor=ACTOR)

    def platform(self) -> AbstractContextManager[Unit]:
        return self.units.platform(actor=ACTOR)

    def events(self, tenant: TenantId | None = None) -> list[str]:
        """What the trail says, by name: each connection has a chain of its own, and none has an order among others."""
        with self.open(tenant) as unit:
            rows = unit.lane.execute(
                f"SELECT event FROM audit_entries WHERE tenant_id = '{unit.tenant}'", {}
            ).fetchall()
        return sorted(row[0] for row in rows)


def make_tables(url: str) -> None:
    for module in pkgutil.iter_modules(idp.__path__, "idp."):
        if module.ispkg and any(found.name == "tables" for found in pkgutil.iter_modules([_home(module.name)])):
            importlib.import_module(f"{module.name}.tables")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        metadata.create_all(connection)
        platform = {"id": PLATFORM, "slug": "-", "display_name": "", "colour": "#000000", "help_text": ""}
        numbers = {"time_zone": "Asia/Tokyo", "revision": 1, "generation": 1, "created_at": 0}
        connection.execute(insert(metadata.tables["tenants"]).values(**platform, **numbers))
    engine.dispose()


def _home(module: str) -> str:
    return str(Path(idp.__path__[0]) / module.removeprefix("idp."))


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    make_tables(database_url)
    master = tmp_path / "keys" / "master.key"
    ensure_master(master)
    path = database_url.removeprefix("sqlite:///")
    database = Sqlite(Path(path)) if path != database_url else Postgres(database_url)
    clock = FixedClock(datetime(2026, 4, 1, tzinfo=UTC))
    units = Units(database, clock=clock, keys=KeyStore(master), at_end=[audit.write_journal])
    with units.platform(actor=ACTOR) as unit:
        aoba = tenants.create(unit, slug="aoba", display_name="株式会社あおば").id
        midori = tenants.create(unit, slug="midori", display_name="緑商事").id
    yield World(units, clock, aoba, midori)
    database.close()
