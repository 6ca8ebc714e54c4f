"""The trail: what is recorded with the act, what is not without it, and which tampering shows."""

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idp import audit
from idp.audit import Event
from idp.audit.trail import _hash
from idp.kit.clock import FixedClock
from idp.kit.errors import Refused
from idp.kit.lanes import Database
from idp.kit.postgres import Postgres
from idp.kit.recalling import Recent
from idp.kit.sealing import KeyStore
from idp.kit.sqlite import Sqlite
from idp.kit.units import SYSTEM, Actor, Unit, Units
from idp.tenants import Tenant, touch

OPERATOR = Actor("operator", "usr_1")
TAMPERINGS = 500

Process = Callable[[], Units]


@pytest.fixture
def process(installed_url: str, clock: FixedClock, keys: KeyStore) -> Iterator[Process]:
    """Another process as far as the database can tell: connections of its own."""
    opened: list[Database] = []

    def start() -> Units:
        path = installed_url.removeprefix("sqlite:///")
        opened.append(Postgres(installed_url) if path == installed_url else Sqlite(Path(path)))
        return Units(opened[-1], clock=clock, keys=keys, at_end=[audit.write_journal])

    yield start
    for database in opened:
        database.close()


def act(units: Units, tenant: Tenant, *subjects: str) -> None:
    with units.open(tenant.id, actor=OPERATOR) as unit:
        touch(unit)
        for subject in subjects:
            audit.record(unit, Event.USER_CHANGED, subject=subject, fields=["name", "氏名"], count=2)


def entries(units: Units, tenant: Tenant) -> list[audit.Entry]:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return audit.page(unit, limit=10_000)


def broken(units: Units, tenant: Tenant) -> Any:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return audit.verify(unit)


def subjects(units: Units, tenant: Tenant) -> list[str]:
    return sorted(entry.subject for entry in entries(units, tenant))


@pytest.fixture
def trail(units: Units, tenant: Tenant, neighbour: Tenant, process: Process, clock: FixedClock) -> Units:
    """Of two tenants, each in three chains that name one another; as it stands in a database."""
    processes = [process() for _ in range(3)]
    for at, writer in enumerate([*processes, processes[0], processes[2], processes[1]]):
        clock.advance(seconds=1)
        for owner in (tenant, neighbour):
            act(writer, owner, f"usr_{at}_a", f"usr_{at}_b")
    return units


def test_what_was_done_is_found_with_who_did_it_and_when(units: Units, tenant: Tenant, clock: FixedClock) -> None:
    act(units, tenant, "usr_1")
    (entry,) = entries(units, tenant)
    assert (entry.event, entry.subject, entry.seq) == ("user.changed", "usr_1", 1)
    assert (entry.actor_kind, entry.actor_id, entry.source) == ("operator", "usr_1", "api")
    assert entry.at == clock.now_us()
    assert '"fields":["name","氏名"],"count":2' in entry.facts


def test_an_untouched_trail_verifies(trail: Units, tenant: Tenant, neighbour: Tenant) -> None:
    for owner in (tenant, neighbour):
        # one for each connection that wrote: a process's pool may have opened a second one meanwhile
        assert len({entry.chain for entry in entries(trail, owner)}) >= 3
        assert len(entries(trail, owner)) == 12
        assert broken(trail, owner) is None


def test_an_empty_trail_verifies(units: Units, tenant: Tenant) -> None:
    assert broken(units, tenant) is None


def cold(units: Units, tenant: Tenant, work: Callable[[Unit], None]) -> None:
    with units.open(tenant.id, actor=OPERATOR) as unit:
        work(unit)


def hot(units: Units, tenant: Tenant, work: Callable[[Unit], None]) -> None:
    asyncio.run(units.commit(tenant.id, work, actor=OPERATOR))


