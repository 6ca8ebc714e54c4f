"""Looking at every person of a tenant: what is judged lies sealed, and can only be judged by opening it.

Twice: first in a unit that only reads, while everybody else goes on; then with the tenant held, where only those are
opened again who have changed meanwhile, and nobody is looked at where nobody has. So nobody waits for long, and what is
found holds at the commit.
"""

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import bindparam, func, select

from idp.kit.db import own, query
from idp.kit.units import Unit
from idp.users import store
from idp.users.model import Known, UserId
from idp.users.tables import users
from idp.users.vocabulary import Affiliation

T = TypeVar("T")
_AT_ONCE = 1_000


class _Version(NamedTuple):
    id: str
    version: int


_VERSIONS = query(
    select(users.c.id, users.c.version)
    .where(own(users), store.EXISTS, users.c.id > bindparam("after"))
    .order_by(users.c.id)
    .limit(bindparam("limit")),
    _Version,
)


class _Mark(NamedTuple):
    """Differs whenever any of them does: those who are deleted stay as rows, and versions only rise."""

    rows: int
    versions: int | None


_MARK = query(
    select(func.count().label("rows"), func.sum(users.c.version).label("versions"))
    .select_from(users)
    .where(own(users)),
    _Mark,
)


class _Sealed(NamedTuple):
    id: str
    version: int
    affiliation: str
    profile: bytes


_sealed = select(*(users.c[name] for name in _Sealed._fields)).where(own(users), store.EXISTS)
_PAGE = query(_sealed.where(users.c.id > bindparam("after")).order_by(users.c.id).limit(bindparam("limit")), _Sealed)
_ONE = query(_sealed.where(users.c.id == bindparam("id")), _Sealed)


class Survey(Generic[T]):
    def __init__(self, judge: Callable[[Known], T]) -> None:
        self._judge = judge
        self._seen: dict[str, tuple[int, T]] = {}
        self._mark: _Mark | None = None
        self._there: dict[UserId, T] = {}

    def look(self, unit: Unit) -> dict[UserId, T]:
        """What is judged of everybody who is there now."""
        mark = unit.one(_MARK)
        if mark != self._mark:
            self._mark, self._there = mark, self._everybody(unit)
        return self._there

    def _everybody(self, unit: Unit) -> dict[UserId, T]:
        there: dict[UserId, T] = {}
        after = ""
        while rows := unit.all(_VERSIONS, after=after, limit=_AT_ONCE):
            changed = [row.id for row in rows if self._version(row.id) != row.version]
            if changed:
                self._open(unit, after, set(changed))
            there |= {UserId(row.id): self._seen[row.id][1] for row in rows if row.id in self._seen}
            after = rows[-1].id
        return there

    def _version(self, user_id: str) -> int | None:
        found = self._seen.get(user_id)
        return None if found is None else found[0]

    def _open(self, unit: Unit, after: str, wanted: set[str]) -> None:
        if len(wanted) > _AT_ONCE // 4:
            found = unit.all(_PAGE, after=after, limit=_AT_ONCE)
        else:
            found = [row for each in sorted(wanted) if (row := unit.one(_ONE, id=each)) is not None]
        for row in found:
            if row.id in wanted:
                known = Known(Affiliation(row.affiliation), store.attributes_in(unit, row.id, row.profile))
                self._seen[row.id] = (row.version, self._judge(known))
