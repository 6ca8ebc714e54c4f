"""The state of an installation on disk: its schema and its master key."""

from idp import migrate
from idp.cli.failing import Failed
from idp.kit.sealing import ensure_master
from idp.settings import Settings


def bring_to_head(settings: Settings) -> tuple[str | None, str | None]:
    """The revisions before and after. An empty database also gets a master key, if there is none yet.

    Never otherwise: what a lost key has sealed does not open with a new one, and should fail as what it is.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if migrate.current(settings) is None:
        ensure_master(settings.master_key)
    return migrate.upgrade(settings)


def refuse_other_schema(settings: Settings) -> None:
    """Raises `Failed` unless the database has exactly the schema that this code knows."""
    found, known = migrate.current(settings), migrate.head()
    if found != known:
        raise Failed(
            f"the database's schema is at {found or 'nothing'}, this version needs {known}: "
            "run `idp migrate`, or `idp serve --migrate`"
        )