@pytest.mark.parametrize("do", [cold, hot])
def test_nothing_is_recorded_of_a_unit_that_fails_and_nothing_is_missing_after_it(
    units: Units, tenant: Tenant, do: Callable[[Units, Tenant, Callable[[Unit], None]], None]
) -> None:
    def record(subject: str) -> Callable[[Unit], None]:
        return lambda unit: audit.record(unit, Event.USER_CHANGED, subject=subject)

    def fail(unit: Unit) -> None:
        audit.record(unit, Event.USER_CHANGED, subject="undone")
        unit.after_rollback(record("evidence"))
        raise Refused("no")

    do(units, tenant, record("before"))
    with pytest.raises(Refused):
        do(units, tenant, fail)
    do(units, tenant, record("after"))
    assert subjects(units, tenant) == ["after", "before", "evidence"]
    assert broken(units, tenant) is None


@pytest.mark.parametrize("do", [cold, hot])
def test_what_cannot_be_recorded_is_not_done(
    units: Units, tenant: Tenant, do: Callable[[Units, Tenant, Callable[[Unit], None]], None]
) -> None:
    def work(unit: Unit) -> None:
        touch(unit)
        audit.record(unit, Event.USER_CHANGED, subject="usr_1")
        audit.record(unit, Event.USER_CHANGED, subject="usr_1", facts=object())

    with pytest.raises(TypeError, match="JSON"):
        do(units, tenant, work)
    assert entries(units, tenant) == []
    do(units, tenant, lambda unit: audit.record(unit, Event.USER_CHANGED, subject="usr_2"))
    assert broken(units, tenant) is None


def test_a_unit_that_only_reads_cannot_pass_over_what_it_was_to_record(units: Units, tenant: Tenant) -> None:
    with pytest.raises(RuntimeError, match="only reads"):
        asyncio.run(units.read(tenant.id, lambda unit: audit.record(unit, Event.USER_CHANGED)))


def test_a_new_chain_names_the_newest_one(units: Units, tenant: Tenant, process: Process) -> None:
    first, second, third = process(), process(), process()
    act(first, tenant, "a", "b")
    act(second, tenant, "c")
    act(third, tenant, "e")
    by_subject = {entry.subject: entry for entry in entries(units, tenant)}
    assert '"after":["",0,""]' in by_subject["a"].facts
    for later, named in (("c", "b"), ("e", "c")):
        head = by_subject[named]
        assert f'"after":["{head.chain}",{head.seq},"{head.hash.hex()}"]' in by_subject[later].facts
    assert by_subject["b"].chain == by_subject["a"].chain
    assert "after" not in by_subject["b"].facts


def test_many_writers_of_two_processes_break_nothing_and_lose_nothing(
    units: Units, tenant: Tenant, neighbour: Tenant, process: Process
) -> None:
    processes = [process(), process()]
    fails = 7

    def write(number: int) -> None:
        owner = tenant if number % 2 else neighbour
        with units_of(number).open(owner.id, actor=OPERATOR) as unit:
            audit.record(unit, Event.USER_CHANGED, subject=f"{number:03d}")
            audit.record(unit, Event.USER_CHANGED, subject=f"{number:03d}")
            if number % fails == 0:
                raise Refused("no")

    def units_of(number: int) -> Units:
        return processes[number % 2]

    def write_or_fail(number: int) -> None:
        if number % fails == 0:
            with pytest.raises(Refused):
                write(number)
        else:
            write(number)

    async def hot_writers() -> None:
        def work(number: int) -> Callable[[Unit], None]:
            return lambda unit: audit.record(unit, Event.USER_CHANGED, subject=f"hot {number:03d}")

        await asyncio.gather(*[processes[0].commit(tenant.id, work(number)) for number in range(60)])

    with ThreadPoolExecutor(8) as pool:
        cold_writers = pool.map(write_or_fail, range(100))
        asyncio.run(hot_writers())
        list(cold_writers)
    expected = [number for number in range(100) if number % fails]
    assert len(entries(units, neighbour)) == 2 * sum(number % 2 == 0 for number in expected)
    assert len(entries(units, tenant)) == 2 * sum(number % 2 for number in expected) + 60
    assert broken(units, tenant) is None
    assert broken(units, neighbour) is None


