"""Sealed columns and keyed look-ups, and the keys behind them.

The master key is one file outside the database, made on first run, mode 0600, refused when others can read it. Each
tenant has a data key of its own, wrapped by the master key and kept beside it, apart from the database and its backups:
to destroy that file is to erase what it sealed, everywhere, and a tombstone says so to whoever restores a database.
Sealing is AES-256-GCM; the associated data bind a value to its tenant, table, column and row, so that a value moved
elsewhere does not open.
"""

import os
import secrets
import stat
import threading
from contextlib import suppress
from hashlib import sha256
from os import F_OK, access
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.kit.fence import Fence, Mark
from idp.kit.ids import TenantId
from idp.kit.tombstones import Tombstones, sync_directory, write_new

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_TAG: Final = 16
_KEY: Final = 32
_BLOCK: Final = 64  # octets that SHA-256 takes in at once; a key is shorter
PLATFORM: Final = TenantId("platform")


class KeyRefused(Exception):
    """A key file is readable by others, damaged, or not the one that wrapped what it should open."""


class KeyDestroyed(LookupError):
    """The tenant's data key is gone for good."""


class Box:
    """The keys of one tenant, ready for use."""

    def __init__(self, tenant: TenantId, key: bytes) -> None:
        self._tenant = tenant
        self._aead = AESGCM(_derive(key, b"seal"))
        self._inner, self._outer = _keyed(_derive(key, b"mac"))
        self._columns: dict[tuple[str, str], bytes] = {}  # their part of the associated data

    def seal(self, table: str, column: str, row: str, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._aead.encrypt(nonce, plain, self._bound(table, column, row))

    def open(self, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """`KeyRefused` when the value was altered, moved, or sealed with another key."""
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if sealed[:1] != _VERSION or len(body) < _TAG:
                raise InvalidTag
            return self._aead.decrypt(nonce, body, self._bound(table, column, row))
        except InvalidTag:
            raise KeyRefused(f"{table}.{column} of {row} does not open with the key of {self._tenant}") from None

    def mac(self, purpose: str, value: bytes) -> bytes:
        """A keyed look-up: equal values of one tenant and purpose give equal bytes, which nobody else can compute."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(purpose.encode() + b"\0" + value)
        outer.update(inner.digest())
        return outer.digest()

    def _bound(self, table: str, column: str, row: str) -> bytes:
        known = self._columns.get((table, column)) or self._column(table, column)
        last = row.encode()
        return known + len(last).to_bytes(2) + last

    def _column(self, table: str, column: str) -> bytes:
        # length-prefixed: no two different quadruples give the same bytes
        parts = map(str.encode, (self._tenant, table, column))
        made = self._columns[table, column] = b"".join(len(part).to_bytes(2) + part for part in parts)
        return made


class KeyStore:
    """The master key and the wrapped tenant keys below one directory."""

    def __init__(self, master_file: Path) -> None:
        self._home = master_file.parent / "tenants"
        self._home_text = str(self._home)  # asked for at each value that is sealed or opened
        self.tombstones = Tombstones(master_file.parent / "tombstones")
        self.fence = Fence(master_file.parent / "fence.json")
        self.trail = Mark(master_file.parent / "trail.json", "keyed")
        self.statements = Mark(master_file.parent / "statements.json", "number")
        self._master = _read_master(master_file)
        self._boxes: dict[TenantId, Box] = {PLATFORM: Box(PLATFORM, _derive(self._master, b"platform"))}
        self._lock = threading.Lock()

    def box(self, tenant: TenantId) -> Box:
        """`KeyDestroyed` when the tenant has no key, or no longer one: destroyed by whichever process, at once."""
        found = self._boxes.get(tenant)
        if found is not None and tenant != PLATFORM and not access(f"{self._home_text}/{tenant}.key", F_OK):
            self._boxes.pop(tenant, None)
            found = None
        if found is None:
            with self._lock:
                found = self._boxes[tenant] = Box(tenant, self._unwrap(tenant))
        return found

    def refuse_another_master(self) -> None:
        """`KeyRefused` when there are tenants' keys and the master key opens none of them. One alone that is damaged is
        the misfortune of that tenant, and no reason to refuse the others."""
        wrapped = [TenantId(path.stem) for path in self._home.glob("*.key")]
        if wrapped and not any(map(self._opens, wrapped)):
            raise KeyRefused(f"the master key opens no key in {self._home}: they were wrapped with another one")

    def _opens(self, tenant: TenantId) -> bool:
        try:
            self._unwrap(tenant)
        except (KeyRefused, KeyDestroyed):
            return False
        return True

    def create(self, tenant: TenantId) -> None:
        """Durable before it returns; made before the rows that need it, so a crash leaves at most an unused key."""
        if self.tombstones.stands(tenant):
            raise KeyDestroyed(tenant)
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        nonce = os.urandom(_NONCE)
        wrapped = nonce + AESGCM(self._master).encrypt(nonce, secrets.token_bytes(_KEY), tenant.encode())
        write_new(self._path(tenant), wrapped)

    def holds(self, tenant: TenantId) -> bool:
        """Whether there still is a file with the tenant's key, whatever a tombstone says."""
        return self._path(tenant).exists()

    def destroy(self, tenant: TenantId, note: bytes) -> None:
        """The tombstone first, then the key: from the first of the two on nobody gets the key any more, and whoever
        finds the one without the other only has to do the second. Done again, it does nothing."""
        with suppress(FileExistsError):
            self.tombstones.raise_for(tenant, note)
        path = self._path(tenant)
        with suppress(FileNotFoundError):
            with path.open("r+b") as file:  # over the old bytes, where the file system still writes in place
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            sync_directory(self._home)
        self._boxes.pop(tenant, None)

    def _unwrap(self, tenant: TenantId) -> bytes:
        if self.tombstones.stands(tenant):  # a copy of the key may have been put back
            raise KeyDestroyed(tenant)
        try:
            wrapped = self._path(tenant).read_bytes()
        except FileNotFoundError:
            raise KeyDestroyed(tenant) from None
        if len(wrapped) != _NONCE + _KEY + _TAG:
            raise KeyRefused(f"the data key of {tenant} is damaged")
        try:
            return AESGCM(self._master).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], tenant.encode())
        except InvalidTag:
            raise KeyRefused(f"the master key does not open the data key of {tenant}") from None

    def _path(self, tenant: TenantId) -> Path:
        return self._home / f"{tenant}.key"


def ensure_master(path: Path) -> bool:
    """Make the master key if there is none; says whether it did. Its directory is made with mode 0700."""
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        write_new(path, secrets.token_bytes(_KEY).hex().encode() + b"\n")
    except FileExistsError:
        return False
    return True


def _read_master(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise KeyRefused(f"the master key {path} does not exist") from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyRefused(f"the master key {path} can be read by others (mode {stat.S_IMODE(mode):04o}, needed 0600)")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != _KEY:
        raise KeyRefused(f"the master key {path} is damaged: 64 hex digits are expected")
    return key


def _keyed(key: bytes) -> tuple["HASH", "HASH"]:
    """The two hashes of an HMAC (RFC 2104 2) that have taken in their key, to be copied: one of the standard library
    costs twice as much to copy, and several times as much to make."""
    inner, outer = bytearray(b"\x36" * _BLOCK), bytearray(b"\x5c" * _BLOCK)
    for place, octet in enumerate(key):
        inner[place] ^= octet
        outer[place] ^= octet
    return sha256(inner), sha256(outer)


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=b"warifu " + purpose).derive(key)
