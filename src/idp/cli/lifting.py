"""A backup of an older schema, brought to ours in a database of its own before the real one is touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, MetaData, delete, insert

from idp import backup as backups
from idp import main, migrate, schema
from idp.backup import BackupRefused, Reading
from idp.cli.bootstrapping import HOST
from idp.kit.dumping import from_json
from idp.kit.sealing import KeyStore
from idp.settings import Settings

_BATCH = 500


@contextmanager
def lifted(chosen: Settings, reading: Reading, keys: KeyStore) -> Iterator[Reading]:
    """Itself when it is of our schema. Raises `BackupRefused` for one that this version does not know."""
    old = reading.header.schema
    if old == migrate.head():
        yield reading
        return
    if old not in migrate.revisions():
        raise BackupRefused(
            f"the backup's schema is {old}, which this version does not know: restore it with a newer one"
        )
    with TemporaryDirectory(prefix="warifu-") as home:
        aside = chosen.model_copy(update={"database_url": f"sqlite:///{home}/aside.db"})
        migrate.upgrade(aside, old)
        with migrate.connect(aside) as connection:
            _fill(connection, reading)
        migrate.upgrade(aside)
        path, at = Path(home) / "lifted", reading.header.taken_at
        with main.opened(aside) as units:
            backups.take(units, path, metadata=schema.metadata, actor=HOST, told=_silence, taken_at=at)
        yield backups.read(path, keys)


def _fill(connection: Connection, reading: Reading) -> None:
    found = MetaData()
    found.reflect(connection)
    connection.exec_driver_sql("BEGIN")
    for table in reversed(found.sorted_tables):  # migrations leave rows of ours in some
        if table.name in reading.header.tables:
            connection.execute(delete(table))
    for name, rows in groupby(reading, key=itemgetter(0)):
        table = found.tables[name]
        columns = [table.c[column] for column in reading.header.tables[name]]
        while batch := list(islice(rows, _BATCH)):
            connection.execute(insert(table), [_values(columns, row) for _, row in batch])
    connection.exec_driver_sql("COMMIT")


def _values(columns: list[Any], row: list[Any]) -> dict[str, Any]:
    return {column.name: from_json(column, value) for column, value in zip(columns, row, strict=True)}


def _silence(table: str, rows: int, done: bool) -> None: ...
