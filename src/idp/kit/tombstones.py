"""What must stay gone, remembered beside the keys: a database put back from an older backup knows nothing of it.

One file for each id, written whole, once, and never changed. It says what was erased and when, in bytes that only its
writer understands; nothing personal belongs in it.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_ENDING = ".json"


class Tombstones:
    def __init__(self, home: Path) -> None:
        self._home = home

    def raise_for(self, name: str, note: bytes) -> None:
        """On disk when it returns. `FileExistsError` when there is one."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(self._path(name), note)

    def find(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def stands(self, name: str) -> bool:
        return self._path(name).exists()

    def all(self) -> Iterator[tuple[str, bytes]]:
        """In the order of their names."""
        for path in sorted(self._home.glob(f"*{_ENDING}")):
            yield path.stem, path.read_bytes()

    def _path(self, name: str) -> Path:
        return self._home / f"{name}{_ENDING}"


def write_new(path: Path, content: bytes) -> None:
    """All or nothing and on disk: written aside, then linked under its name, which must be free."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if os.write(handle, content) != len(content):  # half a key opens nothing, for ever
            raise OSError(errno.ENOSPC, f"no room for {path}")
        os.fsync(handle)
        path.hardlink_to(aside)
    finally:
        os.close(handle)
        aside.unlink()
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
