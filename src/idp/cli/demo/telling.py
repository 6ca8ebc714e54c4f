"""What a person is told once the demonstration answers: where to click, and with which passwords."""

import http.client
import sys
import time
from pathlib import Path
from typing import NamedTuple

from idp.cli.demo.home import Home
from idp.cli.demo.people import AOBA, MIDORI, PASSWORD
from idp.cli.demo.sample import Samples
from idp.cli.saying import say

_PATIENCE = 60.0


class Told(NamedTuple):
    home: Home
    samples: Samples | None
    key_file: Path


def tell_when_ready(told: Told) -> None:
    until = time.monotonic() + _PATIENCE
    port = int(told.home.settings.base_url.rpartition(":")[2])
    while time.monotonic() < until:
        if _is_ready(port):
            tell(told)
            return
        time.sleep(0.05)


def tell(told: Told) -> None:
    if sys.stdout.isatty():
        _tell_person(told)
    else:
        say(*(f"{label}: {value}" if label else value for _, label, value in lines(told)))


def lines(told: Told) -> list[tuple[str, str, str]]:
    """(group, label, value)"""
    base = told.home.settings.base_url
    where = told.home.directory
    kept = f"{where} (kept)" if told.home.lasting else f"{where} (removed at the end)"
    tried = [
        ("Try it", f"Sign in to a sample service, by {protocol}", origin)
        for protocol, origin in zip(("OpenID Connect", "SAML"), told.samples or (), strict=False)
    ]
    return [
        *tried,
        ("People", f"{AOBA.name}", f"taro@aoba.example    {PASSWORD}"),
        ("People", f"{AOBA.name}, administrator", f"hanako@aoba.example  {PASSWORD}"),
        ("Behind it", "Provider", f"{base}/t/{AOBA.slug}/.well-known/openid-configuration"),
        ("Behind it", "Suspended neighbour", f"{MIDORI.slug} ({MIDORI.name})"),
        ("Behind it", "Admin API", f"{base}/api/docs"),
        ("Behind it", "Operator's API key", str(told.key_file)),
        ("Behind it", "Letters", str(where / "mail")),
        ("Behind it", "Application form", f"{base}/apply"),
        ("Behind it", "Data", kept),
    ]


def _tell_person(told: Told) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim")
    table.add_column(style="bold", overflow="fold")
    group = ""
    for heading, label, value in lines(told):
        if group and heading != group:
            table.add_row()
        group = heading
        table.add_row(label, value)
    Console().print(
        Panel(
            table,
            title="[bold]Warifu 割符[/]",
            subtitle="Ctrl+C ends it",
            border_style="blue",
            padding=(1, 2),
            expand=False,
        )
    )


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
