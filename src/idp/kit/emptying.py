"""All of a tenant's rows, deleted table by table as the tables declare it.

Nobody keeps a list of tables: a new one is either declared or found out, here and by a test, before anything is
deleted. The tables are those that this program has loaded; if the database has others, the program is not whole and
nothing happens.
"""

from functools import cache

from sqlalchemy import MetaData, Table, delete

from idp.kit.db import ERASED, FATE, KEPT, POSTGRESQL, Command, command, own
from idp.kit.units import Unit

_NOT_OURS = frozenset({"alembic_version"})
_TABLES = {
    POSTGRESQL: "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
}


class Undeclared(Exception):
    """Nobody has said what becomes of the rows of this table."""


class Emptying:
    def __init__(self, metadata: MetaData) -> None:
        """Raises `Undeclared`."""
        owned = [table for table in reversed(metadata.sorted_tables) if "tenant_id" in table.c]
        self._known = frozenset(metadata.tables) | _NOT_OURS
        self._deletions = [(str(table.name), _deletion(table)) for table in owned if _is_erased(table)]

    def refuse_unknown(self, unit: Unit) -> None:
        """Raises `Undeclared` when the database has tables that this program has not loaded."""
        found = {row[0] for row in unit.lane.execute(_TABLES[unit.lane.dialect], {}).fetchall()}
        if strange := sorted(found - self._known):
            raise Undeclared(f"nothing is known of {', '.join(strange)}")

    def empty(self, unit: Unit) -> dict[str, int]:
        """How many rows of the unit's tenant went, by table."""
        return {name: unit.run(deletion) for name, deletion in self._deletions}


@cache
def emptying(metadata: MetaData, tables: int) -> Emptying:  # noqa: ARG001 - made anew when more are loaded
    return Emptying(metadata)


def _deletion(table: Table) -> Command:
    return command(delete(table).where(own(table)))


def _is_erased(table: Table) -> bool:
    fate = table.info.get(FATE)
    if fate not in {ERASED[FATE], KEPT[FATE]}:
        raise Undeclared(f"{table.name} does not say what becomes of the rows of a tenant that is erased")
    return bool(fate == ERASED[FATE])
