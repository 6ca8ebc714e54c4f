"""`idp users`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idp.cli.options import Config, Json, Limit, Tenant, Where

_COLUMNS = ("id", "user_name", "display_name", "affiliation", "status", "roles")
User = Annotated[str, typer.Argument(metavar="USER", help="The user name, or the id.")]


class Affiliation(StrEnum):
    """Said again here: `--help` does not load the room that knows."""

    OFFICER = "officer"
    EMPLOYEE = "employee"
    DISPATCHED = "dispatched"


class Encoding(StrEnum):
    """Of a file that is imported. Said again here: a command that imports nothing does not load who does."""

    UTF_8 = "utf-8"
    SHIFT_JIS = "shift_jis"


def add_to(app: typer.Typer) -> None:
    app.command("list")(listing)
    app.command("show")(show)
    app.command("create")(create)
    app.command("disable")(disable)
    app.command("enable")(enable)
    app.command("import")(from_file)


def listing(
    tenant: Tenant, where: Where = None, limit: Limit = None, as_json: Json = False, config: Config = None
) -> None:
    """List the IDs of a tenant.

    \b
    Examples:
      idp users list --tenant aoba
      idp users list --tenant aoba --where q=taro --where status=active
      idp users list --tenant aoba --json --limit 10
    """
    from idp.cli.asking import print_list, within

    print_list(config, within("tenants", tenant, "users"), _COLUMNS, where=where, limit=limit, as_json=as_json)


def show(user: User, tenant: Tenant, as_json: Json = False, config: Config = None) -> None:
    """Show one ID.

    \b
    Examples:
      idp users show taro@aoba.example --tenant aoba
    """
    from idp.cli.asking import changing

    changing(config, lambda at: at.ask("GET", at.user(tenant, user)), as_json=as_json)


def create(  # noqa: PLR0913 - each is an option
    *,
    tenant: Tenant,
    display_name: Annotated[str, typer.Option("--display-name", metavar="NAME", help="As pages and services show it.")],
    affiliation: Annotated[Affiliation, typer.Option("--affiliation", help="What they are to the tenant.")],
    user_name: Annotated[
        str | None,
        typer.Option("--user-name", metavar="NAME", help="What they sign in with; default: the e-mail address."),
    ] = None,
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Where letters go.")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="Such as `admin`; may be repeated. Default: member."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file", metavar="FILE", help="Holds the password; `-` is standard input. Default: none yet."
        ),
    ] = None,
    invite: Annotated[bool, typer.Option("--invite", help="Send a link to choose a password.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Give somebody an ID. It counts among those of the contract.

    \b
    Examples:
      idp users create --tenant aoba --display-name 梅子 --affiliation employee --email ume@aoba.example --invite
    """
    from idp.cli.people import NewPerson, make

    person = NewPerson(
        display_name, affiliation.value, user_name=user_name, email=email, roles=role, password_file=password_file
    )
    make(config, tenant, person, invite=invite, as_json=as_json)


def disable(user: User, tenant: Tenant, as_json: Json = False, config: Config = None) -> None:
    """Let nobody sign in with an ID until it is enabled again.

    Every session and token of it ends, and services are told.

    \b
    Examples:
      idp users disable taro@aoba.example --tenant aoba
    """
    from idp.cli.asking import changing

    changing(config, lambda at: at.ask("POST", f"{at.user(tenant, user)}/disable"), as_json=as_json)


def enable(user: User, tenant: Tenant, as_json: Json = False, config: Config = None) -> None:
    """Let somebody sign in again who was disabled.

    \b
    Examples:
      idp users enable taro@aoba.example --tenant aoba
    """
    from idp.cli.asking import changing

    changing(config, lambda at: at.ask("POST", f"{at.user(tenant, user)}/enable"), as_json=as_json)


def from_file(
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="CSV with a header: user_name, affiliation, display_name, email, …",
        ),
    ],
    tenant: Tenant,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what each row would do.")] = False,
    invite: Annotated[
        bool, typer.Option("--invite", help="Send new IDs without a password a link to choose one.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--all-or-nothing", help="Do nothing unless every row is right; of at most 2,000 rows.")
    ] = False,
    encoding: Annotated[
        Encoding, typer.Option(help="How the file is written; shift_jis is read as Windows-31J.")
    ] = Encoding.UTF_8,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Make and change IDs from a CSV file.

    What is wrong with a row is told, and stops no other one. Started again after an interruption it goes on where it
    was.

    \b
    Examples:
      idp users import people.csv --tenant aoba --dry-run
      idp users import people.csv --tenant aoba --invite
      idp users import people.csv --tenant aoba --all-or-nothing
    """
    from idp.cli.importing import Wishes, import_users

    wishes = Wishes(tenant, dry_run=dry_run, invite=invite, encoding=encoding.value, as_json=as_json, whole=whole)
    raise typer.Exit(import_users(config, file, wishes))
