"""What a checkpoint that is kept outside says of a database, even when whoever has it has the keys, too."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.audit.conftest import act

from idp import audit, custody, tenants
from idp.audit import Entry, Flaw
from idp.audit.chaining import box_of, link
from idp.custody import Checkpoint, Standing, Untrue
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.units import Unit, Units
from idp.signing import Alg, Use, generate
from idp.tenants import Tenant

Tamper = Callable[[Unit], None]


class _Undo(Exception):
    pass


@pytest.fixture
def trail(units: Units, tenant: Tenant, neighbour: Tenant, clock: FixedClock) -> Units:
    for at in range(4):
        clock.advance(seconds=1)
        for owner in (tenant, neighbour):
            act(units, owner, f"usr_{at}")
    return units


@pytest.fixture
def checkpoint(trail: Units, tmp_path: Path) -> Checkpoint:
    return taken(trail, tmp_path / "first.jsonl")


def taken(units: Units, path: Path) -> Checkpoint:
    with path.open("wb") as file:
        custody.take(units, file, actor=SYSTEM)
    return read(units, path)


def read(units: Units, path: Path) -> Checkpoint:
    with units.platform(actor=SYSTEM, write=False) as unit:
        keys = custody.published(unit)
    return custody.read(path, keys)


def standing(units: Units, *checkpoints: Checkpoint) -> Standing:
    return custody.examine(units, actor=SYSTEM, checkpoints=checkpoints)


def tampered(units: Units, work: Tamper) -> None:
    with units.platform(actor=SYSTEM) as unit:
        if unit.lane.dialect == "postgresql":
            unit.lane.execute("RESET ROLE", {})
        work(unit)


def rows(units: Units, tenant: Tenant) -> list[Entry]:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return sorted(audit.page(unit, limit=1000), key=lambda entry: (entry.chain, entry.seq))


def deleted(tenant: Tenant, chain: str, seq: int) -> Tamper:
    where = f"tenant_id = '{tenant.id}' AND chain = '{chain}' AND seq >= {seq}"
    return lambda unit: unit.lane.execute(f"DELETE FROM audit_entries WHERE {where}", {})


def rebuilt(tenant: Tenant, forged: Entry, chain: list[Entry]) -> Tamper:
    """By somebody who has the key: nothing in the database tells of it."""

    def work(unit: Unit) -> None:
        previous = b""
        for entry in chain:
            new = forged if entry.seq == forged.seq else entry
            digest = previous = link(box_of(unit.keys), tenant.id, new[:-1], previous)
            where = f"tenant_id = '{tenant.id}' AND chain = '{entry.chain}' AND seq = {entry.seq}"
            mark = "?" if unit.lane.dialect == "sqlite" else "%s"
            unit.lane.execute(
                f"UPDATE audit_entries SET hash = {mark}, subject = {mark} WHERE {where}", (digest, new.subject)
            )

    return work


def test_an_untouched_database_is_as_the_checkpoint_says_and_so_it_is_as_it_grows(
    trail: Units, checkpoint: Checkpoint, tenant: Tenant
) -> None:
    assert standing(trail, checkpoint).broken == 0
    act(trail, tenant, "usr_later")
    found = standing(trail, checkpoint)
    assert (found.broken, found.tenants, found.rows) == (0, 3, checkpoint.taken.rows + 1)


@pytest.mark.attack("L1")
def test_a_tail_that_was_cut_is_found_at_its_first_row_and_without_a_checkpoint_not_at_all(
    trail: Units, checkpoint: Checkpoint, tenant: Tenant
) -> None:
    chain = rows(trail, tenant)
    tampered(trail, deleted(tenant, chain[-1].chain, 3))
    assert standing(trail).broken == 0
    found = standing(trail, checkpoint)
    ((slug, place),) = found.bad
    assert (slug, place.chain, place.seq, place.problem) == ("aoba", chain[-1].chain, 3, Flaw.MISSING)


def test_a_trail_of_which_nothing_is_left_is_found(trail: Units, checkpoint: Checkpoint, tenant: Tenant) -> None:
    chain = rows(trail, tenant)[0].chain
    tampered(trail, deleted(tenant, chain, 1))
    assert standing(trail).broken == 0
    ((slug, place),) = standing(trail, checkpoint).bad
    assert (slug, place.chain, place.seq) == ("aoba", chain, 1)


def test_a_tenant_that_vanished_with_its_trail_is_found(trail: Units, tenant: Tenant, checkpoint: Checkpoint) -> None:
    chain = rows(trail, tenant)[0].chain

    def vanish(unit: Unit) -> None:
        unit.lane.execute(f"DELETE FROM audit_entries WHERE tenant_id = '{tenant.id}'", {})
        unit.lane.execute(f"DELETE FROM tenants WHERE id = '{tenant.id}'", {})

    tampered(trail, vanish)
    ((slug, place),) = standing(trail, checkpoint).bad
    assert (slug, place.chain, place.seq) == ("aoba", chain, 1)


def test_a_chain_that_was_rebuilt_with_the_key_is_found(
    trail: Units, checkpoint: Checkpoint, tenant: Tenant, tmp_path: Path
) -> None:
    """Between the checkpoint before the row, which still fits, and the first that does not."""
    act(trail, tenant, "usr_x", "usr_y", "usr_z")
    later = taken(trail, tmp_path / "second.jsonl")
    entry = next(entry for entry in rows(trail, tenant) if entry.subject == "usr_y")
    chain = [each for each in rows(trail, tenant) if each.chain == entry.chain]  # another connection has another one
    forged = entry._replace(subject="usr_forged")
    tampered(trail, rebuilt(tenant, forged, chain))
    assert standing(trail).broken == 0
    assert standing(trail, checkpoint).broken == 0
    ((slug, place),) = standing(trail, checkpoint, later).bad
    assert (slug, place.chain, place.problem) == ("aoba", forged.chain, Flaw.ALTERED)
    assert place.seq == chain[-1].seq


def edited(path: Path, change: Callable[[list[Any]], None]) -> None:
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines))


def _another_head(lines: list[Any]) -> None:
    lines[1][3] += 1


def _another_count(lines: list[Any]) -> None:
    lines[-1]["rows"] += 1


def _another_time(lines: list[Any]) -> None:
    lines[-1]["at"] = "2020-01-01T00:00:00Z"


def _another_epoch(lines: list[Any]) -> None:
    lines[0]["epoch"] += 1


def _no_end(lines: list[Any]) -> None:
    lines.pop()


def _a_line_less(lines: list[Any]) -> None:
    lines.pop(1)


def _two_ends(lines: list[Any]) -> None:
    lines.append(lines[-1])


def _no_signature(lines: list[Any]) -> None:
    lines[-1]["signature"] = "x"


def _nothing(lines: list[Any]) -> None:
    assert lines


CHANGES = [
    _another_head,
    _another_count,
    _another_time,
    _another_epoch,
    _no_end,
    _a_line_less,
    _two_ends,
    _no_signature,
]


def test_a_checkpoint_that_was_changed_says_nothing(trail: Units, checkpoint: Checkpoint, tmp_path: Path) -> None:
    whole = (tmp_path / "first.jsonl").read_bytes()
    for change in CHANGES:
        other = tmp_path / "other.jsonl"
        other.write_bytes(whole)
        edited(other, _nothing)
        read(trail, other)
        edited(other, change)
        with pytest.raises(Untrue):
            read(trail, other)
    header = whole.partition(b"\n")[0] + b"\n"
    odd = (b"[" * 4_000 + b"\n", header + b'["t", "s", "c", 1e999, "00"]\n', header + b"[" * 4_000 + b"\n")
    for raw in (b"", b"x", b"[]\n", b"{}\n", whole[:-1] + b"x", whole + b"\n", whole[: len(whole) // 2], *odd):
        other.write_bytes(raw)
        with pytest.raises(Untrue):
            read(trail, other)


def test_a_checkpoint_that_another_key_has_signed_says_nothing(
    trail: Units, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    with pytest.raises(Untrue, match="signature"):
        custody.read(tmp_path / "first.jsonl", [])


def test_a_checkpoint_holds_after_its_key_was_replaced(trail: Units, checkpoint: Checkpoint, tmp_path: Path) -> None:
    wanted = {(Use.CERTIFICATE, Alg.ES256): generate(Alg.ES256)}
    with trail.platform(actor=SYSTEM) as unit:
        tenants.rotating.publish(unit, wanted)
        tenants.rotating.rotate(unit, {(Use.CERTIFICATE, Alg.ES256): generate(Alg.ES256)}, at_once=True)
    second = taken(trail, tmp_path / "second.jsonl")
    ends = [json.loads(path.read_bytes().splitlines()[-1]) for path in sorted(tmp_path.glob("*.jsonl"))]
    assert len({end["signature"].partition(".")[0] for end in ends}) == 2
    assert standing(trail, read(trail, tmp_path / "first.jsonl"), second).broken == 0
