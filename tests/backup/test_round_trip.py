"""What was written is what is put back, from either database into either."""

import threading
from pathlib import Path

import pytest
from tests.backup.conftest import Rows, Vault, operators_key, rows_of, silence
from tests.support.provider import OPERATOR, Provider

from idp import audit, backup, users
from idp.backup import BackupRefused
from idp.kit.db import OnRestore
from idp.kit.dumping import shelves
from idp.schema import metadata
from idp.users import Affiliation, Draft, Role

EPOCH = 1 << 40
SHELVES = {shelf.name: shelf for shelf in shelves(metadata, len(metadata.tables))}
GONE = {name for name, shelf in SHELVES.items() if shelf.on_restore is not OnRestore.STAYS}
COUNTERS = [SHELVES["tenants"].columns.index(name) for name in ("revision", "generation")]


def person(number: int) -> Draft:
    return Draft(f"u{number}@aoba.example", "U", None, Affiliation.OFFICER, frozenset({Role.MEMBER}), None, {})


def created(rows: Rows) -> int:
    return sum("user.created" in row for row in rows["audit_entries"])


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_row_comes_back_in_either_database(provider: Provider, vault: Vault, kind: str) -> None:
    provider.party("web").tokens(provider.browser())
    operators_key(provider)
    file = vault.take()
    before = rows_of(file)
    assert {"api_keys", "sessions", "authorization_codes", "access_tokens", "users"} <= before.keys()
    restored = vault.restore(file, kind)
    after = rows_of(vault.take(restored))
    for tenant in after["tenants"]:
        for at in COUNTERS:
            tenant[at] -= EPOCH
    marks = [row for row in after["audit_entries"] if "database.restored" in row]
    assert len(marks) == len(before["tenants"])
    after["audit_entries"] = [row for row in after["audit_entries"] if row not in marks]
    assert after.keys() == before.keys() - GONE
    assert {name for name in after if after[name] != before[name]} == set()
    with restored.open() as unit:
        assert audit.verify(unit) is None
    restored.party("web").tokens(restored.browser())


def test_a_backup_of_what_was_put_back_is_put_back_again(vault: Vault, other: str) -> None:
    first = vault.restore(vault.take(), other)
    second = vault.restore(vault.take(first), other)
    third = vault.restore(vault.take(), other)
    assert second.units.keys.fence.epoch() == 3
    for restored, epoch in ((first, 1), (second, 2), (third, 3)):
        with restored.platform() as unit:
            row = unit.lane.execute("SELECT min(generation), max(generation) FROM tenants", {}).fetchone()
        assert [number // EPOCH for number in row] == [epoch, epoch]


def test_a_backup_is_one_commit_of_those_that_are_written_meanwhile(vault: Vault, other: str) -> None:
    """Each of them writes an ID, its seat and its trail: with any of them the others are there, and none is between."""
    provider, stop = vault.provider, threading.Event()
    made = 0

    def write() -> None:
        nonlocal made
        while not stop.is_set():
            with provider.open() as unit:
                users.create(unit, person(made), limit=10**6)
            made += 1

    before = vault.take()
    writing = threading.Thread(target=write)
    writing.start()
    files = [vault.take() for _ in range(5)]
    stop.set()
    writing.join()
    assert made > 0
    start = len(rows_of(before)["users"])
    for file in files:
        found = rows_of(file)
        added = len(found["users"]) - start
        assert 0 <= added <= made
        seats = {row[0]: row[1] for row in found["seats"]}
        existing = [row for row in found["users"] if row[0] == provider.tenant()]
        assert seats[provider.tenant()] == len(existing)
        assert created(found) - created(rows_of(before)) == added
    restored = vault.restore(files[-1], other)
    with restored.open() as unit:
        assert audit.verify(unit) is None


def test_a_database_that_is_not_empty_is_left_alone(vault: Vault, other: str) -> None:
    file = vault.take()
    restored = vault.restore(file, other)
    before = rows_of(vault.take(restored))
    reading = backup.read(file, restored.units.keys)
    with pytest.raises(BackupRefused, match="not empty"):
        backup.restore(restored.units, reading, metadata=metadata, actor=OPERATOR, told=silence)
    assert rows_of(vault.take(restored)) == before
    assert restored.units.keys.fence.epoch() == 1


def test_a_backup_is_for_its_owners_eyes_and_overwrites_nothing(vault: Vault) -> None:
    file = vault.take()
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with pytest.raises(FileExistsError):
        backup.take(vault.provider.units, file, metadata=metadata, actor=OPERATOR, told=silence)
    assert file.read_bytes() == before
    assert sorted(path.name for path in vault.home.glob(".backup*")) == []


def test_a_backup_holds_no_key_and_nobodys_name(vault: Vault) -> None:
    content = vault.take().read_bytes()
    keys = Path(vault.provider.settings.master_key).parent
    for file in keys.rglob("*.key"):
        assert file.read_bytes().strip() not in content
    for text in ("taro@aoba.example", "hanako@aoba.example", "山田", "代表 太郎", "demo-Passw0rd!"):
        assert text.encode() not in content
