"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", envvar="IDP_CONFIG", help="A TOML file with settings.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most so many; default: all.")]

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="NAME=VALUE",
        help="What to list, by a filter of the API (status=active), or sort=; may be repeated.",
    ),
]


def slugs(ctx: typer.Context, incomplete: str) -> list[str]:
    """What a shell completes: tenants' names. Nothing where there is no installation, and never an error."""
    from idp.cli.completing import slugs

    return slugs(ctx.params.get("config"), incomplete)


Tenant = Annotated[
    str, typer.Option("--tenant", metavar="SLUG", help="The tenant, by its name in addresses.", autocompletion=slugs)
]
MaybeTenant = Annotated[
    str | None, typer.Option("--tenant", metavar="SLUG", help="One tenant; default: all of them.", autocompletion=slugs)
]
