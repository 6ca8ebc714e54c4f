"""`idp audit export`."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from idp import audit, custody, main, settings
from idp.audit import Entry, Wanted
from idp.cli.auditing import named
from idp.cli.bootstrapping import HOST
from idp.cli.counting import Told, counting
from idp.cli.failing import Failed
from idp.cli.installing import refuse_other_schema
from idp.cli.saying import say, say_json
from idp.kit import compact, spreadsheets
from idp.kit.clock import micros, parse
from idp.kit.units import Units
from idp.kit.whole_files import whole
from idp.tenants import Tenant

_STEP = 1000


class Wishes(NamedTuple):
    """Of one tenant, or with None of all; instants as in RFC 3339."""

    slug: str | None
    as_csv: bool
    since: str | None
    until: str | None
    out: Path | None
    as_json: bool


def export(config: Path | None, wishes: Wishes) -> None:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    wanted = Wanted(since=_instant(wishes.since, 0), until=_instant(wishes.until, audit.EVERYTHING.until))
    with main.opened(chosen) as units:
        if wishes.out is None:
            _write(units, sys.stdout.buffer, wishes, wanted, lambda _what, _rows: None)
            sys.stdout.flush()
            return
        with whole(wishes.out) as file, counting(silent=wishes.as_json) as told:
            rows = _write(units, file, wishes, wanted, told)
    if wishes.as_json:
        say_json({"file": str(wishes.out), "rows": rows})
    else:
        say(f"{wishes.out}: {rows:,} rows.")


def _write(units: Units, file: BinaryIO, wishes: Wishes, wanted: Wanted, told: Told) -> int:
    of: Iterable[Tenant]
    of = custody.everyone(units, actor=HOST) if wishes.slug is None else [named(units, wishes.slug)]
    show = _as_csv if wishes.as_csv else _as_json
    if wishes.as_csv:
        file.write(spreadsheets.MARK + spreadsheets.row(["tenant", *audit.COLUMNS]))
    rows = 0
    for tenant in of:
        for page in _pages(units, tenant, wanted):
            file.writelines(show(tenant, entry) for entry in page)
            rows += len(page)
            told(tenant.slug, rows)
    return rows


def _pages(units: Units, tenant: Tenant, wanted: Wanted) -> Iterator[list[Entry]]:
    place = audit.BEGINNING
    while True:
        with units.open(tenant.id, actor=HOST, write=False) as unit:
            page = audit.page(unit, after=place, limit=_STEP, wanted=wanted)
        if not page:
            return
        yield page
        place = page[-1].place


def _as_json(tenant: Tenant, entry: Entry) -> bytes:
    return compact.encode({"tenant": tenant.slug, **audit.to_json(entry)}) + b"\n"


def _as_csv(tenant: Tenant, entry: Entry) -> bytes:
    return spreadsheets.row([spreadsheets.harmless(tenant.slug), *audit.to_csv(entry)])


def _instant(text: str | None, default: int) -> int:
    try:
        return default if text is None else micros(parse(text))
    except ValueError as error:
        raise Failed(f"{text} is no instant: 2026-04-01T00:00:00Z, say") from error
