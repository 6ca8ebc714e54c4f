"""The first operator's API key: with it everything else can be made over the API."""

from pathlib import Path

from idp import credentials, main, settings, tenants
from idp.cli.failing import Failed
from idp.cli.installing import refuse_other_schema
from idp.cli.saying import say, say_json, write_secret
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.kit.actors import Actor, Source
from idp.kit.units import Unit, Units

HOST = Actor("operator", "host", Source.OPERATOR)
"""Whoever may run commands on this machine and read the master key."""
_ACCOUNTS = "It makes operators' accounts: POST /api/v1/system/users."


def bootstrap(config: Path | None, *, api_key_file: Path | None, as_json: bool) -> None:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        secret = first_key(units)
    if api_key_file is not None:
        write_secret(api_key_file, secret)
    if as_json:
        say_json({"api_key_file": str(api_key_file)} if api_key_file else {"api_key": secret})
    else:
        say(f"The key is in {api_key_file}. {_ACCOUNTS}" if api_key_file else secret)


def first_key(units: Units) -> str:
    """Raises `Failed` when there is an operator's key already: it can make further ones."""
    with units.platform(actor=HOST) as unit:
        tenants.touch(unit)  # two who try at once wait here for each other
        if credentials.keys(unit, limit=1):
            raise Failed("there is an operator's API key already; further keys are made with it, over the API")
        return new_key(unit, "bootstrap")


def new_key(unit: Unit, name: str) -> str:
    """An operator's key for everything, without expiry; the secret, this once."""
    draft = KeyDraft(name, EVERYTHING, None)
    return credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING).secret
