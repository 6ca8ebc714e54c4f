"""`idp contracts`."""

from datetime import datetime
from typing import Annotated

import typer

from idp.cli.options import Config, Json, Limit, MaybeTenant, Where

_COLUMNS = ("id", "tenant", "product", "status", "term.end_date", "ids_used", "ids")
_HISTORY = ("seq", "at", "event", "from", "to", "source", "reason")
Contract = Annotated[str, typer.Argument(metavar="CONTRACT", help="Its id: `idp contracts list` shows it.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="For the history, and for whoever reads it later.")
]


def add_to(app: typer.Typer) -> None:
    app.command("list")(listing)
    app.command("show")(show)
    app.command("history")(history)
    app.command("suspend")(suspend)
    app.command("resume")(resume)
    app.command("run")(run)


def listing(
    tenant: MaybeTenant = None, where: Where = None, limit: Limit = None, as_json: Json = False, config: Config = None
) -> None:
    """List contracts in every state, as they were applied for.

    \b
    Examples:
      idp contracts list
      idp contracts list --tenant aoba --json
    """
    from idp.cli.asking import print_list

    print_list(config, "/contracts", _COLUMNS, tenant=tenant, where=where, limit=limit, as_json=as_json)


def show(contract: Contract, as_json: Json = False, config: Config = None) -> None:
    """Show one contract, as its dates say at this instant.

    \b
    Examples:
      idp contracts show con_01a204235eaa6e6e41fb718ebe115efb
    """
    from idp.cli.asking import print_one, within

    print_one(config, "GET", within("contracts", contract), as_json=as_json)


def history(contract: Contract, limit: Limit = None, as_json: Json = False, config: Config = None) -> None:
    """List all that happened to a contract, oldest first.

    \b
    Examples:
      idp contracts history con_01a204235eaa6e6e41fb718ebe115efb
    """
    from idp.cli.asking import print_list, within

    print_list(config, within("contracts", contract, "history"), _HISTORY, limit=limit, as_json=as_json)


def suspend(contract: Contract, reason: Reason, as_json: Json = False, config: Config = None) -> None:
    """Hold a contract until it is resumed.

    From now on nothing is issued or confirmed to anybody of the tenant.

    \b
    Examples:
      idp contracts suspend con_01a204235eaa6e6e41fb718ebe115efb --reason Unpaid
    """
    from idp.cli.asking import print_one, within

    print_one(config, "POST", within("contracts", contract, "suspend"), {"reason": reason}, as_json=as_json)


def resume(contract: Contract, as_json: Json = False, config: Config = None) -> None:
    """Lift the hold of a contract.

    People sign in again; sessions, codes and tokens from before stay dead.

    \b
    Examples:
      idp contracts resume con_01a204235eaa6e6e41fb718ebe115efb
    """
    from idp.cli.asking import print_one, within

    print_one(config, "POST", within("contracts", contract, "resume"), {}, as_json=as_json)


def run(
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Nothing that is due later than 00:00 of this day; default: today.",
        ),
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Do what is due by date, which `idp worker` does by itself.

    Renewals, ends, reminders, statements and erasures: once, however often or by how many it is run.

    \b
    Examples:
      idp contracts run
      idp contracts run --on 2027-04-01 --json
    """
    from idp.cli import scheduling

    raise typer.Exit(scheduling.run(config, on=on and on.date(), as_json=as_json))
