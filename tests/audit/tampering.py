"""Single changes to a trail by whoever owns the tables and not the keys, and where each of them must be found."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from idp import audit
from idp.audit import Break, Entry, Head
from idp.audit.chaining import unkeyed
from idp.kit.actors import SYSTEM
from idp.kit.ids import TenantId
from idp.kit.recalling import Recent
from idp.kit.units import Unit, Units

T = TypeVar("T")

HERE = "WHERE tenant_id = :tenant AND chain = :chain AND seq = :seq"
COLUMNS = [*Entry._fields, "tenant_id"]
_ASIDE = -1


class Row(NamedTuple):
    tenant: str
    entry: Entry

    @property
    def place(self) -> "Spot":
        return Spot(self.tenant, self.entry.chain, self.entry.seq)


class Spot(NamedTuple):
    tenant: str
    chain: str
    seq: int

    def values(self) -> dict[str, Any]:
        return self._asdict()


Statement = tuple[str, dict[str, Any]]


class Change(NamedTuple):
    """`spots` are all at which the change can be seen; `outside`: only with a checkpoint."""

    statements: list[Statement]
    spots: tuple[Spot, ...]
    outside: bool = False


Kind = Callable[[random.Random, Sequence[Row]], Change | None]


def _update(spot: Spot, **new: Any) -> Statement:
    sets = ", ".join(f"{name} = :new_{name}" for name in new)
    return f"UPDATE audit_entries SET {sets} {HERE}", {f"new_{n}": value for n, value in new.items()} | spot.values()


def _insert(spot: Spot, entry: Entry) -> Statement:
    values = {**entry._asdict(), "chain": spot.chain, "seq": spot.seq, "tenant_id": spot.tenant}
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    return f"INSERT INTO audit_entries ({names}) VALUES ( {marks} )", values


def _delete(spot: Spot) -> Statement:
    return f"DELETE FROM audit_entries {HERE}", spot.values()


def _chain(rows: Sequence[Row], row: Row) -> list[Row]:
    return [each for each in rows if (each.tenant, each.entry.chain) == (row.tenant, row.entry.chain)]


def _changed(chance: random.Random, old: Any) -> Any:
    if isinstance(old, int):
        return max(0, old + chance.choice([-1, 1, 1000, 1_000_000]))
    if isinstance(old, bytes):
        at = chance.randrange(len(old))
        return old[:at] + bytes([old[at] ^ 1 << chance.randrange(8)]) + old[at + 1 :]
    if not old:
        return chance.choice("xyz")
    at = chance.randrange(len(old))
    new = old[:at] + chance.choice("xyz") + old[at + 1 :]
    return new if new != old else old + "x"


def edit(chance: random.Random, rows: Sequence[Row]) -> Change | None:
    """Any column of any row, to anything else; the key's columns too, so that it stands elsewhere then."""
    row = chance.choice(rows)
    column = chance.choice(COLUMNS)
    if column == "tenant_id":
        new: Any = next(each.tenant for each in rows if each.tenant != row.tenant)
    else:
        new = _changed(chance, getattr(row.entry, column))
    moved = Spot(
        new if column == "tenant_id" else row.tenant,
        new if column == "chain" else row.entry.chain,
        new if column == "seq" else row.entry.seq,
    )
    if moved != row.place and moved in {each.place for each in rows}:
        return None
    return Change([_update(row.place, **{column: new})], (row.place, moved))


def rehash(chance: random.Random, rows: Sequence[Row]) -> Change | None:
    """A row, and its own hash as whoever has read the source would compute it without the key."""
    row = chance.choice(rows)
    before = [each for each in _chain(rows, row) if each.entry.seq == row.entry.seq - 1]
    new = row.entry._replace(subject=f"usr_forged_{chance.randrange(1 << 40)}")
    digest = unkeyed(row.tenant, new[:-1], before[0].entry.hash if before else b"")
    return Change([_update(row.place, subject=new.subject, hash=digest)], (row.place,))


def rehash_all(chance: random.Random, rows: Sequence[Row]) -> Change | None:
    """A row, and the hashes of all behind it in its chain."""
    row = chance.choice(rows)
    chain = _chain(rows, row)
    at = chain.index(row)
    previous = chain[at - 1].entry.hash if at else b""
    statements = []
    for each in chain[at:]:
        new = each.entry._replace(facts='{"forged":true}') if each == row else each.entry
        previous = unkeyed(row.tenant, new[:-1], previous)
        statements.append(_update(each.place, facts=new.facts, hash=previous))
    return Change(statements, (row.place,))


