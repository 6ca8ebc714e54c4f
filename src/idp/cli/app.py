"""The commands and their options."""

import os
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option("--config", envvar="IDP_CONFIG", help="TOML file with settings.")]


class Encoding(StrEnum):
    """Of a file that is imported. Said again here: a command that imports nothing does not load who does."""

    UTF_8 = "utf-8"
    SHIFT_JIS = "shift_jis"


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def run() -> None:
    os.umask(0o077)  # whatever a command writes is for the operator's account alone
    try:
        build()()
    except Exception as error:
        from idp.cli.failing import sentence

        told = sentence(error)
        if told is None:
            raise
        sys.stderr.write(f"idp: {told}\n")
        sys.exit(1)


def build() -> typer.Typer:
    app = typer.Typer(
        name="idp",
        help="Warifu, an OpenID Connect and SAML identity provider for many tenants.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
    )
    for command in (demo, serve, worker, migrate, bootstrap, settings, doctor, backup, restore):
        app.command()(command)
    audit = typer.Typer(help="The audit trail.", no_args_is_help=True)
    audit.command("verify")(audit_verify)
    app.add_typer(audit, name="audit")
    erasure = typer.Typer(help="Erased tenants.", no_args_is_help=True)
    erasure.command("verify")(erasure_verify)
    app.add_typer(erasure, name="erasure")
    contracts = typer.Typer(help="The contracts of all tenants.", no_args_is_help=True)
    contracts.command("run")(contracts_run)
    app.add_typer(contracts, name="contracts")
    users = typer.Typer(help="IDs of a tenant.", no_args_is_help=True)
    users.command("import")(users_import)
    app.add_typer(users, name="users")
    keys = typer.Typer(help="Signing keys.", no_args_is_help=True)
    keys.command("rotate")(keys_rotate)
    app.add_typer(keys, name="keys")
    return app


def demo(
    *,
    port: Annotated[
        int, typer.Option(min=1, max=65533, help="Port of the provider; the two samples take the next ones.")
    ] = 8080,
    data_dir: Annotated[Path | None, typer.Option(help="Keep the installation here, or continue it.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Worker processes.")] = None,
    api_key_file: Annotated[Path | None, typer.Option(help="Write an operator's API key here.")] = None,
    seed_size: Annotated[int, typer.Option(min=0, help="Further IDs: in aoba, or in each tenant seeded.")] = 0,
    seed_tenants: Annotated[int, typer.Option(min=0, help="Further tenants, with active contracts.")] = 0,
    seed_services: Annotated[int, typer.Option(min=0, help="OIDC services in each tenant seeded.")] = 0,
    config: Config = None,
) -> None:
    """Make a small installation, with people and a sample service, and serve it on this machine alone."""
    from idp.cli.demo.command import Wishes, demonstrate

    if seed_services and not seed_tenants:
        raise typer.BadParameter("needs --seed-tenants", param_hint="--seed-services")
    wishes = Wishes(
        port=port,
        data_dir=data_dir,
        workers=workers,
        api_key_file=api_key_file,
        seed_size=seed_size,
        seed_tenants=seed_tenants,
        seed_services=seed_services,
        config=config,
    )
    raise typer.Exit(demonstrate(wishes))


def serve(
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring the schema to head first.")] = False,
    config: Config = None,
) -> None:
    """Answer requests until told to stop."""
    from idp.cli.serving import serve

    raise typer.Exit(serve(config, first_migrate=migrate))


def worker(config: Config = None) -> None:
    """Do what time brings, shortly after it is due, until told to stop."""
    from idp.cli.background import work

    raise typer.Exit(work(config, {}))


def migrate(
    down: Annotated[str | None, typer.Option(metavar="REVISION", help="Go back to this revision; base: empty.")] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Bring the database to the schema of this version; several may start at once, one does it."""
    from idp.cli.migrating import migrate

    migrate(config, down=down, as_json=as_json)


def bootstrap(
    api_key_file: Annotated[Path | None, typer.Option(help="Write the key here instead of printing it.")] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Make the first operator's API key, once."""
    from idp.cli.bootstrapping import bootstrap

    bootstrap(config, api_key_file=api_key_file, as_json=as_json)


def settings(as_json: Json = False) -> None:
    """Every setting with its default and meaning."""
    from idp.cli.reference import print_reference

    print_reference(as_json=as_json)


def doctor(as_json: Json = False, config: Config = None) -> None:
    """Look whether this installation is fit to serve."""
    from idp.cli.doctor import examine

    raise typer.Exit(examine(config, as_json=as_json))


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; must not exist yet.")],
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Write the whole database to one file, while it is in use. Keys are not in it: keep `keys/` apart from it."""
    from idp.cli.backing_up import backup

    backup(config, file, as_json=as_json)


def restore(
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="What `idp backup` wrote.")] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="The database was put back by other means: a copied file, a snapshot.")
    ] = False,
    keep_api_keys: Annotated[
        bool, typer.Option("--keep-api-keys", help="None was withdrawn since the backup: they go on being valid.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Put a backup into an empty database: all of it, or nothing. Whoever was signed in has to sign in again."""
    from idp.cli.backing_up import put_back, restore

    if (file is None) is not in_place:
        raise typer.BadParameter("give a file, or --in-place", param_hint="FILE")
    if file is None:
        put_back(config, keep_api_keys=keep_api_keys, as_json=as_json)
    else:
        restore(config, file, keep_api_keys=keep_api_keys, as_json=as_json)


def audit_verify(
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="One tenant; default: all of them.")] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Recompute the chains of the audit trail from what is stored."""
    from idp.cli.auditing import verify

    raise typer.Exit(verify(config, slug=tenant, as_json=as_json))


def erasure_verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The certificate of an erasure.")],
    jwks: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The operator's published keys.")],
    as_json: Json = False,
) -> None:
    """Check the certificate of an erasure by the operator's keys, without any installation."""
    from idp.cli.certifying import verify

    raise typer.Exit(verify(file, jwks=jwks, as_json=as_json))


def contracts_run(
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="What is due at 00:00 of this day; default: today."),
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Do what is due by date: renewals, ends, reminders and erasures, once however often or by how many it is run."""
    from idp.cli.scheduling import run

    raise typer.Exit(run(config, on=on and on.date(), as_json=as_json))


def users_import(
    *,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a header.")],
    tenant: Annotated[str, typer.Option(metavar="SLUG", help="Whose IDs.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what each row would do.")] = False,
    invite: Annotated[
        bool, typer.Option("--invite", help="Send new IDs without a password a link to choose one.")
    ] = False,
    encoding: Annotated[
        Encoding, typer.Option(help="How the file is written; shift_jis is read as Windows-31J.")
    ] = Encoding.UTF_8,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Make and change IDs from a file. Started again after an interruption it goes on where it was."""
    from idp.cli.importing import Wishes, import_users

    wishes = Wishes(tenant, dry_run=dry_run, invite=invite, encoding=encoding.value, as_json=as_json)
    raise typer.Exit(import_users(config, file, wishes))


def keys_rotate(
    tenant: Annotated[str, typer.Option(metavar="SLUG", help="Whose keys.")],
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the next keys; not in production.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Sign with the keys that are published as the next ones, and publish new next ones."""
    from idp.cli.rotating import rotate

    rotate(config, slug=tenant, at_once=now, as_json=as_json)
