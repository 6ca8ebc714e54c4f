"""`idp doctor`: whether this installation is fit to serve, looked at from outside of the server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from idp import access, main, migrate, settings, tenants
from idp.cli.bootstrapping import HOST
from idp.cli.failing import Failed, sentence
from idp.cli.saying import Colour, say, say_json, tinted
from idp.cli.serving import address
from idp.kit.clock import SECOND, machine_ns
from idp.kit.postgres import ROLE
from idp.kit.sealing import PLATFORM, KeyStore
from idp.settings import Settings, SettingsRefused

_MOST_SKEW = 2.0  # seconds between this machine and the database's
_PAGE = 500


class Finding(NamedTuple):
    name: str
    ok: bool
    detail: str


class Unfit(Exception):
    """The installation fails a check; the message says what was found and what is expected."""


Check = Callable[[Settings], str]


def examine(config: Path | None, *, as_json: bool) -> int:
    """The exit status: 1 when anything is not as it should be."""
    found = [*_findings(config)]
    ok = all(each.ok for each in found)
    if as_json:
        say_json({"ok": ok, "checks": [each._asdict() for each in found]})
    else:
        say(*(f"{_mark(each)}  {each.name:<16}  {each.detail}" for each in found))
    return 0 if ok else 1


def _mark(found: Finding) -> str:
    return tinted("ok    ", Colour.GREEN) if found.ok else tinted("FAILED", Colour.RED)


def _findings(config: Path | None) -> Iterator[Finding]:
    try:
        chosen = settings.load_beside(config)
        address(chosen.bind)
    except (SettingsRefused, Failed) as refused:
        yield Finding("settings", ok=False, detail=str(refused))
        return
    yield Finding("settings", ok=True, detail=f"{chosen.environment.value}, {chosen.base_url}")
    for name, check in _checks(chosen):
        try:
            yield Finding(name, ok=True, detail=check(chosen))
        except Unfit as unfit:
            yield Finding(name, ok=False, detail=str(unfit))
        except Exception as error:  # whatever goes wrong here is the finding
            yield Finding(name, ok=False, detail=sentence(error) or f"{type(error).__name__}: {error}")


def _checks(chosen: Settings) -> Iterator[tuple[str, Check]]:
    yield "master_key", _master_key
    yield "schema", _schema
    if chosen.sqlite_file is not None:
        yield "sqlite", _sqlite
    else:
        yield "row_security", _row_security
        yield "clock", _clock
    yield "fence", _fence
    yield "tenant_keys", _tenant_keys
    yield "countries", _countries


def _master_key(chosen: Settings) -> str:
    KeyStore(chosen.master_key)
    return f"{chosen.master_key}, for its owner alone"


def _schema(chosen: Settings) -> str:
    _require_file(chosen)
    found, known = migrate.current(chosen), migrate.head()
    if found != known:
        raise Unfit(f"found {found or 'nothing'}, expected {known}: run `idp migrate`")
    return f"at {found}, which is head"


def _sqlite(chosen: Settings) -> str:
    """By a connection as the server opens them."""
    _require_file(chosen)
    database = main.open_database(chosen)
    try:
        with database.transaction(PLATFORM, write=False) as lane:
            for pragma, expected in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
                found = lane.execute(f"PRAGMA {pragma}", {}).fetchone()[0]
                if found != expected:
                    raise Unfit(f"PRAGMA {pragma}: found {found}, expected {expected}")
            sound = lane.execute("PRAGMA quick_check(1)", {}).fetchone()[0]
    finally:
        database.close()
    if sound != "ok":
        raise Unfit(f"the file is damaged: {sound}")
    return f"{chosen.sqlite_file}: sound, durable, foreign keys on"


def _row_security(chosen: Settings) -> str:
    """The second wall between tenants: a role without rights of its own, and policies that hold for owners too."""
    with migrate.connect(chosen) as connection:
        if not _value(connection, "SELECT count(*) FROM pg_roles WHERE rolname = :role", role=ROLE):
            raise Unfit(f"there is no role {ROLE}: row-level security holds by the login's own rights alone")
        if not _value(connection, "SELECT pg_has_role(current_user, :role, 'MEMBER')", role=ROLE):
            raise Unfit(f"the login is no member of {ROLE}: GRANT {ROLE} TO it")
        bare = connection.execute(text(_UNGUARDED)).scalars().all()
    if bare:
        raise Unfit(f"no forced row-level security on {', '.join(bare)}")
    return f"forced on every table of a tenant's, by the role {ROLE}"


_UNGUARDED = """
SELECT DISTINCT c.relname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
ORDER BY c.relname
"""


def _clock(chosen: Settings) -> str:
    with migrate.connect(chosen) as connection:
        before = machine_ns()
        theirs = float(_value(connection, "SELECT extract(epoch FROM clock_timestamp())"))
        ours = (before + machine_ns()) / 2 / SECOND / 1000
    skew = abs(ours - theirs)
    if skew > _MOST_SKEW:
        raise Unfit(f"this machine and the database are {skew:.1f} s apart, expected less than {_MOST_SKEW} s")
    return f"{skew * 1000:.0f} ms from the database's"


def _fence(chosen: Settings) -> str:
    _require_file(chosen)
    with main.opened(chosen) as units, units.platform(actor=HOST, write=False) as unit:
        if tenants.is_put_back(unit):
            raise Unfit(
                "the database is from before the last restore: run `idp restore --in-place` if it is to be used"
            )
        return f"restored {tenants.epoch(unit)} times, as the keys know"


def _tenant_keys(chosen: Settings) -> str:
    """That the master key opens every tenant's: it is the one that they were wrapped with."""
    _require_file(chosen)
    seen = 0
    with main.opened(chosen) as units:
        after = ""
        while True:
            with units.platform(actor=HOST, write=False) as unit:
                page = tenants.page(unit, after=after, limit=_PAGE)
            for tenant in page:
                units.keys.box(tenant.id)
            seen += len(page)
            if len(page) < _PAGE:
                return f"{seen} opened"
            after = page[-1].id


def _countries(chosen: Settings) -> str:
    return access.describe_countries(chosen.geoip_file)


def _require_file(chosen: Settings) -> None:
    """Looking must not make a database."""
    if chosen.sqlite_file is not None and not chosen.sqlite_file.is_file():
        raise Unfit(f"there is no database {chosen.sqlite_file}: run `idp migrate`")


def _value(connection: Connection, statement: str, **values: Any) -> Any:
    return connection.execute(text(statement), values).scalar()
