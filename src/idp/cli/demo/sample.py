"""The sample service: registered like anybody's, and run as a process of its own beside the provider."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from idp import federation
from idp.cli.bootstrapping import HOST
from idp.cli.demo.furnishing import tenant_of
from idp.cli.demo.home import Home
from idp.cli.saying import write_secret
from idp.kit.units import Units

NAME = "Keihi Note 経費ノート"
_PATIENCE = 0.5  # it keeps nothing that would be lost, and everything has to end within five seconds


def register(units: Units, home: Home, slug: str, *, origin: str) -> Path | None:
    """What the sample's process has to know, in a file for its owner's eyes. Its secret is a new one at each start.
    Nothing where the tenant was erased."""
    production = home.settings.production
    document = {"name": NAME, "protocol": "oidc", "assignment_required": False, "oidc": _metadata(origin)}
    tenant = tenant_of(units, slug)
    if tenant is None:
        return None
    with units.open(tenant, actor=HOST) as unit:
        known = next((each for each in federation.page(unit) if each.service.name == NAME), None)
        if known is None:
            made = federation.create(unit, federation.read(document, production=production))
        else:
            federation.change(unit, known.service.id, {"oidc": _metadata(origin)}, production=production)
            made = federation.rotate_secret(unit, known.service.id)
    file = home.sample(slug)
    described = {
        "name": NAME,
        "issuer": f"{home.settings.base_url}/t/{slug}",
        "origin": origin,
        "client_id": made.service.client_id,
        "client_secret": made.secret,
    }
    write_secret(file, json.dumps(described, ensure_ascii=False, indent=2))
    return file


@contextmanager
def running(description: Path, sockets: Sequence[socket.socket]) -> Iterator[subprocess.Popen[bytes]]:
    """Its standard input ends when we do, however we end; so does it."""
    handed = [each.fileno() for each in sockets]
    command = [sys.executable, "-m", "idp.samples", str(description), *map(str, handed)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=handed)  # noqa: S603 - our own command
    for each in sockets:
        each.close()
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _metadata(origin: str) -> Mapping[str, Any]:
    return {
        "redirect_uris": [f"{origin}/callback"],
        "post_logout_redirect_uris": [f"{origin}/signed-out"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile email address phone offline_access",
        "client_uri": origin,
    }
