"""A trail written by several processes, as far as the database can tell."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from idp import audit
from idp.audit import Event
from idp.kit.actors import SYSTEM, Actor
from idp.kit.clock import FixedClock
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units
from idp.tenants import Tenant, touch

OPERATOR = Actor("operator", "usr_1")

Process = Callable[[], Units]


@pytest.fixture
def process(installed_url: str, clock: FixedClock, keys: KeyStore) -> Iterator[Process]:
    """Another process as far as the database can tell: connections of its own."""
    opened: list[Database] = []

    def start() -> Units:
        path = installed_url.removeprefix("sqlite:///")
        opened.append(Postgres(installed_url) if path == installed_url else Sqlite(Path(path)))
        return Units(opened[-1], clock=clock, keys=keys, at_end=[audit.write_journal])

    yield start
    for database in opened:
        database.close()


def act(units: Units, tenant: Tenant, *subjects: str) -> None:
    with units.open(tenant.id, actor=OPERATOR) as unit:
        touch(unit)
        for subject in subjects:
            audit.record(unit, Event.USER_CHANGED, subject=subject, fields=["name", "氏名"], count=2)


def entries(units: Units, tenant: Tenant) -> list[audit.Entry]:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return audit.page(unit, limit=10_000)


def broken(units: Units, tenant: Tenant) -> Any:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return audit.verify(unit)


def subjects(units: Units, tenant: Tenant) -> list[str]:
    return sorted(entry.subject for entry in entries(units, tenant))
