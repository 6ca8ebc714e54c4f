"""Installations with the same tenants and IDs, and what a document does to them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.conftest import Desk
from tests.support import schema as schemas
from tests.support.pool import Pool

from idp import audit, configurations, tenants, users
from idp.configurations import Applied, Elsewhere, Order, Plan, References, Surroundings
from idp.contracts import Status
from idp.kit.actors import Actor, Source
from idp.kit.clock import FixedClock
from idp.kit.egress import Answer, Egress
from idp.kit.ids import TenantId
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore, ensure_master
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units

HOST = Actor("operator", "host", Source.OPERATOR)
PEOPLE = ("taro@aoba.example", "hanako@aoba.example", "はな", "o'neil", "no")
NOON = datetime(2026, 4, 15, 3, tzinfo=UTC)


class Inside(Egress):
    """Judges addresses, and fetches nothing."""

    def fetch(self, url: str, **_: Any) -> Answer:
        raise AssertionError(url)


@dataclass(frozen=True)
class Home:
    """One installation."""

    units: Units
    below: Path

    def tenant(self, slug: str = "aoba") -> TenantId:
        with self.units.platform(actor=HOST, write=False) as unit:
            found = tenants.find_by_slug(unit, slug)
        assert found is not None
        return found.id

    def settle(self, *slugs: str) -> "Home":
        """Tenants with active contracts, and the same people in each."""
        for slug in slugs:
            Desk(self.units).bring(Status.ACTIVE, tenant=slug)
            with self.units.open(self.tenant(slug), actor=HOST) as unit:
                for name in PEOPLE:
                    person = {"user_name": name, "display_name": name, "affiliation": "employee"}
                    users.create(unit, users.read(person, users.frame(unit)), limit=50)
        return self

    def export(self, *slugs: str) -> str:
        chosen = slugs or ("aoba",)
        return "".join(configurations.export(self.units, [(each, self.tenant(each)) for each in chosen], actor=HOST))

    def order(self, *, prune: bool = False, dry_run: bool = False, outside: Any = None) -> Order:
        around = Surroundings(
            base_url="http://localhost:8080",
            production=False,
            prune=prune,
            references=References(self.below, variable=os.environ.get),
            elsewhere=Elsewhere(outside or Inside()),
        )
        return Order(around, HOST, dry_run)

    def apply(self, text: str, **more: Any) -> Applied:
        document = configurations.read_yaml(text.encode())
        return configurations.apply(self.units, document, self.order(**more), agreed=lambda _: True)

    def compare(self, text: str) -> Plan:
        return configurations.compare(self.units, configurations.read_yaml(text.encode()), self.order(prune=True))

    def refusal(self, text: str, **more: Any) -> list[tuple[int, str, str]]:
        """Line, place and code of every fault."""
        document = configurations.read_yaml(text.encode())
        with pytest.raises(configurations.Refused) as refused:
            self.apply(text, **more)
        return [(document.line_of(each.pointer), each.pointer, each.code) for each in refused.value.faults]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def home(units: Units, tmp_path: Path) -> Home:
    return Home(units, tmp_path).settle("aoba")


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, database: Database, clock: FixedClock, tmp_path: Path, run_home: Path
) -> Iterator[Home]:
    """Another installation on the same kind of database, with a key of its own."""
    master = tmp_path / "elsewhere" / "master.key"
    ensure_master(master)
    with ExitStack() as stack:
        if isinstance(database, Sqlite):
            schemas.copy_to(tmp_path / "elsewhere.db", home=run_home)
            there: Database = Sqlite(tmp_path / "elsewhere.db")
        else:
            pool: Pool = request.getfixturevalue("installed")
            there = Postgres(stack.enter_context(pool.lend()))
        stack.callback(there.close)
        units = Units(there, clock=clock, keys=KeyStore(master), at_end=(audit.write_journal,))
        yield Home(units, tmp_path).settle("aoba")
