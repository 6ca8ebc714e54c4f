"""A provider in this process: two tenants with services and people, two workers, and a clock that tests move.

It is filled once in a run of tests for each database, through the rooms as an operator would fill it, and copied.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tests.support import postgres, schema
from tests.support.databases import BOTH
from tests.support.filling import BASE_URL, CHEAP, Filled, fill
from tests.support.in_process import Answer, Running
from tests.support.party import Browser, Party
from tests.support.pool import Pool

from idp import contracts, main, settings
from idp.credentials import HashPool
from idp.kit.actors import Actor
from idp.kit.clock import micros, parse
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.web.pages import Pages

OPERATOR = Actor("operator", "usr_operator")
BEGINNING = datetime(2026, 4, 1, 1, tzinfo=UTC)


class Hands:
    """Of the clock: a file that every worker reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.set(BEGINNING)

    def set(self, at: datetime) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(at.isoformat())
        fresh.rename(self._path)

    def now(self) -> datetime:
        return parse(self._path.read_text())

    def now_us(self) -> int:
        return micros(self.now())

    def advance(self, **span: float) -> None:
        self.set(self.now() + timedelta(**span))


@dataclass
class Provider:
    settings: settings.Settings
    filled: Filled
    clock: Hands
    loop: asyncio.AbstractEventLoop

    @cached_property
    def first(self) -> Running:
        return self.worker()

    @cached_property
    def second(self) -> Running:
        """Another process as far as anybody can tell: it shares nothing with the first but the database."""
        return self.worker()

    @cached_property
    def units(self) -> Units:
        """The hands of an operator, a third process."""
        return main.open_units(self.settings)

    def worker(self) -> Running:
        """One more. Its passwords cost little to hash and its pages are compiled once; nothing else differs from a
        worker that is shipped."""
        with patch.multiple(main, HashPool=partial(HashPool, cost=CHEAP), Pages=pages):
            return Running(main.build(self.settings), host=BASE_URL.partition("://")[2], loop=self.loop)

    def close(self) -> None:
        for name in ("first", "second"):
            if name in self.__dict__:
                self.__dict__[name].close()
        if "units" in self.__dict__:
            self.units.database.close()

    def issuer(self, slug: str = "aoba") -> str:
        return f"{BASE_URL}/t/{slug}"

    def open(self, slug: str = "aoba") -> AbstractContextManager[Unit]:
        return self.units.open(self.tenant(slug), actor=OPERATOR)

    def platform(self) -> AbstractContextManager[Unit]:
        return self.units.platform(actor=OPERATOR)

    def tenant(self, slug: str = "aoba") -> TenantId:
        return TenantId(self.filled.tenants[slug])

    def party(self, name: str, *, slug: str = "aoba") -> Party:
        """A service as its own developers know it."""
        return Party(self.first, slug, self.filled.services[f"{slug}/{name}"])

    def service_id(self, name: str) -> str:
        found: str = self.filled.services[f"aoba/{name}"]["id"]
        return found

    def user(self, name: str = "taro") -> str:
        return self.filled.users[name]

    def browser(self) -> Browser:
        return Browser(self.first)

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.first.call("GET", path, headers)

    def contract(self, slug: str = "aoba") -> str:
        return self.filled.contracts[slug]

    def suspend(self) -> None:
        with self.platform() as unit:
            contracts.suspend(unit, self.contract(), reason="unpaid")

    def resume(self) -> None:
        with self.platform() as unit:
            contracts.resume(unit, self.contract())

    def events(self, slug: str = "aoba") -> list[str]:
        with self.open(slug) as unit:
            rows = unit.lane.execute(f"SELECT event FROM audit_entries WHERE tenant_id = '{unit.tenant}'", {})
            return sorted(row[0] for row in rows.fetchall())

    def count(self, table: str) -> int:
        with self.open() as unit:
            row = unit.lane.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = '{unit.tenant}'", {}).fetchone()
            found: int = row[0]
            return found


@cache
def pages() -> Pages:
    """Compiled once: they know no tenant."""
    return Pages()


def _settings(url: str, home: Path, keys: Path, clock: Path, **more: Any) -> settings.Settings:
    return settings.load(
        data_dir=home,
        database_url=url,
        master_key_file=keys / "master.key",
        base_url=BASE_URL,
        environment="test",
        clock=f"file:{clock}",
        log_level="warning",
        **more,
    )


@dataclass
class Source:
    """Providers of one database, each a copy of the same filled one: of a file, or out of a pool of PostgreSQL's."""

    home: Path
    template: Path | Pool
    filled: Filled

    @property
    def cluster(self) -> postgres.Cluster | None:
        return self.template.cluster if isinstance(self.template, Pool) else None

    @contextlib.contextmanager
    def provider(self, path: Path) -> Iterator[Provider]:
        with self._copied(path) as url:
            loop = asyncio.new_event_loop()
            clock = path / "clock"
            made = Provider(_settings(url, path, self._own_keys(path), clock), self.filled, Hands(clock), loop)
            try:
                yield made
            finally:
                made.close()
                loop.run_until_complete(loop.shutdown_default_executor())
                loop.close()

    def _own_keys(self, path: Path) -> Path:
        """Erasures destroy keys, and restores raise the fence of their store: what is shared is only copied."""
        keys = path / "keys"
        keys.mkdir(mode=0o700)
        shutil.copy2(self.home / "master.key", keys)
        shutil.copytree(self.home / "tenants", keys / "tenants")
        return keys

    @contextlib.contextmanager
    def _copied(self, path: Path) -> Iterator[str]:
        if isinstance(self.template, Pool):
            with self.template.lend() as url:
                yield url
            return
        shutil.copyfile(self.template, path / "idp.db")
        yield f"sqlite:///{path / 'idp.db'}"


def _source(home: Path, run_home: Path, cluster: postgres.Cluster | None) -> Source:
    template: Path | Pool
    if cluster is None:
        template = home / "template.db"
        schema.copy_to(template, home=run_home)
        url = f"sqlite:///{template}"
    else:
        name = schema.create_in(cluster, home=run_home)
        template, url = Pool(cluster, name), cluster.url(name)
    Hands(home / "clock")
    return Source(home, template, fill(_settings(url, home, home, home / "clock")))


@pytest.fixture(scope="session", params=BOTH)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, run_home: Path) -> Source:
    cluster = None if request.param == "sqlite" else request.getfixturevalue("cluster")
    return _source(tmp_path_factory.mktemp("source"), run_home, cluster)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory, run_home: Path) -> Source:
    return _source(tmp_path_factory.mktemp("embedded"), run_home, None)


@pytest.fixture
def provider(source: Source, tmp_path: Path) -> Iterator[Provider]:
    """One of the test's own, on each database."""
    with source.provider(tmp_path) as made:
        yield made


@pytest.fixture
def alone(embedded: Source, tmp_path: Path) -> Iterator[Provider]:
    """One of the test's own where the database plays no part."""
    with embedded.provider(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def shared(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """For tests that leave nothing behind which another could see: what is refused changes nothing."""
    with embedded.provider(tmp_path_factory.mktemp("shared")) as made:
        yield made
