"""The commands and their options."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idp.cli import api_keys, audit, contracts, files, keys, services, tenants, users
from idp.cli.options import Config, Json


class Method(StrEnum):
    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def run() -> None:
    os.umask(0o077)  # whatever a command writes is for the operator's account alone
    try:
        build()(prog_name="idp")
    except Exception as error:
        from idp.cli.failing import tell

        if not tell(error, as_json="--json" in sys.argv):
            raise
        sys.exit(1)


def build() -> typer.Typer:
    app = typer.Typer(
        name="idp",
        help="Warifu, an OpenID Connect and SAML identity provider for many tenants.",
        epilog="Begin with `idp demo`, or with `idp migrate`, `idp bootstrap` and `idp serve`.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
    )
    app.callback()(root)
    for command in (demo, serve, worker, migrate, bootstrap, settings, doctor, backup, restore, api, completion):
        app.command()(command)
    files.add_to(app)
    tenants.add_to(_group(app, "tenants", "Tenants: list them, show one."))
    contracts.add_to(_group(app, "contracts", "Contracts: list, show, suspend, resume, and do what is due."))
    users.add_to(_group(app, "users", "IDs of a tenant: list, create, disable, import from CSV."))
    services.add_to(_group(app, "services", "Services for single sign-on: list, register, new secrets."))
    api_keys.add_to(_group(app, "api-keys", "Keys for programs that use the admin API."))
    keys.add_to(_group(app, "keys", "Signing keys of a tenant: list, rotate."))
    audit.add_to(_group(app, "audit", "The audit trail: search, export, verify, checkpoints."))
    _group(app, "erasure", "Erased tenants: verify a certificate.").command("verify")(erasure_verify)
    return app


def _group(app: typer.Typer, name: str, about: str) -> typer.Typer:
    group = typer.Typer(help=about, no_args_is_help=True)
    app.add_typer(group, name=name)
    return group


def _say_version(wanted: bool) -> None:
    if wanted:
        from idp import __version__

        sys.stdout.write(f"idp {__version__}\n")
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Warifu, an OpenID Connect and SAML identity provider for many tenants."""


def api(
    *,
    method: Annotated[Method, typer.Argument(metavar="METHOD", help="GET, POST, PUT, PATCH or DELETE.")],
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="What stands behind /api/v1, such as /tenants/aoba/groups?limit=5.")
    ],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="The document to send; `-` is standard input.")
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option("--query", metavar="NAME=VALUE", help="A parameter of the query; may be repeated."),
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Ask the admin API, without a server and without a key.

    As the operator of this machine, whatever stands in the reference of the API.

    \b
    Examples:
      idp api GET /tenants/aoba/groups
      idp api GET /tenants/aoba/users --query q=taro --json
      echo '{"name": "Sales"}' | idp api POST /tenants/aoba/groups --data - --json
    """
    from idp.cli.api import call

    call(config, method.value, path, data=data, query=query or [], as_json=as_json)


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print what makes a shell complete `idp`.

    Its commands, options and tenants. `idp --install-completion` keeps that for good.

    \b
    Examples:
      eval "$(idp completion bash)"
      idp completion fish >~/.config/fish/completions/idp.fish
    """
    from idp.cli.completing import print_script

    print_script(shell.value)


def demo(
    *,
    port: Annotated[
        int,
        typer.Option(
            metavar="PORT", min=1, max=65533, help="Port of the provider; the two samples take the next ones."
        ),
    ] = 8080,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the installation here, or continue it.")
    ] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, max=64, help="Worker processes.")] = None,
    api_key_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Write an operator's API key here.")] = None,
    seed_size: Annotated[
        int, typer.Option(metavar="N", min=0, help="Further IDs: in aoba, or in each tenant seeded.")
    ] = 0,
    seed_tenants: Annotated[int, typer.Option(metavar="N", min=0, help="Further tenants, with active contracts.")] = 0,
    seed_services: Annotated[int, typer.Option(metavar="N", min=0, help="OIDC services in each tenant seeded.")] = 0,
    config: Config = None,
) -> None:
    """Make a small installation to try things out, and serve it.

    With people and two sample services, on this machine alone. Ctrl+C ends it and, without --data-dir, removes it.

    \b
    Examples:
      idp demo
      idp demo --port 9000 --data-dir ~/warifu --seed-size 1000
    """
    from idp.cli.demo.command import Wishes, demonstrate
    from idp.cli.leaving import leave

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
    leave(demonstrate(wishes))


