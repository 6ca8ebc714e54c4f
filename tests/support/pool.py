"""PostgreSQL databases that go from one test to the next, each as new: to empty one costs a quarter of making one.

One whose schema or settings a test has changed is dropped instead, and one that was used often: what was deleted in it
still takes up room.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql
from tests.support.postgres import Cluster

# Whatever changes a schema writes a row of one of these, under a transaction of its own.
_CATALOGS = ["pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_trigger", "pg_proc"]
_CATALOGS += ["pg_policy", "pg_namespace", "pg_rewrite", "pg_type", "pg_default_acl", "pg_db_role_setting"]
_STATE = " UNION ALL ".join(f"SELECT count(*), sum(xmin::text::bigint) FROM {name}" for name in _CATALOGS)
_DATABASE = "UNION ALL SELECT 0, xmin::text::bigint FROM pg_database WHERE datname = current_database()"

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


_OFTEN = 100


@dataclass(frozen=True)
class Original:
    tables: list[str]
    rows: dict[str, bytes]

    @property
    def filled(self) -> str:
        return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in self.tables)


class Pool:
    """Copies of one template, for one process."""

    def __init__(self, cluster: Cluster, template: str) -> None:
        self.cluster = cluster
        self._template = template
        self._original: Original | None = None
        self._idle: dict[str, list[tuple[int, int]]] = {}
        self._lent: Counter[str] = Counter()

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The address of a database that holds what the template holds."""
        name, state = self._idle.popitem() if self._idle else self._made()
        try:
            yield self.cluster.url(name)
        finally:
            self._lent[name] += 1
            if self._lent[name] < _OFTEN and self._renewed(name, state):
                self._idle[name] = state
            else:
                self.cluster.drop(name)

    def close(self) -> None:
        while self._idle:
            self.cluster.drop(self._idle.popitem()[0])

    def _made(self) -> tuple[str, list[tuple[int, int]]]:
        name = self.cluster.create(template=self._template)
        with self.cluster.superuser(name) as connection:
            # Read from a copy: nobody may be connected to a template while it is copied.
            self._original = self._original or _original(connection)
            return name, _state(connection)

    def _renewed(self, name: str, state: list[tuple[int, int]]) -> bool:
        with suppress(psycopg.OperationalError), self.cluster.superuser(name) as connection:
            connection.execute(_OTHERS)
            if _state(connection) == state:
                assert self._original is not None
                _put_back(connection, self._original)
                return True
        return False


def _state(connection: psycopg.Connection) -> list[tuple[int, int]]:
    return connection.execute(f"{_STATE} {_DATABASE}").fetchall()


def _original(connection: psycopg.Connection) -> Original:
    tables = [name for (name,) in connection.execute(_TABLES)]
    rows = {}
    for table in tables:
        with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
            rows[table] = b"".join(bytes(block) for block in copy)
    return Original(tables, {table: found for table, found in rows.items() if found})


def _put_back(connection: psycopg.Connection, original: Original) -> None:
    """In one transaction, and with no trigger: some refuse to have rows deleted, foreign keys ask for an order."""
    connection.execute("SET LOCAL session_replication_role = replica")
    for (table,) in connection.execute(original.filled).fetchall():
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    for table, rows in original.rows.items():
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
            copy.write(rows)
