"""The two servers that are compared, each started pinned to one core and described by where its token endpoint is."""

import base64
import json
import os
import secrets
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import installation

NODE = Path(__file__).parent / "node"


@dataclass(frozen=True, slots=True)
class Subject:
    """A running server: its main process, and one client of it that may use client_credentials.

    `database` is the file in which it keeps an audit trail; None when it keeps none.
    """

    name: str
    pid: int
    port: int
    host: str
    token_path: str
    jwks_path: str
    client_id: str
    client_secret: str
    database: Path | None = None

    def recorded(self) -> int:
        """How many entries the audit trail has."""
        if self.database is None:
            return 0
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as trail:
            found: tuple[int] = trail.execute("SELECT count(*) FROM audit_entries").fetchone()
        return found[0]

    @property
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


def on_core(core: int) -> tuple[str, ...]:
    return ("taskset", "--cpu-list", str(core))


@contextmanager
def peer(*, core: int) -> Iterator[Subject]:
    """npm oidc-provider, as published, in memory."""
    port, client_id, client_secret = installation.free_port(), "bench", secrets.token_urlsafe(32)
    process = subprocess.Popen(
        [*on_core(core), "node", "provider.js", str(port), client_id, client_secret],
        cwd=NODE,
        env={**os.environ, "NODE_ENV": "production"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise SystemExit("the peer did not start; `npm ci` in bench/node installs it")
        yield Subject(
            "oidc-provider", process.pid, port, f"localhost:{port}", "/token", "/jwks", client_id, client_secret
        )
    finally:
        process.terminate()
        process.communicate()


@dataclass(frozen=True, slots=True)
class Filled:
    """What a demo has left behind, and the registration of a service in it that may use client_credentials."""

    left: installation.Installation
    registered: Mapping[str, str]
    database: Path


def fill(directory: Path) -> Filled:
    database = directory / "idp.db"
    with installation.demo(directory / "data", settings={"IDP_DATABASE_URL": f"sqlite:///{database}"}) as demo:
        registered = demo.add_service(
            "bench",
            grant_types=["client_credentials"],
            response_types=[],
            token_endpoint_auth_method="client_secret_basic",
            access_token_format="jwt",
            access_token_signed_response_alg="ES256",
        )
    return Filled(demo, registered, database)


@contextmanager
def ours(filled: Filled, *, core: int) -> Iterator[Subject]:
    """`idp serve` with one worker, on durable SQLite, gate and audit as they ship."""
    with installation.serve(filled.left, workers=1, before=on_core(core)) as running:
        yield Subject(
            name="warifu",
            pid=running.program.pid,
            port=running.port,
            host=running.base_url.partition("://")[2],
            token_path="/t/aoba/token",
            jwks_path="/t/aoba/jwks",
            client_id=filled.registered["client_id"],
            client_secret=filled.registered["client_secret"],
            database=filled.database,
        )


def verified(subject: Subject, token: str) -> dict[str, object]:
    """The claims of an ES256 JWT access token that verifies with what the server publishes; anything else raises."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    address = f"http://127.0.0.1:{subject.port}{subject.jwks_path}"
    request = urllib.request.Request(address, headers={"Host": subject.host})
    with urllib.request.urlopen(request, timeout=10) as answer:
        keys = KeySet.import_key_set(json.load(answer))
    claims = jwt.decode(token, keys, algorithms=["ES256"]).claims
    if claims["client_id"] != subject.client_id or claims["exp"] <= time.time():
        raise ValueError(f"{subject.name} issued a token that is not for this client, or has expired")
    return claims
