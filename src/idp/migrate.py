"""Bringing the schema of a database to the one that this code knows, forwards and backwards.

Of several processes that start at once one migrates and the others wait for it (an advisory lock on PostgreSQL, the
writer's lock on SQLite). `current` and `head` answer without alembic and SQLAlchemy, for whoever starts a server.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOCK = 0x7761726966750001  # ours among the advisory locks of a PostgreSQL cluster
_REVISION = re.compile(r'^(revision|down_revision) = ["\'](\w+)["\']$', re.MULTILINE)


@contextmanager
def connect(settings: Settings) -> "Iterator[Connection]":
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    file = settings.sqlite_file
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{file}", poolclass=NullPool, connect_args={"timeout": 60})
        event.listen(engine, "connect", _plain_sqlite)
    else:
        engine = create_engine(_driver_url(settings.database_url), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def upgrade(settings: Settings, revision: str = "head") -> tuple[str | None, str | None]:
    """The revisions before and after."""
    from alembic import command

    return _move(settings, lambda config: command.upgrade(config, revision))


def downgrade(settings: Settings, revision: str) -> tuple[str | None, str | None]:
    """`base` for an empty database."""
    from alembic import command

    return _move(settings, lambda config: command.downgrade(config, revision))


def current(settings: Settings) -> str | None:
    """The revision that the database is at; None when it has none, or is not there yet."""
    file = settings.sqlite_file
    if file is None:
        return _current_of_postgres(settings.database_url)
    if not file.is_file():
        return None
    import sqlite3

    with closing(sqlite3.connect(file)) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return None if found is None else str(found[0])


def head() -> str | None:
    """The one revision that no other builds on."""
    named = _named()
    built_on = {name for kind, name in named if kind == "down_revision"}
    ends = [name for kind, name in named if kind == "revision" and name not in built_on]
    assert len(ends) <= 1, ends
    return ends[0] if ends else None


def revisions() -> frozenset[str]:
    """All that there ever were, up to `head`."""
    return frozenset(name for kind, name in _named() if kind == "revision")


def _named() -> list[tuple[str, str]]:
    files = (_scripts() / "versions").glob("*.py")
    return [each for path in files for each in _REVISION.findall(path.read_text("utf-8"))]


def _current_of_postgres(url: str) -> str | None:
    import psycopg

    with psycopg.connect(url, connect_timeout=5) as connection:
        known = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        if known is None or known[0] is None:
            return None
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


def _move(settings: Settings, run: Any) -> tuple[str | None, str | None]:
    from alembic.runtime.migration import MigrationContext

    with connect(settings) as connection:
        _take_turn(connection)
        config = _config()
        config.attributes["connection"] = connection
        before = MigrationContext.configure(connection).get_current_revision()
        run(config)
        connection.commit()
        return before, MigrationContext.configure(connection).get_current_revision()


def _take_turn(connection: "Connection") -> None:
    from sqlalchemy import text

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()  # the lock is the session's: it lasts until the connection closes
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    return config


def _scripts() -> Path:
    """Beside the sources in a checkout, inside the package when it was installed from a wheel."""
    shipped = Path(str(resources.files("idp"))) / "migrations"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "migrations"


def _driver_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _plain_sqlite(raw: Any, _record: Any) -> None:
    """No transactions of the driver's own (DDL is transactional with ours), and no cascades from rebuilt tables."""
    raw.isolation_level = None
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA foreign_keys=OFF")