def swap(chance: random.Random, rows: Sequence[Row]) -> Change | None:
    row = chance.choice(rows)
    other = chance.choice(_chain(rows, row))
    if other == row:
        return None
    aside = row.place._replace(seq=_ASIDE)
    statements = [
        _update(row.place, seq=_ASIDE),
        _update(other.place, seq=row.entry.seq),
        _update(aside, seq=other.entry.seq),
    ]
    return Change(statements, (min(row.place, other.place),))


def remove(chance: random.Random, rows: Sequence[Row]) -> Change | None:
    """From the head, the middle or the end of a chain."""
    row = chance.choice(rows)
    return Change([_delete(row.place)], (row.place,), outside=_chain(rows, row)[-1] == row)


def cut_tail(chance: random.Random, rows: Sequence[Row]) -> Change | None:
    """A row and all behind it."""
    row = chance.choice(rows)
    gone = [each for each in _chain(rows, row) if each.entry.seq >= row.entry.seq]
    return Change([_delete(each.place) for each in gone], (row.place,), outside=True)


def forge(chance: random.Random, rows: Sequence[Row]) -> Change | None:
    """A row more: at the end of a chain, beyond it, in another one, in another tenant; copied, or with a hash that fits
    but for the key."""
    row = chance.choice(rows)
    chain = _chain(rows, row)
    tenant = chance.choice(sorted({each.tenant for each in rows}))
    if chance.random() < 0.5:
        spot = row.place._replace(seq=chain[-1].entry.seq + chance.choice([1, 2, 9]))
    else:
        spot = Spot(tenant, chance.choice(["lane_forged", "aaa", "zzz"]), chance.choice([1, 2]))
    entry = row.entry._replace(chain=spot.chain, seq=spot.seq)
    if chance.random() < 0.5:
        previous = chain[-1].entry.hash if spot.chain == row.entry.chain else b""
        entry = entry._replace(hash=unkeyed(spot.tenant, entry[:-1], previous))
    return Change([_insert(spot, entry)], (spot,))


KINDS: tuple[Kind, ...] = (edit, edit, edit, rehash, rehash_all, swap, remove, remove, cut_tail, forge)


class _Undo(Exception):
    pass


class Tamperer:
    """Makes a change and has the trails that it touches verified, in one transaction of which nothing stays."""

    def __init__(self, units: Units, owners: Sequence[TenantId]) -> None:
        self._units = units
        self._owners = owners
        self.rows: list[Row] = []
        self.heads: dict[str, list[Head]] = {}
        for owner in owners:
            with units.open(owner, actor=SYSTEM) as unit:
                found = sorted(audit.page(unit, limit=100_000), key=lambda entry: (entry.chain, entry.seq))
                self.rows += [Row(owner, entry) for entry in found]
                self.heads[owner] = audit.heads(unit)

    def breaks(self, change: Change, *, checkpoint: bool) -> list[tuple[str, Break]]:
        """What verifying finds, in the order of the tenants."""
        found: list[tuple[str, Break]] = []
        touched = {spot.tenant for spot in change.spots}
        try:
            with self._units.platform(actor=SYSTEM) as unit:
                if unit.lane.dialect == "postgresql":
                    unit.lane.execute("RESET ROLE", {})
                for sql, values in change.statements:
                    assert unit.lane.execute(_spelled(unit, sql), values).rowcount == 1, sql
                for owner in self._owners:
                    if owner in touched:
                        known = self.heads[owner] if checkpoint else ()
                        found += [(owner, bad) for bad in _bad(unit, owner, known)]
                raise _Undo
        except _Undo:
            return found


def _bad(unit: Unit, owner: TenantId, known: Sequence[Head]) -> Sequence[Break]:
    reader = Unit(unit.lane, tenant=owner, actor=SYSTEM, now_us=0, keys=unit.keys, recent=Recent())

    def read(work: Callable[[Unit], T]) -> T:
        return work(reader)

    return audit.examine(read, known=known).bad


def _spelled(unit: Unit, sql: str) -> str:
    if unit.lane.dialect == "sqlite":
        return sql
    words = []
    for word in sql.split(" "):
        bare = word.rstrip(",)")
        words.append(f"%({bare[1:]})s{word[len(bare) :]}" if word.startswith(":") else word)
    return " ".join(words)


def located(change: Change, first: tuple[str, Break]) -> bool:
    """The row that it names was changed, or stands behind the gap that it names."""
    owner, bad = first
    named = {Spot(owner, bad.chain, bad.seq)}
    if bad.before is not None:
        named.add(Spot(owner, bad.chain, bad.before))
    return bool(named & set(change.spots))
