"""The unit of work: one transaction, one tenant, one actor, one instant. Rooms receive it and nothing ambient."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, TypeVar

from idp.kit.actors import SYSTEM, Actor
from idp.kit.clock import Clock, instant
from idp.kit.db import Addition, Command, Compiled, Query, Statement, Values
from idp.kit.errors import Failure
from idp.kit.ids import TenantId
from idp.kit.lanes import EVERY_TENANT, Database, Lane
from idp.kit.recalling import Forgotten, Nowhere, Recent
from idp.kit.scoping import Unscoped
from idp.kit.sealing import PLATFORM, Box, KeyStore

R = TypeVar("R")
T = TypeVar("T")

_MOST_SEEN: Final = 5_000


class Unit:
    """Use it inside the block or function that was given it, and keep no reference."""

    settled: frozenset[Command] = frozenset()
    """What this unit has written once for all that it still does."""
    _box: Box | None = None
    _inner: "dict[TenantId, Unit] | None" = None

    def __init__(
        self, lane: Lane, *, tenant: TenantId, actor: Actor, now_us: int, keys: KeyStore, recent: Recent
    ) -> None:
        self.tenant = tenant
        self.actor = actor
        self.now_us = now_us
        self.lane = lane
        self.journal: list[Any] = []
        self.aftermath: list[Callable[[Unit], object]] = []
        self._keys = keys
        self._recent = recent

    def replan(self) -> None:
        """For whoever writes thousands of rows, now and then: see `Lane.replan`."""
        self.lane.replan()

    @property
    def platform(self) -> bool:
        """Sees every tenant, and runs statements that are marked for it."""
        return self.tenant == PLATFORM

    @cached_property
    def now(self) -> Any:
        return instant(self.now_us)

    def one(self, query: Query[R], **values: Any) -> R | None:
        row = self._run(query, values).fetchone()
        return None if row is None else query.make(row)

    def once(self, query: Query[R], **values: Any) -> R | None:
        """As `one`, for what unit after unit asks: read again only where somebody may have written to a table of it."""
        seen = self.lane.seen.get(query)
        if seen is None or len(seen) >= _MOST_SEEN:
            seen = self.lane.seen[query] = {}
        key = (self.tenant, *values.values())
        if key not in seen:
            seen[key] = self.one(query, **values)
        found: R | None = seen[key]
        return found

    def recall(self, query: Query[R], row_id: str) -> R | None:
        """As `one` by its `id`; remembered for the units of `Units.recall`, which read it there."""
        row = self.one(query, id=row_id)
        self._recent.keep((self.tenant, query, row_id), row)
        return row

    def expect(self, query: Query[R], row_id: str, row: R) -> None:
        """Whoever is first to `claim` the row will find it so, if this unit is committed."""
        self._recent.keep((self.tenant, query, row_id), row)

    def claim(self, query: Query[R], row_id: str) -> R | None:
        """As `one` by its `id`, of what is wanted once; a unit of `Units.recall` finds what was expected."""
        return self.one(query, id=row_id)

    def all(self, query: Query[R], **values: Any) -> list[R]:
        return [query.make(row) for row in self._run(query, values).fetchall()]

    def run(self, command: Command, **values: Any) -> int:
        """How many rows it changed."""
        count: int = self._run(command, values).rowcount
        return count

    def run_many(self, command: Command, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            compiled = command.sql(self.lane.dialect)
            self.lane.seen.clear()
            self.lane.execute_many(compiled.text, [self._bound(command, compiled, dict(row)) for row in rows])

    def append(self, addition: Addition, row: Sequence[Any]) -> None:
        """Written before the commit, together with other units' rows of this kind; see `Addition`."""
        self.lane.appended[addition].append((self.tenant, *row))

    def after_rollback(self, work: "Callable[[Unit], object]") -> None:
        """What must survive although this unit fails (a replayed code, a refusal): done in a unit of its own."""
        self.aftermath.append(work)

    def seal(self, table: str, column: str, row: str, plain: bytes) -> bytes:
        return (self._box or self.box).seal(table, column, row, plain)

    def open_sealed(self, table: str, column: str, row: str, sealed: bytes) -> bytes:
        return (self._box or self.box).open(table, column, row, sealed)

    def open_again(self, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """As `open_sealed`, of what is opened time and again; remembered for the units of `Units.recall`."""
        plain = self.open_sealed(table, column, row, sealed)
        self._recent.keep((self.tenant, (table, column), row), (sealed, plain))
        return plain

    def mac(self, purpose: str, value: bytes) -> bytes:
        return self.box.mac(purpose, value)

    @property
    def box(self) -> Box:
        """Asked for once in a transaction: a key that is destroyed meanwhile was there when it began to be used."""
        found = self._box or self.lane.boxes.get(self.tenant)
        if found is None:
            found = self.lane.boxes[self.tenant] = self._keys.box(self.tenant)
        self._box = found
        return found

    @property
    def keys(self) -> KeyStore:
        return self._keys

    def inside(self, tenant: TenantId) -> "Unit":
        """The same transaction on behalf of one tenant, for what the platform does to its customers."""
        if tenant == self.tenant:
            return self
        if not self.platform:
            raise Unscoped("one tenant's unit does not enter another's")
        if self._inner is None:
            self._inner = {}
        if tenant not in self._inner:
            self._inner[tenant] = Unit(
                self.lane, tenant=tenant, actor=self.actor, now_us=self.now_us, keys=self._keys, recent=self._recent
            )
        return self._inner[tenant]

    @property
    def parts(self) -> "Sequence[Unit]":
        """Itself and what was opened inside it."""
        return (self,) if self._inner is None else (self, *self._inner.values())

    def _run(self, statement: Statement, values: dict[str, Any]) -> Any:
        compiled = statement.sql(self.lane.dialect)
        if compiled.changes:
            self.lane.outdate(compiled.changes)
        return self.lane.execute(compiled.text, self._bound(statement, compiled, values))

    def _bound(self, statement: Statement, compiled: Compiled, values: dict[str, Any]) -> Values:
        """Takes `values` for its own."""
        if statement.platform:
            if not self.platform:
                raise Unscoped("a statement over all tenants needs a unit of the platform")
            values.setdefault("tenant_id", self.tenant)
        elif values.setdefault("tenant_id", self.tenant) != self.tenant:
            raise Unscoped("a value names another tenant than the unit's own")
        if compiled.literals:
            values.update(compiled.literals)
        return values if compiled.in_order is None else compiled.in_order(values)


class _Recalling(Unit):
    """Reads nothing but what is remembered: raises `Forgotten`. In no transaction, so it asks for its key itself."""

    @property
    def box(self) -> Box:
        return self._keys.box(self.tenant)

    def recall(self, query: Query[R], row_id: str) -> R | None:
        row: R | None = self._recent.look((self.tenant, query, row_id))
        return row

    def open_again(self, table: str, column: str, row: str, sealed: bytes) -> bytes:
        try:
            known, plain = self._recent.look((self.tenant, (table, column), row))
        except Forgotten:
            return super().open_again(table, column, row, sealed)
        return plain if known == sealed else super().open_again(table, column, row, sealed)

    def claim(self, query: Query[R], row_id: str) -> R | None:
        row: R | None = self._recent.take((self.tenant, query, row_id))
        return row


class Units:
    """Opens units. `at_end` runs inside each transaction after its work, for what belongs to the same commit."""

    def __init__(
        self, database: Database, *, clock: Clock, keys: KeyStore, at_end: Sequence[Callable[[Unit], None]] = ()
    ) -> None:
        self.database = database
        self.clock = clock
        self.keys = keys
        self._at_end = at_end
        self._recent = Recent()
        self._nowhere = Nowhere(database.dialect)

    @contextmanager
    def open(self, tenant: TenantId, *, actor: Actor, write: bool = True) -> Iterator[Unit]:
        """Cold path: blocks; commits on leaving, rolls back on an exception and then does what must survive it."""
        now_us = self.clock.now_us()
        unit: Unit | None = None
        try:
            with self.database.transaction(_scope(tenant), write=write) as lane:
                unit = self._unit(lane, tenant, actor, now_us)
                yield unit
                self._finish(unit)
        except Exception:
            for part in unit.parts if unit is not None else ():
                if part.aftermath:
                    with self.open(part.tenant, actor=actor) as survivor:
                        for work in part.aftermath:
                            work(survivor)
            raise

    @contextmanager
    def platform(self, *, actor: Actor, write: bool = True) -> Iterator[Unit]:
        """Over all tenants; `seal` and `mac` use the platform's own key."""
        with self.open(PLATFORM, actor=actor, write=write) as unit:
            yield unit

    def read(self, tenant: TenantId, work: Callable[[Unit], T], *, actor: Actor = SYSTEM) -> Awaitable[T]:
        """Hot path: `work` is synchronous and reads one consistent snapshot."""
        now_us = self.clock.now_us()

        def run(lane: Lane) -> T:
            unit = self._unit(lane, tenant, actor, now_us)
            result = work(unit)
            if unit.journal:
                raise RuntimeError("something was recorded in a unit that only reads")
            return result

        return self.database.read(_scope(tenant), run)

    def recall(self, tenant: TenantId, work: Callable[[Unit], T], *, actor: Actor = SYSTEM) -> T:
        """`work` as in `read`, on what is remembered; see `kit.recalling` for what that is good for. Raises `Forgotten`
        where it does not suffice."""
        unit = _Recalling(
            self._nowhere,
            tenant=tenant,
            actor=actor,
            now_us=self.clock.now_us(),
            keys=self.keys,
            recent=self._recent,
        )
        return work(unit)

    async def commit(
        self, tenant: TenantId, work: Callable[[Unit], T], *, actor: Actor = SYSTEM, now_us: int | None = None
    ) -> T:
        """Hot path: `work` is synchronous and short, and bears being run again when its transaction begins anew;
        durable on return."""
        at = self.clock.now_us() if now_us is None else now_us
        failed: list[Callable[[Unit], object]] = []

        def run(lane: Lane) -> T:
            unit = self._unit(lane, tenant, actor, at)
            try:
                result = work(unit)
                self._finish(unit)
            except Failure:
                failed[:] = unit.aftermath
                raise
            return result

        try:
            return await self.database.commit(_scope(tenant), run)
        except Failure as raised:
            failure = raised
        for survivor in failed:
            await self.commit(tenant, survivor, actor=actor, now_us=at)
        raise failure

    def _unit(self, lane: Lane, tenant: TenantId, actor: Actor, now_us: int) -> Unit:
        return Unit(lane, tenant=tenant, actor=actor, now_us=now_us, keys=self.keys, recent=self._recent)

    def _finish(self, unit: Unit) -> None:
        for part in unit.parts:
            if part.journal:
                for work in self._at_end:
                    work(part)


def _scope(tenant: TenantId) -> str:
    return EVERY_TENANT if tenant == PLATFORM else tenant
