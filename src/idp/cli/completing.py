"""What a shell is told while somebody types: the script for it, and names that are in the database."""

from contextlib import suppress
from pathlib import Path

from idp.cli.saying import say

_MOST = 500
_VARIABLE = "_IDP_COMPLETE"


def print_script(shell: str) -> None:
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    say(get_completion_script(prog_name="idp", complete_var=_VARIABLE, shell=shell))


def slugs(config: Path | None, incomplete: str) -> list[str]:
    """Of tenants, by how they begin; none where the installation does not open."""
    from idp import main, settings, tenants
    from idp.cli.bootstrapping import HOST

    found: list[str] = []
    with suppress(Exception):  # whoever types is told by the command itself what is wrong
        chosen = settings.load_beside(config)
        with main.opened(chosen) as units, units.platform(actor=HOST, write=False) as unit:
            found = [tenant.slug for tenant in tenants.page(unit, after="", limit=_MOST)]
    return sorted(slug for slug in found if slug.startswith(incomplete))