def serve(
    migrate: Annotated[bool, typer.Option("--migrate", help="Run `idp migrate` first.")] = False,
    config: Config = None,
) -> None:
    """Answer requests until told to stop.

    Plain HTTP on IDP_BIND, for a proxy in front of it. SIGHUP replaces its workers one by one, SIGTERM ends it.

    \b
    Examples:
      IDP_CONFIG=/etc/warifu.toml idp serve
      idp serve --migrate
    """
    from idp.cli.leaving import leave
    from idp.cli.serving import serve

    leave(serve(config, first_migrate=migrate))


def worker(config: Config = None) -> None:
    """Do what falls due, until told to stop.

    Renewals, ends, reminders, letters, webhooks, planned changes and new keys, shortly after they are due. It runs
    beside `idp serve`, as often as you like: everything is done once.

    \b
    Examples:
      idp worker
    """
    from idp.cli.background import work
    from idp.cli.leaving import leave

    leave(work(config, {}))


def migrate(
    down: Annotated[
        str | None,
        typer.Option(metavar="REVISION", help="Undo what came after this revision, with all that was stored in it."),
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Bring the database to the schema of this version.

    Several may start at once: one does it, the others wait.

    \b
    Examples:
      idp migrate
      idp migrate --down webhooks
    """
    from idp.cli.migrating import migrate

    migrate(config, down=down, as_json=as_json)


def bootstrap(
    api_key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the key here instead of printing it.")
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Make the first operator's API key, once.

    It makes operators' accounts, and other keys. Run it after `idp migrate`.

    \b
    Examples:
      idp bootstrap --api-key-file operator.key
    """
    from idp.cli.bootstrapping import bootstrap

    bootstrap(config, api_key_file=api_key_file, as_json=as_json)


def settings(as_json: Json = False) -> None:
    """List every setting with its default and meaning.

    \b
    Examples:
      idp settings
      idp settings --json
    """
    from idp.cli.reference import print_reference

    print_reference(as_json=as_json)


def doctor(as_json: Json = False, config: Config = None) -> None:
    """Look whether this installation is fit to serve.

    Settings, keys, schema, walls between tenants, clocks: one line for each, and exit status 1 if anything is wrong.

    \b
    Examples:
      idp doctor
      idp doctor --json
    """
    from idp.cli.doctor import examine

    raise typer.Exit(examine(config, as_json=as_json))


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; must not exist yet.")],
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Write the whole database to one file, while it is in use.

    Keys are not in it: keep `keys/` of the data directory apart from it.

    \b
    Examples:
      idp backup /var/backups/warifu-1.jsonl
    """
    from idp.cli.backing_up import backup

    backup(config, file, as_json=as_json)


def restore(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="What `idp backup` wrote.")
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place",
            help="Give no file: the database was put back by other means, as by a copied file or a snapshot.",
        ),
    ] = False,
    keep_api_keys: Annotated[
        bool, typer.Option("--keep-api-keys", help="API keys go on being valid: none was withdrawn since the backup.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Put a backup into an empty database: all of it, or nothing.

    Whoever was signed in has to sign in again.

    \b
    Examples:
      idp restore /var/backups/warifu-1.jsonl
      idp restore --in-place
    """
    from idp.cli.backing_up import put_back, restore

    if (file is None) is not in_place:
        raise typer.BadParameter("give a file, or --in-place", param_hint="FILE")
    if file is None:
        put_back(config, keep_api_keys=keep_api_keys, as_json=as_json)
    else:
        restore(config, file, keep_api_keys=keep_api_keys, as_json=as_json)


def erasure_verify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The certificate of an erasure.")
    ],
    jwks: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The operator's published keys, as they stand at /.well-known/jwks.json.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Check the certificate of an erasure, on any machine.

    By the operator's published keys: without an installation, a database or a network.

    \b
    Examples:
      idp erasure verify certificate.json --jwks jwks.json
    """
    from idp.cli.certifying import verify

    raise typer.Exit(verify(file, jwks=jwks, as_json=as_json))
