"""Sealed values open in their own place only; key files are made once, whole, and for nobody else."""

import hmac
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tests.kit.notes import AOBA, MIDORI
from tests.support.built import PLACES

from idp.kit.sealing import PLATFORM, Box, KeyDestroyed, KeyRefused, KeyStore, ensure_master

PLAIN = "山田 花子".encode()
PLACE = ("users", "name", "usr_1")


@pytest.fixture
def master(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "master.key"
    ensure_master(path)
    return path


@pytest.fixture
def store(master: Path) -> KeyStore:
    store = KeyStore(master)
    store.create(AOBA)
    store.create(MIDORI)
    return store


def test_a_sealed_value_opens_in_its_own_place(store: KeyStore, master: Path) -> None:
    sealed = store.box(AOBA).seal(*PLACE, PLAIN)
    assert store.box(AOBA).open(*PLACE, sealed) == PLAIN
    assert KeyStore(master).box(AOBA).open(*PLACE, sealed) == PLAIN
    assert PLAIN not in sealed


def test_the_same_value_is_never_sealed_alike(store: KeyStore) -> None:
    assert len({store.box(AOBA).seal(*PLACE, PLAIN) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("services", "name", "usr_1"),
        ("users", "mail", "usr_1"),
        ("users", "name", "usr_2"),
        # the same letters, parted elsewhere
        ("user", "sname", "usr_1"),
        ("users", "nameusr", "_1"),
        ("", "", "usersnameusr_1"),
    ],
)
def test_a_value_that_was_moved_does_not_open(store: KeyStore, elsewhere: tuple[str, str, str]) -> None:
    sealed = store.box(AOBA).seal(*PLACE, PLAIN)
    with pytest.raises(KeyRefused):
        store.box(AOBA).open(*elsewhere, sealed)


def test_a_value_moved_to_another_tenant_does_not_open(store: KeyStore) -> None:
    sealed = store.box(AOBA).seal(*PLACE, PLAIN)
    for other in (MIDORI, PLATFORM):
        with pytest.raises(KeyRefused):
            store.box(other).open(*PLACE, sealed)


def test_the_key_of_one_tenant_put_in_the_place_of_anothers_does_not_open(store: KeyStore, master: Path) -> None:
    keys = master.parent / "tenants"
    (keys / f"{MIDORI}.key").write_bytes((keys / f"{AOBA}.key").read_bytes())
    with pytest.raises(KeyRefused):
        KeyStore(master).box(MIDORI)


def test_a_value_with_one_bit_changed_does_not_open(store: KeyStore) -> None:
    sealed = store.box(AOBA).seal(*PLACE, PLAIN)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(KeyRefused):
            store.box(AOBA).open(*PLACE, bytes(changed))


def test_a_value_that_was_cut_does_not_open(store: KeyStore) -> None:
    sealed = store.box(AOBA).seal(*PLACE, PLAIN)
    for length in range(len(sealed)):
        with pytest.raises(KeyRefused):
            store.box(AOBA).open(*PLACE, sealed[:length])


def test_a_keyed_look_up_is_the_same_for_one_tenant_and_purpose_only(store: KeyStore, master: Path) -> None:
    mac = store.box(AOBA).mac("user name", b"taro")
    assert mac == KeyStore(master).box(AOBA).mac("user name", b"taro")
    assert mac != store.box(MIDORI).mac("user name", b"taro")
    assert mac != store.box(AOBA).mac("mail", b"taro")
    assert store.box(AOBA).mac("a", b"bc") != store.box(AOBA).mac("ab", b"c")


@pytest.mark.parametrize("length", [0, 1, 55, 64, 500])
def test_a_keyed_look_up_is_an_hmac_as_everybody_computes_it(length: int) -> None:
    key, value = bytes(range(32)), b"v" * length
    made = Box(AOBA, key).mac("user name", value)
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"warifu mac").derive(key)
    assert made == hmac.digest(derived, b"user name\0" + value, "sha256")


