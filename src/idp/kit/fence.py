"""Numbers that only rise, remembered beside the keys: a database put back from a backup knows of lower ones.

How often a database was put back is one of them (`epoch`): a database that knows of fewer times is an old one.
"""

import json
import os
import secrets
from pathlib import Path

from idp.kit.tombstones import sync_directory


class FenceDamaged(Exception):
    """Nobody can tell any more which databases are too old."""


class Mark:
    """One number in a file of its own, under its name."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name

    def value(self) -> int:
        """0 when it was never raised. Raises `FenceDamaged`."""
        try:
            said = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return 0
        except ValueError as error:
            raise FenceDamaged(f"{self._path} cannot be read: {error}") from error
        found = said.get(self._name) if isinstance(said, dict) else None
        if not isinstance(found, int) or found < 0:
            raise FenceDamaged(f"{self._path} does not say its {self._name}")
        return found

    def raise_to(self, value: int) -> None:
        """On disk when it returns; never lowered. Of two at once the caller sees to it that they come in turn."""
        if value <= self.value():
            return
        aside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, json.dumps({self._name: value}).encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        aside.replace(self._path)
        sync_directory(self._path.parent)


class Fence(Mark):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "epoch")

    def epoch(self) -> int:
        """0 when no database was ever put back. Raises `FenceDamaged`."""
        return self.value()
