"""`idp audit verify` and `idp audit checkpoint`."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from idp import custody, main, settings, signing, tenants
from idp.cli.bootstrapping import HOST
from idp.cli.counting import counting
from idp.cli.failing import Failed, no_tenant
from idp.cli.installing import refuse_other_schema, refuse_put_back
from idp.cli.saying import say, say_json
from idp.custody import Bad, Checkpoint, Standing
from idp.kit.units import Units
from idp.kit.whole_files import whole
from idp.tenants import Tenant


def verify(
    config: Path | None,
    *,
    slug: str | None,
    checkpoints: Sequence[Path] = (),
    jwks: Path | None = None,
    as_json: bool,
) -> int:
    """The exit status: 1 when anything is not as it was written."""
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        of = None if slug is None else [named(units, slug)]
        known = _checkpoints(units, checkpoints, jwks)
        with counting(silent=as_json) as told:
            found = custody.examine(units, actor=HOST, of=of, checkpoints=known, told=told)
    _tell(found, as_json=as_json)
    return 1 if found.broken else 0


def checkpoint(config: Path | None, *, out: Path | None, as_json: bool) -> None:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        refuse_put_back(units)
        if out is None:
            taken = custody.take(units, sys.stdout.buffer, actor=HOST)
            sys.stdout.flush()
            return
        with whole(out) as file:
            taken = custody.take(units, file, actor=HOST)
    if as_json:
        say_json({"file": str(out), **taken._asdict()})
    else:
        say(f"{out}: {taken.chains:,} chains of {taken.tenants:,} tenants. Keep it where this machine cannot reach it.")


def named(units: Units, slug: str) -> Tenant:
    """Of an erased tenant, too. Raises `Failed`."""
    with units.platform(actor=HOST, write=False) as unit:
        found = tenants.find_even_erased(unit, slug)
    if found is None:
        raise no_tenant(slug)
    return found


def _checkpoints(units: Units, paths: Iterable[Path], jwks: Path | None) -> list[Checkpoint]:
    if jwks is not None:
        keys: Sequence[signing.PublicKey] = _published(jwks)
    else:
        with units.platform(actor=HOST, write=False) as unit:
            keys = custody.published(unit)
    found = []
    for path in paths:
        try:
            found.append(custody.read(path, keys))
        except custody.Untrue as fault:
            raise Failed(f"{path}: {fault}") from fault
    return found


def _published(jwks: Path) -> list[signing.PublicKey]:
    try:
        return signing.read_jwks(json.loads(jwks.read_bytes()))
    except (ValueError, RecursionError) as fault:
        raise Failed(f"{jwks} is no set of keys: {fault}") from fault


def _tell(found: Standing, *, as_json: bool) -> None:
    if as_json:
        seen = {"tenants": found.tenants, "chains": found.chains, "rows": found.rows}
        if found.bad:
            told = [_to_json(each) for each in found.bad]
            say_json({"ok": False, "first_bad": told[0], "broken": found.broken, "bad": told, **seen})
        else:
            say_json({"ok": True, **seen})
        return
    for bad in found.bad:
        say(_sentence(bad))
    if found.broken:
        say(f"{found.broken:,} places do not add up.")
    else:
        say(f"Every chain of {found.tenants:,} tenants adds up: {found.rows:,} rows.")


def _to_json(bad: Bad) -> dict[str, Any]:
    return {"tenant": bad.tenant, **bad.place._asdict()}


def _sentence(bad: Bad) -> str:
    place = bad.place
    upto = "" if place.before is None else f", up to the row {place.before}"
    return f"{bad.tenant}: chain {place.chain}, row {place.seq}: {place.problem}{upto}"
