"""Rooms over a real database: their tables, the tenants `aoba` and `midori` with keys, and a clock that stands."""

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from idp import audit, tenants
from idp.kit.clock import FixedClock
from idp.kit.db import metadata
from idp.kit.ids import TenantId
from idp.kit.postgres import Postgres
from idp.kit.sealing import PLATFORM, KeyStore, ensure_master
from idp.kit.sqlite import Sqlite
from idp.kit.units import Actor, Unit, Units

ROOMS = ["audit", "credentials", "delivery", "partners", "tenants", "users"]
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
    for room in ROOMS:
        importlib.import_module(f"idp.{room}.tables")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        metadata.create_all(connection)
        platform = {"id": PLATFORM, "slug": "-", "display_name": "", "colour": "#000000", "help_text": ""}
        numbers = {"time_zone": "Asia/Tokyo", "revision": 1, "generation": 1, "created_at": 0}
        connection.execute(insert(metadata.tables["tenants"]).values(**platform, **numbers))
    engine.dispose()


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
