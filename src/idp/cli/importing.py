"""`idp users import`."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from idp import imports, main, settings, tenants
from idp.cli.bootstrapping import HOST
from idp.cli.failing import Failed, no_tenant
from idp.cli.installing import refuse_other_schema, refuse_put_back
from idp.cli.saying import say, say_json
from idp.credentials import MACHINE, HashPool
from idp.imports import Counts, Encoding, Fault, Report
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.tenants import PLATFORM_SLUG

_SHOWN = 20
_LARGEST = 1 << 30

Told = Callable[[int, int, Counts], None]


class Wishes(NamedTuple):
    tenant: str
    dry_run: bool
    invite: bool
    encoding: str
    as_json: bool
    whole: bool = False


def import_users(config: Path | None, file: Path, wishes: Wishes) -> int:
    """The exit status: 1 when a row failed."""
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    if file.stat().st_size > _LARGEST:
        raise Failed(f"{file} is larger than {_LARGEST:,} bytes: part it")
    with main.opened(chosen) as units:
        refuse_put_back(units)
        tenant = _tenant(units, wishes.tenant)
        with file.open("rb") as opened, _progress(wishes) as told, _hashing() as hash_all:
            order = imports.Order(
                Encoding(wishes.encoding),
                hash_all,
                hands=frozenset({MACHINE}),
                preparing=True,
                dry_run=wishes.dry_run,
                invite=wishes.invite,
                whole=wishes.whole,
            )
            try:
                report = imports.run(units, tenant, opened, order, actor=HOST, told=told)
            except Invalid as wrong:
                raise Failed(_why(file, wrong), code=wrong.code, errors=map(_header_fault, wrong.errors)) from wrong
            except Conflict as conflict:
                raise Failed(conflict.public, code=conflict.code) from conflict
    undone = wishes.whole and not wishes.dry_run and bool(report.counts.failed)
    _tell(report, undone=undone, as_json=wishes.as_json)
    return 1 if report.counts.failed else 0


def _tenant(units: Units, slug: str) -> TenantId:
    with units.platform(actor=HOST, write=False) as unit:
        found = None if slug == PLATFORM_SLUG else tenants.find_by_slug(unit, slug)
    if found is None:
        raise no_tenant(slug)
    return found.id


@contextmanager
def _hashing() -> Iterator[imports.HashAll]:
    """As many passwords at once as there are cores."""
    cores = os.cpu_count() or 1
    pool = HashPool(cores=cores, waiting=cores)
    try:
        with ThreadPoolExecutor(cores) as hands:
            yield lambda passwords: list(hands.map(pool.hash, passwords))
    finally:
        pool.close()


@contextmanager
def _progress(wishes: Wishes) -> Iterator[Told]:
    """A bar on a terminal, a line for each tenth in a pipe, nothing for programs."""
    if wishes.as_json:
        yield lambda _done, _of, _counts: None
    elif sys.stdout.isatty():
        with _bar() as told:
            yield told
    else:
        yield _Lines().told


class _Lines:
    _said = 0

    def told(self, done: int, of: int, counts: Counts) -> None:
        tenths = done * 10 // max(of, 1)
        if self._said < tenths < 10:
            self._said = tenths
            say(f"{tenths}0%  {_counted(counts)}")


@contextmanager
def _bar() -> Iterator[Told]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("")
        yield lambda done, of, counts: progress.update(task, completed=done, total=of, description=_counted(counts))


def _tell(report: Report, *, undone: bool, as_json: bool) -> None:
    if as_json:
        say_json(imports.to_json(report))
        return
    if report.resumed_after is not None:
        say(f"Went on behind line {report.resumed_after:,}, where an earlier run had come to.")
    say(*map(_line, report.faults[:_SHOWN]))
    left = len(report.faults) - _SHOWN
    if left > 0:
        told = "them" if _all_told(report) else "the first of them"
        rows = report.counts.failed - len({fault.line for fault in report.faults[:_SHOWN]})
        say(f"… and more faults, in {rows:,} more rows: --json tells {told}.")
    if undone:
        say("Nothing was done, because not every row is right.")
    say(f"{'Would be: ' if report.dry_run else ''}{_counted(report.counts)}.")


def _all_told(report: Report) -> bool:
    return len({fault.line for fault in report.faults}) == report.counts.failed


def _line(fault: Fault) -> str:
    where = f"line {fault.line}" + (f", {fault.column}" if fault.column else "")
    found = "" if fault.found is None else f" Found: {fault.found!r}."
    expected = "" if fault.expected is None else f" Expected: {_expected(fault.expected)}."
    return f"{where}: {fault.detail}{found}{expected}"


def _expected(what: object) -> str:
    return ", ".join(map(str, what)) if isinstance(what, Sequence) and not isinstance(what, str) else str(what)


def _counted(counts: Counts) -> str:
    rows, *became = counts._asdict().items()
    told = ", ".join(f"{count:,} {name}" for name, count in became if count)
    return f"{rows[1]:,} rows" + (f": {told}" if told else "")


def _why(file: Path, wrong: Invalid) -> str:
    faults = "; ".join(f"{error.pointer.removeprefix('/')}: {error.detail}" for error in wrong.errors)
    return f"{file}: {wrong.public}" + (f" {faults}" if faults else "")


def _header_fault(error: FieldError) -> dict[str, Any]:
    """As of a row: the header is line 1."""
    return {"line": 1, "column": error.pointer.removeprefix("/") or None, **error.to_json()}
