"""`idp export`, `idp apply`, `idp diff` and `idp convert`: configuration as files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idp.cli.options import Config, Json, slugs

_Read = typer.Option("--file", "-f", metavar="FILE", help="A YAML file; `-` is standard input.")


class Provider(StrEnum):
    """Whose settings can be converted. Said again here: other commands do not load who converts."""

    KEYCLOAK = "keycloak"
    AUTH0 = "auth0"


def add_to(app: typer.Typer) -> None:
    for command in (export, apply, diff, convert):
        app.command()(command)


def export(
    tenant: Annotated[
        list[str] | None,
        typer.Option(metavar="SLUG", help="One tenant; may be repeated. Default: all of them.", autocompletion=slugs),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write it here instead of printing it.")
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Write the configuration of tenants as a file.

    In YAML, or with --json in JSON, for `idp apply` and `idp diff`. It holds no secrets, and no IDs.

    \b
    Examples:
      idp export --tenant aoba --out aoba.yaml
    """
    from idp.cli import declaring

    declaring.export(config, tenant or [], out=out, as_json=as_json)


def apply(
    *,
    file: Annotated[str | None, _Read] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what the file does not name, of the kinds that it names.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of such files.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Bring tenants to the configuration in a file.

    All of it, or nothing. It shows what it would do, and on a terminal asks before it does it.

    \b
    Examples:
      idp apply -f aoba.yaml --dry-run
      idp apply -f aoba.yaml --prune --yes
    """
    from idp.cli import declaring

    if schema is (file is not None):
        raise typer.BadParameter("give a file, or --schema", param_hint="--file")
    if file is None:
        declaring.print_schema()
    else:
        wishes = declaring.Wishes(dry_run, prune, yes, as_json)
        raise typer.Exit(declaring.apply(config, file, wishes))


def diff(file: Annotated[str, _Read], as_json: Json = False, config: Config = None) -> None:
    """Show where tenants differ from the configuration in a file.

    Exits with 3 if they do, with 0 if they do not.

    \b
    Examples:
      idp diff -f aoba.yaml
    """
    from idp.cli import declaring

    raise typer.Exit(declaring.compare(config, file, as_json=as_json))


def convert(
    *,
    provider: Annotated[Provider, typer.Argument(metavar="PROVIDER", help="Whose file it is: keycloak or auth0.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="What the provider exported.")
    ],
    tenant: Annotated[str, typer.Option("--tenant", metavar="SLUG", help="The tenant whose configuration it becomes.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write it here instead of printing it.")
    ] = None,
    secrets: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Keep the clients' secrets in files here, and name those."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a file for `idp apply` of what Keycloak or Auth0 exports.

    What cannot be taken over is said on standard error.

    \b
    Examples:
      idp convert keycloak realm-export.json --tenant aoba --out aoba.yaml
    """
    from idp.cli import converting

    converting.convert(provider.value, file, tenant, out=out, secrets=secrets, as_json=as_json)
