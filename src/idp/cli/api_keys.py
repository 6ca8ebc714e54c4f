"""`idp api-keys`: of operators, of one partner, of one tenant."""

from pathlib import Path
from typing import Annotated

import typer

from idp.cli.options import Config, Json, Limit, Where, slugs

_COLUMNS = ("id", "name", "permissions", "expires_at", "last_used_at")
OfTenant = Annotated[
    str | None,
    typer.Option("--tenant", metavar="SLUG", help="Of this tenant; default: of operators.", autocompletion=slugs),
]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Its id: `idp api-keys list` shows it.")]
ToFile = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Write the secret here instead of printing it.")
]
OfPartner = Annotated[str | None, typer.Option("--partner", metavar="ID", help="Of this partner.")]


def add_to(app: typer.Typer) -> None:
    app.command("list")(listing)
    app.command("show")(show)
    app.command("create")(create)
    app.command("rotate")(rotate)
    app.command("end-former")(end_former)
    app.command("revoke")(revoke)


def listing(
    tenant: OfTenant = None,
    partner: OfPartner = None,
    where: Where = None,
    limit: Limit = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """List keys, without their secrets.

    Those of operators, or of one tenant or partner.

    \b
    Examples:
      idp api-keys list
      idp api-keys list --tenant aoba
    """
    from idp.cli.asking import print_list

    print_list(config, _path(tenant, partner), _COLUMNS, where=where, limit=limit, as_json=as_json)


def create(  # noqa: PLR0913 - options of a command
    *,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What it is for.")],
    permission: Annotated[
        list[str],
        typer.Option("--permission", metavar="NOUN:VERB", help="Such as users:read or users:*; may be repeated."),
    ],
    expires_at: Annotated[
        str | None,
        typer.Option("--expires-at", metavar="INSTANT", help="Such as 2027-04-01T00:00:00Z; default: never."),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(
            "--network", metavar="CIDR|NAME", help="From where it is good; may be repeated. Default: anywhere."
        ),
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="Who uses it, where it lies.")
    ] = None,
    file: ToFile = None,
    tenant: OfTenant = None,
    partner: OfPartner = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Make a key. Its secret is shown this once.

    For a program of the operator's, or of a tenant's or partner's, which reaches nothing else. What it may be given is
    listed by `idp api GET /permissions`.

    \b
    Examples:
      idp api-keys create --name backup --permission "*:read" --file backup.key
      idp api-keys create --tenant aoba --name HR --permission users:read --permission users:write
      idp api-keys create --tenant aoba --name HR --permission users:read --network office --network 192.0.2.0/24
    """
    from idp.cli.key_making import make

    document = {
        "name": name,
        "permissions": permission,
        "expires_at": expires_at,
        "networks": network or None,
        "description": description,
    }
    given = {member: value for member, value in document.items() if value is not None}
    make(config, _path(tenant, partner), given, file=file, as_json=as_json)


def show(
    key: Key,
    tenant: OfTenant = None,
    partner: OfPartner = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Show one key, without its secrets.

    What it may do, from where, and until when its former secret is good.

    \b
    Examples:
      idp api-keys show key_01a204235eaa6e6e41fb718ebe115efb --tenant aoba
    """
    from idp.cli.asking import print_one, within

    print_one(config, "GET", _path(tenant, partner) + within(key), as_json=as_json)


def rotate(
    key: Key,
    *,
    overlap: Annotated[
        int | None,
        typer.Option("--overlap", metavar="SECONDS", help="For how long the old one is good, too. Default: a day."),
    ] = None,
    file: ToFile = None,
    tenant: OfTenant = None,
    partner: OfPartner = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """A new secret for a key, shown this once.

    \b
    Examples:
      idp api-keys rotate key_01a204235eaa6e6e41fb718ebe115efb --file backup.key
      idp api-keys rotate key_01a204235eaa6e6e41fb718ebe115efb --tenant aoba --overlap 0
    """
    from idp.cli.asking import within
    from idp.cli.key_making import make

    document = {} if overlap is None else {"overlap_seconds": overlap}
    make(config, _path(tenant, partner) + within(key, "rotate"), document, file=file, as_json=as_json)


def end_former(
    key: Key,
    tenant: OfTenant = None,
    partner: OfPartner = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """End the former secret before its time.

    Programs are changed over, or somebody else has seen it.

    \b
    Examples:
      idp api-keys end-former key_01a204235eaa6e6e41fb718ebe115efb --tenant aoba
    """
    from idp.cli.asking import print_one, within

    print_one(config, "DELETE", _path(tenant, partner) + within(key, "secret", "former"), as_json=as_json)


def revoke(
    key: Key,
    tenant: OfTenant = None,
    partner: OfPartner = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Take a key back: from now on it opens nothing.

    \b
    Examples:
      idp api-keys revoke key_01a204235eaa6e6e41fb718ebe115efb --tenant aoba
    """
    from idp.cli.key_making import revoke

    revoke(config, _path(tenant, partner), key, as_json=as_json)


def _path(tenant: str | None, partner: str | None) -> str:
    from idp.cli.asking import within

    if tenant is not None and partner is not None:
        raise typer.BadParameter("give --tenant or --partner")
    if tenant is not None:
        return within("tenants", tenant, "api-keys")
    return within("system", "api-keys") if partner is None else within("partners", partner, "api-keys")
