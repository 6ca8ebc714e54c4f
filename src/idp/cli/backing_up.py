"""`idp backup` and `idp restore`."""

import sys
from pathlib import Path

from idp import backup as backups
from idp import main, migrate, schema, settings
from idp.cli.bootstrapping import HOST
from idp.cli.failing import Failed
from idp.cli.installing import refuse_other_schema
from idp.cli.lifting import lifted
from idp.cli.saying import say, say_json
from idp.kit.sealing import KeyStore
from idp.settings import Settings


def backup(config: Path | None, file: Path, *, as_json: bool) -> None:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        taken = backups.take(units, file, metadata=schema.metadata, actor=HOST, told=_progress(as_json=as_json))
    if as_json:
        say_json({**taken._asdict(), "path": str(taken.path)})
    else:
        rows = sum(taken.rows.values())
        say(f"{file}: {rows} rows of {len(taken.rows)} tables, as of {taken.taken_at}, {taken.size} bytes.")
        say(f"SHA-256 {taken.sha256}. Keep the key store apart from it: without the keys nothing sealed in it opens.")


def restore(config: Path | None, file: Path, *, keep_api_keys: bool, as_json: bool) -> None:
    """An older backup is brought to the schema of this version first."""
    chosen = settings.load_beside(config)
    told = _progress(as_json=as_json)
    if not chosen.master_key.is_file():
        raise Failed(f"there is no master key {chosen.master_key}: bring the key store that belongs to the backup")
    keys = KeyStore(chosen.master_key)
    _refuse_foreign_schema(chosen)
    reading = backups.read(file, keys)
    with lifted(chosen, reading, keys) as current, main.opened(chosen) as units:
        _make_room(chosen)
        done = backups.restore(
            units, current, metadata=schema.metadata, actor=HOST, told=told, keep_api_keys=keep_api_keys
        )
    if as_json:
        say_json({"taken_at": done.taken_at, "epoch": done.epoch, "rows": dict(done.rows)})
    else:
        say(f"The database is as it was at {done.taken_at}: {sum(done.rows.values())} rows. Epoch {done.epoch}.")
        _explain(keep_api_keys=keep_api_keys)


def put_back(config: Path | None, *, keep_api_keys: bool, as_json: bool) -> None:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        epoch = backups.adopt(units, metadata=schema.metadata, actor=HOST, keep_api_keys=keep_api_keys)
    if as_json:
        say_json({"epoch": epoch})
    else:
        say(f"The database is taken for one that was put back. Epoch {epoch}.")
        _explain(keep_api_keys=keep_api_keys)


def _refuse_foreign_schema(chosen: Settings) -> None:
    found = migrate.current(chosen)
    if found not in {None, migrate.head()}:
        raise Failed(f"the database's schema is at {found}: restore into a new database")


def _make_room(chosen: Settings) -> None:
    """Once the file was found to be sound."""
    chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate.upgrade(chosen)


def _explain(*, keep_api_keys: bool) -> None:
    keys = "" if keep_api_keys else " API keys are withdrawn: `idp bootstrap` makes the first one."
    say(
        f"Whoever was signed in has to sign in again.{keys}",
        "Passwords, client secrets, IDs and contracts are as they were then: what was changed since, change again.",
    )


def _progress(*, as_json: bool) -> backups.Told:
    """On a terminal one line that is written over; in a pipe one line for each table of which there are rows."""
    if as_json:
        return lambda _table, _rows, _done: None
    return _over if sys.stdout.isatty() else _line_by_line


def _over(table: str, rows: int, done: bool) -> None:
    sys.stdout.write(f"\r\x1b[K{table}: {rows}" + ("\r\x1b[K" if done else ""))
    sys.stdout.flush()


def _line_by_line(table: str, rows: int, done: bool) -> None:
    if done and rows:
        say(f"{table}: {rows}")
