"""`idp audit verify`."""

from collections.abc import Iterator
from pathlib import Path

from idp import audit, main, settings, tenants
from idp.cli.bootstrapping import HOST
from idp.cli.failing import Failed
from idp.cli.installing import refuse_other_schema
from idp.cli.saying import say, say_json
from idp.kit.units import Units
from idp.tenants import Tenant

_PAGE = 200


def verify(config: Path | None, *, slug: str | None, as_json: bool) -> int:
    """The exit status: 1 at the first row that does not follow from those before it."""
    chosen = settings.load(config)
    refuse_other_schema(chosen)
    seen = 0
    with main.opened(chosen) as units:
        for tenant in _tenants(units, slug):
            with units.open(tenant.id, actor=HOST, write=False) as unit:
                broken = audit.verify(unit)
            if broken is not None:
                if as_json:
                    say_json({"ok": False, "first_bad": {"tenant": tenant.slug, **broken._asdict()}})
                else:
                    say(f"{tenant.slug}: chain {broken.chain}, row {broken.seq}: {broken.problem}")
                return 1
            seen += 1
    if as_json:
        say_json({"ok": True, "tenants": seen})
    else:
        say(f"Every chain of {seen} tenants adds up.")
    return 0


def _tenants(units: Units, slug: str | None) -> Iterator[Tenant]:
    if slug is not None:
        with units.platform(actor=HOST, write=False) as unit:
            found = tenants.find_even_erased(unit, slug)
        if found is None:
            raise Failed(f"there is no tenant {slug}")
        yield found
        return
    after = ""
    while True:
        with units.platform(actor=HOST, write=False) as unit:
            page = tenants.page_even_erased(unit, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id
