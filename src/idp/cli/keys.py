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
    """List the signing keys of a tenant, revoked ones too.

    \b
    Examples:
      idp keys list --tenant aoba
    """
    from idp.cli.asking import print_list, within

    print_list(config, within("tenants", tenant, "keys"), _COLUMNS, where=where, limit=limit, as_json=as_json)


def rotate(
    tenant: Tenant,
    now: Annotated[bool, typer.Option("--now", help="Even then; not in production.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Sign with the next keys, and publish new next ones.

    Keys rotate by themselves; this does it now. Refused while the next ones are so young that services may not know
    them.

    \b
    Examples:
      idp keys rotate --tenant aoba
    """
    from idp.cli import rotating

    rotating.rotate(config, slug=tenant, at_once=now, as_json=as_json)