class _Undo(Exception):
    pass


class Tamperer:
    """Who owns the tables, and neither the keys nor anything outside the database."""

    def __init__(self, units: Units, owners: list[Tenant]) -> None:
        self._units = units
        self._owners = owners
        self.rows = [(owner.id, entry) for owner in owners for entry in entries(units, owner)]

    def breaks(self, *statements: tuple[str, dict[str, Any]]) -> list[Any]:
        """What verifying each tenant finds after these; nothing of it stays."""
        found: list[Any] = []
        try:
            with self._units.open(self._owners[0].id, actor=SYSTEM) as unit:
                if unit.lane.dialect == "postgresql":
                    unit.lane.execute("RESET ROLE; SET LOCAL idp.tenants = '*'", {})
                for sql, values in statements:
                    assert unit.lane.execute(self._spelled(unit, sql), values).rowcount == 1
                for owner in self._owners:
                    reader = Unit(unit.lane, tenant=owner.id, actor=SYSTEM, now_us=0, keys=unit.keys, recent=Recent())
                    found.append(audit.verify(reader))
                raise _Undo
        except _Undo:
            return [each for each in found if each is not None]

    @staticmethod
    def _spelled(unit: Unit, sql: str) -> str:
        if unit.lane.dialect == "sqlite":
            return sql
        return " ".join(
            f"%({word[1:].rstrip(',)')})s{word[len(word.rstrip(',)')) :]}" if word.startswith(":") else word
            for word in sql.split(" ")
        )


HERE = "WHERE tenant_id = :tenant AND chain = :chain AND seq = :seq"
COLUMNS = [*audit.Entry._fields, "tenant_id"]


def place(tenant: str, entry: audit.Entry) -> dict[str, Any]:
    return {"tenant": tenant, "chain": entry.chain, "seq": entry.seq}


def edit(chance: random.Random, rows: list[tuple[str, audit.Entry]]) -> list[tuple[str, dict[str, Any]]]:
    tenant, entry = chance.choice(rows)
    column = chance.choice(COLUMNS)
    old = tenant if column == "tenant_id" else getattr(entry, column)
    new: Any
    if isinstance(old, int):
        new = old + chance.choice([-1, 1, 1000, 1_000_000])
    elif isinstance(old, bytes):
        at = chance.randrange(len(old))
        new = old[:at] + bytes([old[at] ^ 1 << chance.randrange(8)]) + old[at + 1 :]
    elif column == "tenant_id":
        new = next(other for other, _ in rows if other != tenant)
    else:
        at = chance.randrange(len(old))
        new = old[:at] + chance.choice("xyz") + old[at + 1 :]
    taken = {(owner, each.chain, each.seq) for owner, each in rows}
    if column == "seq" and (tenant, entry.chain, new) in taken:
        return reorder(chance, rows)
    if column == "tenant_id" and (new, entry.chain, entry.seq) in taken:
        return edit(chance, rows)
    return [(f"UPDATE audit_entries SET {column} = :new {HERE}", {"new": new, **place(tenant, entry)})]


def rewrite(chance: random.Random, rows: list[tuple[str, audit.Entry]]) -> list[tuple[str, dict[str, Any]]]:
    """A row and its own hash together, as whoever has read the source can; not the last row of a chain."""
    tenant, entry = chance.choice(inner(rows))
    before = [e for t, e in rows if (t, e.chain, e.seq) == (tenant, entry.chain, entry.seq - 1)]
    new = entry._replace(subject="usr_forged")
    digest = _hash(tenant, new[:-1], before[0].hash if before else b"")
    values = {"new": new.subject, "digest": digest, **place(tenant, entry)}
    return [(f"UPDATE audit_entries SET subject = :new, hash = :digest {HERE}", values)]


