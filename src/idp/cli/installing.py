"""The state of an installation on disk: its schema and its master key."""

from idp import custody, main, migrate, tenants, users
from idp.cli.failing import Failed
from idp.kit.actors import SYSTEM
from idp.kit.sealing import ensure_master
from idp.kit.units import Units
from idp.settings import Settings


def bring_to_head(settings: Settings) -> tuple[str | None, str | None]:
    """The revisions before and after. An empty database also gets a master key, if there is none yet.

    Never otherwise: what a lost key has sealed does not open with a new one, and should fail as what it is.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if migrate.current(settings) is None:
        ensure_master(settings.master_key)
    before, after = migrate.upgrade(settings)
    if settings.master_key.exists():
        with main.opened(settings) as units:
            if before is not None and before != after:
                users.make_findable(units)
            custody.adopt_unkeyed(units)
    return before, after


def refuse_other_schema(settings: Settings) -> None:
    """Raises `Failed` unless the database has exactly the schema that this code knows."""
    found, known = migrate.current(settings), migrate.head()
    if found != known:
        raise Failed(
            f"the database's schema is at {found or 'nothing'}, this version needs {known}: "
            "run `idp migrate`, or `idp serve --migrate`"
        )


def refuse_put_back(units: Units) -> None:
    """Raises `Failed` for a database from before the last restore. What the keys know of erasures and this database
    does not is done."""
    with units.platform(actor=SYSTEM, write=False) as unit:
        epoch, put_back = tenants.epoch(unit), tenants.is_put_back(unit)
    if put_back:
        raise Failed(
            "the database is from before the last restore, which the keys remember: what was revoked since would be "
            "valid again. If it is to be used, run `idp restore --in-place`"
        )
    units.keys.fence.raise_to(epoch)
    if any(units.keys.tombstones.all()):
        _complete_erasures(units)


def _complete_erasures(units: Units) -> None:
    """Of whose making hardly any start has to know: every table there is takes the whole API along."""
    from idp import erasure, schema

    assert schema.metadata
    erasure.complete(units)
