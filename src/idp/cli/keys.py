"""`idp keys`."""

from typing import Annotated

import typer

from idp.cli.options import Config, Json, Limit, Tenant, Where

_COLUMNS = ("kid", "use", "alg", "status", "created_at", "ready_at", "published_until")


def add_to(app: typer.Typer) -> None:
    app.command("list")(listing)
    app.command("rotate")(rotate)


def listing(
    tenant: Tenant, where: Where = None, limit: Limit = None, as_json: Json = False, config: Config = None
) -> None:
    """Signing keys of a tenant, in the order of their making; revoked ones, too.

    \b
    Examples:
      idp keys list --tenant aoba
    """
    from idp.cli.asking import print_list, within

    print_list(config, within("tenants", tenant, "keys"), _COLUMNS, where=where, limit=limit, as_json=as_json)


def rotate(
    tenant: Tenant,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the next keys; not in production.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Sign with the keys that are published as the next ones, and publish new next ones.

    \b
    Examples:
      idp keys rotate --tenant aoba
    """
    from idp.cli import rotating

    rotating.rotate(config, slug=tenant, at_once=now, as_json=as_json)
