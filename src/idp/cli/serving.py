"""`idp serve`: checks the installation, opens the sockets, and leaves the rest to workers."""

import sys
from collections.abc import Mapping
from pathlib import Path

from idp import access, main, settings
from idp.cli.failing import Failed
from idp.cli.installing import bring_to_head, refuse_other_schema, refuse_put_back
from idp.cli.supervisor import Supervisor, listen
from idp.cli.worker import DRAIN_SECONDS, arguments
from idp.kit.sealing import KeyStore
from idp.settings import Settings
from idp.web import logs


def serve(config: Path | None, *, first_migrate: bool) -> int:
    """The exit status, once told to stop."""
    chosen = settings.load(config)
    logs.configure(chosen.log_level)
    access.describe_countries(chosen.geoip_file)
    if first_migrate:
        bring_to_head(chosen)
    else:
        refuse_other_schema(chosen)
    KeyStore(chosen.master_key).refuse_another_master()  # once, not by every worker
    with main.opened(chosen) as units:
        refuse_put_back(units)
    return supervised(chosen, config=config, overrides={}, host_and_port=address(chosen.bind)).run()


def supervised(
    chosen: Settings, *, config: Path | None, overrides: Mapping[str, str], host_and_port: tuple[str, int]
) -> Supervisor:
    """`overrides` are settings that the workers cannot know from the environment; none of them secret."""
    return Supervisor(
        [sys.executable, "-m", "idp.cli.worker", *arguments(config, overrides)],
        sockets=listen(*host_and_port),
        workers=chosen.workers,
        drain_seconds=DRAIN_SECONDS,
    )


def address(bind: str) -> tuple[str, int]:
    """`HOST:PORT`, with an IPv6 address in brackets."""
    host, colon, port = bind.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Failed(f"IDP_BIND: found {bind!r}, expected HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)
