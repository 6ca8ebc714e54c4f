"""How often a database was put back, remembered beside the keys: a database that knows of fewer times is an old one."""

import json
import os
import secrets
from pathlib import Path

from idp.kit.tombstones import sync_directory


class FenceDamaged(Exception):
    """Nobody can tell any more which databases are too old."""


class Fence:
    def __init__(self, path: Path) -> None:
        self._path = path

    def epoch(self) -> int:
        """0 when no database was ever put back. Raises `FenceDamaged`."""
        try:
            said = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return 0
        except ValueError as error:
            raise FenceDamaged(f"{self._path} cannot be read: {error}") from error
        found = said.get("epoch") if isinstance(said, dict) else None
        if not isinstance(found, int) or found < 0:
            raise FenceDamaged(f"{self._path} does not say an epoch")
        return found

    def raise_to(self, epoch: int) -> None:
        """On disk when it returns; never lowered."""
        if epoch <= self.epoch():
            return
        aside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, json.dumps({"epoch": epoch}).encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        aside.replace(self._path)
        sync_directory(self._path.parent)
