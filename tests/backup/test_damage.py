"""A file that is not what was written is refused before anything is."""

import json
import random
import shutil
from pathlib import Path

import pytest
from tests.backup.conftest import Vault, rows_of, silence
from tests.support.provider import OPERATOR

from idp import backup
from idp.backup import BackupRefused
from idp.kit.sealing import KeyStore, ensure_master
from idp.schema import metadata

FLIPS = 300
SEED = 20261122


@pytest.fixture
def file(vault: Vault) -> Path:
    return vault.take()


@pytest.fixture
def keys(vault: Vault) -> KeyStore:
    return KeyStore(vault.provider.settings.master_key)


def test_every_flipped_bit_is_found(file: Path, keys: KeyStore, tmp_path: Path) -> None:
    backup.read(file, keys)
    content, chance, bad = file.read_bytes(), random.Random(SEED), tmp_path / "bad"
    tail = range(len(content) - 200, len(content))  # where the file accounts for itself
    for at in [*chance.choices(range(len(content)), k=FLIPS), *tail]:
        changed = bytearray(content)
        changed[at] ^= 1 << chance.randrange(8)
        bad.write_bytes(changed)
        with pytest.raises(BackupRefused):
            backup.read(bad, keys)


def test_a_file_that_was_cut_is_found(file: Path, keys: KeyStore, tmp_path: Path) -> None:
    content, lines, bad = file.read_bytes(), file.read_bytes().splitlines(keepends=True), tmp_path / "bad"
    cuts = [b"", content[:1], content[:-1], content[: len(content) // 2], b"".join(lines[:-1]), b"".join(lines[:1])]
    dropped = [b"".join(lines[:5] + lines[6:]), content + b"\n", content + lines[-1], b"".join([lines[0], *lines])]
    for changed in [*cuts, *dropped, b"[" * 5_000, lines[0] + b"[" * 5_000]:
        bad.write_bytes(changed)
        with pytest.raises(BackupRefused):
            backup.read(bad, keys)


def test_a_backup_of_another_installation_is_refused(file: Path, tmp_path: Path) -> None:
    ensure_master(tmp_path / "foreign" / "master.key")
    with pytest.raises(BackupRefused, match="master key"):
        backup.read(file, KeyStore(tmp_path / "foreign" / "master.key"))


def test_a_backup_without_the_tenants_keys_is_not_restored(vault: Vault, file: Path, other: str) -> None:
    made = vault.at(vault.empty(other))
    home = vault.provider.settings.master_key.parent / "tenants"
    shutil.move(home / f"{vault.provider.tenant()}.key", vault.home / "lost.key")
    with pytest.raises(BackupRefused, match="keys of 1 tenants are missing"):
        backup.restore(made.units, backup.read(file, made.units.keys), metadata=metadata, actor=OPERATOR, told=silence)
    assert len(rows_of(vault.take(made))["tenants"]) == 1
    assert made.units.keys.fence.epoch() == 0
    shutil.move(vault.home / "lost.key", home / f"{vault.provider.tenant()}.key")
    backup.restore(made.units, backup.read(file, made.units.keys), metadata=metadata, actor=OPERATOR, told=silence)
    assert len(rows_of(vault.take(made))["tenants"]) == 3


def test_a_file_that_changes_while_it_is_restored_leaves_nothing(vault: Vault, file: Path, other: str) -> None:
    made = vault.at(vault.empty(other))
    reading = backup.read(file, made.units.keys)
    lines = file.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith('["seats"'))
    said = json.loads(lines[at])
    lines[at] = json.dumps(said) + "\n"
    file.write_text("".join(lines))
    with pytest.raises(BackupRefused, match="changed while"):
        backup.restore(made.units, reading, metadata=metadata, actor=OPERATOR, told=silence)
    assert len(rows_of(vault.take(made))["tenants"]) == 1
