"""Rows that this process has read or written a moment ago, for decisions that ask no database before their commit.

Whatever is decided so may be wrong. It is worth something only as a yes whose commit reads again what it was made from;
anything else is decided on what the database says now. Forgetting a row costs time, never correctness.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any, Final

from idp.kit.db import Values
from idp.kit.ids import TenantId
from idp.kit.lanes import Lane

_MOST: Final = 5_000

Key = tuple[TenantId, Hashable, str]
"""Of a row, its query and its id; of what was sealed in it, table and column."""


class Forgotten(LookupError):
    """What is remembered does not suffice."""


class Recent:
    """Until there are too many."""

    def __init__(self) -> None:
        self._rows: dict[Key, Any] = {}

    def keep(self, key: Key, row: Any) -> None:
        if len(self._rows) >= _MOST:
            self._rows.clear()
        self._rows[key] = row

    def look(self, key: Key) -> Any:
        """Raises `Forgotten`."""
        try:
            return self._rows[key]
        except KeyError:
            raise Forgotten from None

    def take(self, key: Key) -> Any:
        """Once. Raises `Forgotten`."""
        try:
            return self._rows.pop(key)
        except KeyError:
            raise Forgotten from None


class Nowhere(Lane):
    """Leads to no database."""

    id = ""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.memory = {}
        self.seen = {}
        self.boxes = {}
        self.appended = defaultdict(list)

    def execute(self, sql: str, values: Values) -> Any:  # noqa: ARG002 - a lane's signature
        raise Forgotten

    def execute_many(self, sql: str, rows: Sequence[Values]) -> None:  # noqa: ARG002 - a lane's signature
        raise Forgotten
