"""`idp audit`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idp.cli.options import Config, Json, Limit, MaybeTenant, Tenant, slugs

_COLUMNS = ("at", "event", "actor.kind", "actor.id", "subject")
_EVENT = "Of this name, or of several, parted by commas; `user.*` are all of one kind."

Since = Annotated[str | None, typer.Option("--from", metavar="INSTANT", help="From this instant on.")]
Until = Annotated[str | None, typer.Option("--to", metavar="INSTANT", help="Before this instant.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here; default: standard output.")]


class Form(StrEnum):
    """Of a trail that is taken along."""

    JSONL = "jsonl"
    CSV = "csv"


def add_to(app: typer.Typer) -> None:
    app.command("search")(search)
    app.command("verify")(verify)
    app.command("checkpoint")(checkpoint)
    app.command("export")(export)


def search(  # noqa: PLR0913 - each is an option
    *,
    tenant: Tenant,
    event: Annotated[str | None, typer.Option(metavar="NAMES", help=_EVENT)] = None,
    actor: Annotated[str | None, typer.Option(metavar="ID", help="What one user, service or key did.")] = None,
    subject: Annotated[str | None, typer.Option(metavar="ID", help="What was done to this one.")] = None,
    since: Since = None,
    until: Until = None,
    newest: Annotated[bool, typer.Option("--newest", help="The newest first.")] = False,
    limit: Limit = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Find what was done to a tenant and in it.

    \b
    Examples:
      idp audit search --tenant aoba --event 'user.*,sign_in.failed' --newest --limit 20
      idp audit search --tenant aoba --from 2026-04-01T00:00:00Z --json
    """
    from idp.cli.asking import print_list, within

    asked = {"event": event, "actor": actor, "subject": subject, "from": since, "to": until}
    where = [f"{name}={value}" for name, value in asked.items() if value is not None]
    if newest:
        where.append("sort=-at")
    print_list(config, within("tenants", tenant, "audit"), _COLUMNS, where=where, limit=limit, as_json=as_json)


def verify(
    *,
    tenant: MaybeTenant = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="What `idp audit checkpoint` wrote; may be repeated.",
        ),
    ] = None,
    jwks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The operator's published keys; default: those stored here.",
        ),
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Tell whether the trail is as it was written.

    By recomputing its chains from what is stored; exit status 1, and the first wrong row, if it is not.
    Without a checkpoint from outside nobody can tell whether rows were cut from the very end.

    \b
    Examples:
      idp audit verify
      idp audit verify --tenant aoba --checkpoint /mnt/elsewhere/2026-04-01.jsonl --json
    """
    from idp.cli.auditing import verify

    status = verify(config, slug=tenant, checkpoints=checkpoint or (), jwks=jwks, as_json=as_json)
    raise typer.Exit(status)


def checkpoint(out: Out = None, as_json: Json = False, config: Config = None) -> None:
    """Write down, signed, how far each chain of the trail has come.

    Keep it outside this machine, for `idp audit verify --checkpoint`.

    \b
    Examples:
      idp audit checkpoint --out /mnt/elsewhere/2026-04-01.jsonl
    """
    from idp.cli.auditing import checkpoint

    checkpoint(config, out=out, as_json=as_json)


def export(
    *,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="SLUG", help="Whose trail.", autocompletion=slugs)
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="The trails of all tenants, and of the platform.")] = False,
    form: Annotated[Form, typer.Option("--format", help="How it is written.")] = Form.JSONL,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Write the trail of a tenant, or of all, to a file.

    \b
    Examples:
      idp audit export --tenant aoba --format csv --out aoba.csv
      idp audit export --all --from 2026-04-01T00:00:00Z --to 2026-05-01T00:00:00Z > april.jsonl
    """
    from idp.cli.audit_export import Wishes, export

    if (tenant is None) is not everyone:
        raise typer.BadParameter("give --tenant, or --all", param_hint="--tenant")
    export(config, Wishes(tenant, form is Form.CSV, since, until, out, as_json))
