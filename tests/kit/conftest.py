import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.kit import notes

from idp.kit.clock import FixedClock
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import Units


@pytest.fixture
def notes_url(database_url: str) -> str:
    notes.lay(database_url)
    return database_url


@pytest.fixture
def database(notes_url: str) -> Iterator[Database]:
    path = notes_url.removeprefix("sqlite:///")
    database: Database = Postgres(notes_url) if path == notes_url else Sqlite(Path(path))
    yield database
    database.close()


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """For what is SQLite's alone; in WAL mode, as the migrations leave it."""
    file = tmp_path / "notes.db"
    notes.lay(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
    return file


@pytest.fixture
def units(database: Database, clock: FixedClock, keys: KeyStore) -> Units:
    return Units(database, clock=clock, keys=keys)