def reorder(chance: random.Random, rows: list[tuple[str, audit.Entry]]) -> list[tuple[str, dict[str, Any]]]:
    tenant, entry = chance.choice(rows)
    _, other = chance.choice([(t, e) for t, e in rows if t == tenant and e.chain == entry.chain and e.seq != entry.seq])
    aside = {**place(tenant, entry), "new": -1}
    return [
        (f"UPDATE audit_entries SET seq = :new {HERE}", aside),
        (f"UPDATE audit_entries SET seq = :new {HERE}", {**place(tenant, other), "new": entry.seq}),
        (f"UPDATE audit_entries SET seq = :new {HERE}", {**place(tenant, entry), "seq": -1, "new": other.seq}),
    ]


def inner(rows: list[tuple[str, audit.Entry]]) -> list[tuple[str, audit.Entry]]:
    """Any row but the last of its chain."""
    lasts = {(tenant, entry.chain): entry.seq for tenant, entry in sorted(rows, key=lambda row: row[1].seq)}
    return [(tenant, entry) for tenant, entry in rows if entry.seq < lasts[tenant, entry.chain]]


def remove(chance: random.Random, rows: list[tuple[str, audit.Entry]]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"DELETE FROM audit_entries {HERE}", place(*chance.choice(inner(rows))))]


def forge(chance: random.Random, rows: list[tuple[str, audit.Entry]]) -> list[tuple[str, dict[str, Any]]]:
    """A row copied to another place: the end of its chain, beyond it, another chain, another tenant."""
    tenant, entry = chance.choice(rows)
    last = max(e.seq for t, e in rows if t == tenant and e.chain == entry.chain)
    other = next(other for other, _ in rows if other != tenant)
    chain = chance.choice([entry.chain, "lane_forged"])
    values = {**entry._asdict(), "chain": chain, "seq": last + chance.choice([1, 2]), "tenant_id": tenant}
    if chain != entry.chain:
        values |= {"seq": chance.choice([1, 2]), "tenant_id": chance.choice([tenant, other])}
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    return [(f"INSERT INTO audit_entries ({names}) VALUES ( {marks} )", values)]


def test_every_one_of_five_hundred_tamperings_is_found(trail: Units, tenant: Tenant, neighbour: Tenant) -> None:
    chance = random.Random(20_260_401)
    tamperer = Tamperer(trail, [tenant, neighbour])
    assert tamperer.breaks() == []
    for _ in range(TAMPERINGS // 5):
        for tampering in (edit, rewrite, reorder, remove, forge):
            statements = tampering(chance, tamperer.rows)
            assert tamperer.breaks(*statements), statements


def test_a_chain_that_lost_its_end_is_found_by_the_one_that_names_it(trail: Units, tenant: Tenant) -> None:
    tamperer = Tamperer(trail, [tenant])
    first = min(entry.chain for _, entry in tamperer.rows)
    chain = [(owner, entry) for owner, entry in tamperer.rows if entry.chain == first]
    named = [(f"DELETE FROM audit_entries {HERE}", place(*row)) for row in reversed(chain) if row[1].seq >= 2]
    (found,) = tamperer.breaks(*named)
    assert (found.chain, found.seq, found.problem) == (first, 2, "missing")
    everything = [(f"DELETE FROM audit_entries {HERE}", place(*row)) for row in chain]
    assert tamperer.breaks(*everything)


def test_a_cut_at_the_very_end_is_not_found_without_a_checkpoint_outside(trail: Units, tenant: Tenant) -> None:
    """Said here so that nobody believes otherwise."""
    tamperer = Tamperer(trail, [tenant])
    newest = max((entry for _, entry in tamperer.rows), key=lambda entry: (entry.chain, entry.seq))
    assert tamperer.breaks((f"DELETE FROM audit_entries {HERE}", place(tenant.id, newest))) == []


def test_the_product_itself_cannot_change_the_trail_on_postgresql(trail: Units, tenant: Tenant) -> None:
    if trail.database.dialect == "sqlite":  # there whoever writes the file may write any of it
        return
    for statement in ("UPDATE audit_entries SET subject = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"):
        with (
            pytest.raises(Exception, match="permission denied"),
            trail.open(tenant.id, actor=SYSTEM) as unit,
        ):
            unit.lane.execute(statement, {})
