"""Files that are there whole or not at all, for their owner's eyes only."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from idp.kit.tombstones import sync_directory


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Under its name once it is complete and on disk. Raises `FileExistsError` where there is one already."""
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(aside)
    finally:
        aside.unlink()
    sync_directory(path.parent)
