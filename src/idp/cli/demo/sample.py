"""The sample services: registered like anybody's, and run in a process of their own beside the provider."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from idp import federation
from idp.cli.bootstrapping import HOST
from idp.cli.demo import saml_sample
from idp.cli.demo.furnishing import tenant_of
from idp.cli.demo.home import Home
from idp.cli.saying import write_secret
from idp.kit.units import Unit, Units

NAME = "Keihi Note 経費ノート"
_PATIENCE = 0.5  # it keeps nothing that would be lost, and everything has to end within five seconds


class Samples(NamedTuple):
    """One of each protocol, as something of each: where it is, or what it has to know."""

    oidc: Any
    saml: Any


def register(units: Units, home: Home, slug: str, *, origins: Samples) -> Samples | None:
    """What their process has to know, in files for its owner's eyes. Secret and key are new ones at each start.
    Nothing where the tenant was erased."""
    tenant = tenant_of(units, slug)
    if tenant is None:
        return None
    issuer, pair = f"{home.settings.base_url}/t/{slug}", saml_sample.new_key(now_us=units.clock.now_us())
    with units.open(tenant, actor=HOST) as unit:
        oidc = _oidc(unit, issuer=issuer, origin=origins.oidc, production=home.settings.production)
        saml = saml_sample.register(unit, pair, issuer=issuer, origin=origins.saml, production=home.settings.production)
    return Samples(_written(home.sample(slug), oidc), _written(home.sample(f"{slug}-saml"), saml))


@contextmanager
def running(descriptions: Samples, sockets: Samples) -> Iterator[subprocess.Popen[bytes]]:
    """Its standard input ends when we do, however we end; so does it."""
    handed = [[each.fileno() for each in listening] for listening in sockets]
    places = [f"{path}:{','.join(map(str, numbers))}" for path, numbers in zip(descriptions, handed, strict=True)]
    command = [sys.executable, "-m", "idp.samples", *places]
    every = [number for numbers in handed for number in numbers]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=every)  # noqa: S603 - our own command
    _close(sockets)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _close(sockets: Sequence[Sequence[socket.socket]]) -> None:
    for listening in sockets:
        for each in listening:
            each.close()


def _oidc(unit: Unit, *, issuer: str, origin: str, production: bool) -> Mapping[str, Any]:
    document = {"name": NAME, "protocol": "oidc", "assignment_required": False, "oidc": _metadata(origin)}
    known = next((each for each in federation.page(unit) if each.service.name == NAME), None)
    if known is None:
        made = federation.create(unit, federation.read(document, production=production))
    else:
        federation.change(unit, known.service.id, {"oidc": _metadata(origin)}, production=production)
        made = federation.rotate_secret(unit, known.service.id)
    return {
        "name": NAME,
        "issuer": issuer,
        "origin": origin,
        "client_id": made.service.client_id,
        "client_secret": made.secret,
    }


def _written(file: Path, described: Mapping[str, Any]) -> Path:
    write_secret(file, json.dumps(described, ensure_ascii=False, indent=2))
    return file


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
