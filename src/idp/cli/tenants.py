"""`idp tenants`."""

from typing import Annotated

import typer

from idp.cli.options import Config, Json, Limit, Where, slugs

_COLUMNS = ("slug", "id", "contract_status", "issuer")
Slug = Annotated[str, typer.Argument(metavar="SLUG", autocompletion=slugs, help="Its name in addresses.")]


def add_to(app: typer.Typer) -> None:
    app.command("list")(listing)
    app.command("show")(show)


def listing(where: Where = None, limit: Limit = None, as_json: Json = False, config: Config = None) -> None:
    """List tenants in the order of their creation.

    \b
    Examples:
      idp tenants list
      idp tenants list --json
    """
    from idp.cli.asking import print_list

    print_list(config, "/tenants", _COLUMNS, where=where, limit=limit, as_json=as_json)


def show(slug: Slug, as_json: Json = False, config: Config = None) -> None:
    """Show one tenant.

    \b
    Examples:
      idp tenants show aoba
    """
    from idp.cli.asking import print_one, within

    print_one(config, "GET", within("tenants", slug), as_json=as_json)
