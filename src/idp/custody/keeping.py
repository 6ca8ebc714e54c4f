"""Checkpoints that are written by themselves, one a day, into a directory that somebody takes them out of."""

from contextlib import suppress
from pathlib import Path

from idp.custody.checkpoints import take
from idp.kit.actors import SYSTEM
from idp.kit.clock import instant
from idp.kit.units import Units
from idp.kit.whole_files import whole


def keep_todays(units: Units, directory: Path) -> Path | None:
    """The file that it wrote; None where there is one of this day (UTC) already, whoever wrote it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = directory / f"{instant(units.clock.now_us()):%Y-%m-%d}.jsonl"
    if file.exists():
        return None
    with suppress(FileExistsError), whole(file) as opened:
        take(units, opened, actor=SYSTEM)
        return file
    return None