def test_keys_are_for_their_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ensure_master(tmp_path / "keys" / "master.key")
        KeyStore(tmp_path / "keys" / "master.key").create(AOBA)
    finally:
        os.umask(before)
    made = [tmp_path / "keys", *(tmp_path / "keys").rglob("*")]
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in made} == {
        "keys": "0o700",
        "master.key": "0o600",
        "tenants": "0o700",
        f"{AOBA}.key": "0o600",
    }


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o602, 0o601, 0o777])
def test_a_master_key_that_others_can_reach_is_refused(master: Path, mode: int) -> None:
    master.chmod(mode)
    with pytest.raises(KeyRefused, match="needed 0600"):
        KeyStore(master)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_master_key_that_its_owner_alone_can_reach_is_taken(master: Path, mode: int) -> None:
    master.chmod(mode)
    KeyStore(master)


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"00" * 33, b"zz" * 32, "００".encode() * 32])
def test_a_damaged_master_key_is_refused_and_left_as_it_is(master: Path, content: bytes) -> None:
    master.write_bytes(content)
    with pytest.raises(KeyRefused, match="damaged"):
        KeyStore(master)
    assert ensure_master(master) is False
    assert master.read_bytes() == content


def test_a_missing_master_key_is_refused_not_made(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="does not exist"):
        KeyStore(tmp_path / "master.key")
    assert list(tmp_path.iterdir()) == []


def test_another_master_key_opens_nothing_and_overwrites_nothing(store: KeyStore, master: Path, tmp_path: Path) -> None:
    wrapped = (master.parent / "tenants" / f"{AOBA}.key").read_bytes()
    ensure_master(tmp_path / "other.key")
    master.write_bytes((tmp_path / "other.key").read_bytes())
    other = KeyStore(master)
    with pytest.raises(KeyRefused):
        other.box(AOBA)
    with pytest.raises(FileExistsError):
        other.create(AOBA)
    assert (master.parent / "tenants" / f"{AOBA}.key").read_bytes() == wrapped


def test_a_damaged_data_key_is_refused(store: KeyStore, master: Path) -> None:
    path = master.parent / "tenants" / f"{AOBA}.key"
    whole = path.read_bytes()
    for content in (b"", whole[:8], whole[:-1], whole + b"\0", bytes(len(whole))):
        path.write_bytes(content)
        with pytest.raises(KeyRefused):
            KeyStore(master).box(AOBA)


def test_what_a_destroyed_key_sealed_is_gone_for_good(store: KeyStore, master: Path) -> None:
    (master.parent / "tenants" / f"{AOBA}.key").unlink()
    with pytest.raises(KeyDestroyed):
        KeyStore(master).box(AOBA)
    KeyStore(master).box(MIDORI)


def test_a_key_that_was_destroyed_leaves_a_tombstone_and_never_comes_back(store: KeyStore, master: Path) -> None:
    path = master.parent / "tenants" / f"{AOBA}.key"
    copy = path.read_bytes()
    elsewhere = KeyStore(master)
    assert elsewhere.box(AOBA)
    store.destroy(AOBA, b"erased")
    assert not store.holds(AOBA)
    for keys in (store, elsewhere, KeyStore(master)):
        with pytest.raises(KeyDestroyed):
            keys.box(AOBA)
        with pytest.raises(KeyDestroyed):
            keys.create(AOBA)
    path.write_bytes(copy)  # from a backup of the files, say
    with pytest.raises(KeyDestroyed):
        KeyStore(master).box(AOBA)
    store.destroy(AOBA, b"another note")
    assert not store.holds(AOBA)
    assert list(KeyStore(master).tombstones.all()) == [(AOBA, b"erased")]
    assert store.box(MIDORI)


def test_a_tombstone_that_cannot_be_written_leaves_the_key(store: KeyStore, master: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))
    try:
        with pytest.raises(OSError, match=r"File too large|no room"):
            store.destroy(AOBA, b"erased")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.tombstones.find(AOBA) is None
    assert KeyStore(master).box(AOBA)


@pytest.mark.parametrize("room", [0, 10, 59])
def test_a_full_disk_leaves_no_key_rather_than_half_of_one(tmp_path: Path, room: int) -> None:
    path = tmp_path / "keys" / "master.key"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(OSError, match=r"File too large|no room"):
            ensure_master(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(path.parent.iterdir()) == []
    assert ensure_master(path) is True
    KeyStore(path)


def test_sixteen_first_runs_at_once_make_one_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    program = (
        "import sys; from pathlib import Path; from idp.kit.sealing import KeyStore, ensure_master\n"
        "path = Path(sys.argv[1]); sys.stdin.readline()\n"
        "made = ensure_master(path); KeyStore(path); print(made, path.read_text().strip())"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            env=PLACES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(16)
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    answers = [run.communicate(timeout=60)[0].split() for run in runs]
    assert sorted(made for made, _ in answers) == ["False"] * 15 + ["True"]
    assert {key for _, key in answers} == {path.read_text().strip()}
    assert list(path.parent.iterdir()) == [path]
