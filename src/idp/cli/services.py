"""`idp services`."""

from pathlib import Path
from typing import Annotated

import typer

from idp.cli.options import Config, Json, Limit, Tenant, Where

_COLUMNS = ("id", "name", "protocol", "status", "verification_status", "oidc.client_id", "saml.entity_id")
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="Its id: `idp services list` shows it.")]


def add_to(app: typer.Typer) -> None:
    app.command("list")(listing)
    app.command("show")(show)
    app.command("register")(register)
    app.command("rotate-secret")(rotate_secret)
    app.command("end-former-secret")(end_former_secret)


def listing(
    tenant: Tenant, where: Where = None, limit: Limit = None, as_json: Json = False, config: Config = None
) -> None:
    """List the services of a tenant.

    \b
    Examples:
      idp services list --tenant aoba
    """
    from idp.cli.asking import print_list, within

    print_list(config, within("tenants", tenant, "services"), _COLUMNS, where=where, limit=limit, as_json=as_json)


def show(service: Service, tenant: Tenant, as_json: Json = False, config: Config = None) -> None:
    """Show one service, without its secret.

    \b
    Examples:
      idp services show svc_01a204247a56e6eb35f738c2c8001521 --tenant aoba
    """
    from idp.cli.asking import print_one, within

    print_one(config, "GET", within("tenants", tenant, "services", service), as_json=as_json)


def register(
    *,
    tenant: Tenant,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="As people are shown it.")] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            "--redirect-uri", metavar="URI", help="By OpenID Connect: where people come back to; may be repeated."
        ),
    ] = None,
    metadata_file: Annotated[
        Path | None, typer.Option("--metadata", metavar="FILE", help="By SAML: the service's metadata.")
    ] = None,
    metadata_url: Annotated[
        str | None, typer.Option("--metadata-url", metavar="URL", help="By SAML: where its metadata are.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Let everybody in; default: who is assigned.")] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="The whole document, as the API takes it; `-` is standard input."),
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Register a service for single sign-on. Its secret is printed this once.

    \b
    Examples:
      idp services register --tenant aoba --name Tana --redirect-uri https://tana.example/callback
      idp services register --tenant aoba --name Keihi --metadata-url https://keihi.example/metadata
      idp services register --tenant aoba --file service.json --json
    """
    from idp.cli.registering import Wishes, register

    wishes = Wishes(name, redirect_uri or [], metadata_file, metadata_url, everybody=everybody, file=file)
    if sum(map(bool, (redirect_uri, metadata_file, metadata_url, file))) != 1:
        raise typer.BadParameter("give one of --redirect-uri, --metadata, --metadata-url and --file")
    if name is None and file is None:
        raise typer.BadParameter("is needed without --file", param_hint="--name")
    register(config, tenant, wishes, as_json=as_json)


def rotate_secret(
    service: Service,
    tenant: Tenant,
    overlap: Annotated[
        int, typer.Option("--overlap", metavar="SECONDS", help="For how long the old one is good, too.")
    ] = 0,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Make a new client secret, printed this once.

    The old one is dead from now on, or with --overlap good for a while.

    \b
    Examples:
      idp services rotate-secret svc_01a204247a56e6eb35f738c2c8001521 --tenant aoba
      idp services rotate-secret svc_01a204247a56e6eb35f738c2c8001521 --tenant aoba --overlap 86400
    """
    from idp.cli.asking import print_one, within

    where = within("tenants", tenant, "services", service, "secret")
    print_one(config, "POST", where, {"overlap_seconds": overlap}, as_json=as_json)


def end_former_secret(service: Service, tenant: Tenant, as_json: Json = False, config: Config = None) -> None:
    """End the former client secret before its time.

    \b
    Examples:
      idp services end-former-secret svc_01a204247a56e6eb35f738c2c8001521 --tenant aoba
    """
    from idp.cli.asking import print_one, within

    print_one(config, "DELETE", within("tenants", tenant, "services", service, "secret", "former"), as_json=as_json)
