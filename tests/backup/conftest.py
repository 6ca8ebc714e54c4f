"""Providers whose database is written to a file and put back into another one, beside the same key store."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support import postgres, schema
from tests.support.in_process import Answer, Running
from tests.support.provider import OPERATOR, Provider, Source

from idp import backup, credentials
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.schema import metadata

Rows = dict[str, list[list[Any]]]


def silence(table: str, rows: int, done: bool) -> None: ...


def rows_of(file: Path) -> Rows:
    """By table, in an order that no database has a say in."""
    found: Rows = defaultdict(list)
    for line in file.read_text().splitlines():
        said = json.loads(line)
        if isinstance(said, list):
            found[said[0]].append(said[1])
    return {table: sorted(rows, key=json.dumps) for table, rows in found.items()}


@dataclass
class Vault:
    home: Path
    run_home: Path
    cluster: postgres.Cluster
    provider: Provider
    left: ExitStack
    others: list[Provider] = field(default_factory=list)

    def empty(self, kind: str) -> str:
        """The address of a new database with the schema and nothing in it."""
        number = len(list(self.home.glob("other*"))) + 1
        (self.home / f"other{number}").mkdir()
        if kind == "sqlite":
            file = self.home / f"other{number}" / "idp.db"
            schema.copy_to(file, home=self.run_home)
            return f"sqlite:///{file}"
        name = schema.create_in(self.cluster, home=self.run_home)
        self.left.callback(self.cluster.drop, name)
        return self.cluster.url(name)

    def at(self, url: str) -> Provider:
        """The same installation with another database."""
        moved = self.provider.settings.model_copy(update={"database_url": url})
        made = Provider(moved, self.provider.filled, self.provider.clock, self.provider.loop)
        self.left.callback(made.close)
        self.others.append(made)
        return made

    def take(self, provider: Provider | None = None) -> Path:
        file = self.home / f"backup{len(list(self.home.glob('backup*')))}"
        units = (provider or self.provider).units
        backup.take(units, file, metadata=metadata, actor=OPERATOR, told=silence)
        return file

    def end_workers(self) -> None:
        """Of every database so far: behind the fence they would end themselves, and us with them."""
        for provider in [self.provider, *self.others]:
            for name in {"first", "second"} & provider.__dict__.keys():
                provider.__dict__.pop(name).close()

    def restore(self, file: Path, kind: str, **more: Any) -> Provider:
        self.end_workers()
        made = self.at(self.empty(kind))
        reading = backup.read(file, made.units.keys)
        backup.restore(made.units, reading, metadata=metadata, actor=OPERATOR, told=silence, **more)
        return made


@pytest.fixture
def in_a_file(embedded: Source, tmp_path: Path) -> Iterator[Provider]:
    """Whose database can be copied as a file."""
    home = tmp_path / "in-a-file"
    home.mkdir()
    with embedded.provider(home) as made:
        yield made


@pytest.fixture
def vault(provider: Provider, tmp_path: Path, run_home: Path, cluster: postgres.Cluster) -> Iterator[Vault]:
    with ExitStack() as left:
        yield Vault(tmp_path, run_home, cluster, provider, left)


@pytest.fixture
def shelf(in_a_file: Provider, tmp_path: Path, run_home: Path, cluster: postgres.Cluster) -> Iterator[Vault]:
    with ExitStack() as left:
        yield Vault(tmp_path, run_home, cluster, in_a_file, left)


@pytest.fixture
def other(provider: Provider) -> str:
    """The kind of database that the provider does not have."""
    return "postgresql" if provider.settings.sqlite_file else "sqlite"


def operators_key(provider: Provider) -> str:
    with provider.platform() as unit:
        draft = KeyDraft("desk", EVERYTHING, None)
        return credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING).secret


def ask(worker: Running, path: str, key: str) -> Answer:
    return worker.call("GET", f"/api/v1{path}", {"authorization": f"Bearer {key}"})
