"""The two servers that are compared, each started pinned to one core and described by where its endpoints are."""

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
from typing import NamedTuple
from urllib.parse import urlencode

from tests.support import installation
from tests.support.relying import CHALLENGE, VERIFIER
from tests.support.sign_in import Person

from bench.tally import Order
from bench.workloads import WORKLOADS, Workload

NODE = Path(__file__).parent / "node"


class Client(NamedTuple):
    id: str
    secret: str

    @property
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Subject:
    """A running server: its main process, its paths below `issuer`, and a client of it for each workload.

    `sessions` are Cookie headers of people who are signed in. `database` is the file in which it keeps an audit trail;
    None when it keeps none.
    """

    name: str
    pid: int
    port: int
    issuer: str
    authorize: str
    clients: Mapping[str, Client]
    sessions: tuple[str, ...]
    database: Path | None = None

    def order(self, workload: Workload, *, connections: int, seconds: float) -> Order:
        client = self.clients[workload.name]
        host, slash, path = self.issuer.partition("://")[2].partition("/")
        own = {"port": self.port, "host": host, "connections": connections, "seconds": seconds}
        token = {"path": f"{slash}{path}/token", "authorization": client.authorization}
        if not workload.callback:
            return Order(**own, **token, form="grant_type=client_credentials")  # type: ignore[arg-type]
        given = {"grant_type": "authorization_code", "redirect_uri": workload.callback, "code_verifier": VERIFIER}
        asked = f"{slash}{path}/{self.authorize}?{asking(client, workload)}"
        form = f"{urlencode(given)}&code="
        return Order(**own, **token, form=form, authorize_path=asked, sessions=self.sessions)  # type: ignore[arg-type]

    def recorded(self) -> int:
        """How many entries the audit trail has."""
        if self.database is None:
            return 0
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as trail:
            found: tuple[int] = trail.execute("SELECT count(*) FROM audit_entries").fetchone()
        return found[0]

    def verify(self, workload: Workload, sample: str) -> None:
        """Raises unless it is a JWT access token that verifies with what the server publishes."""
        from joserfc import jwt
        from joserfc.jwk import KeySet

        with urllib.request.urlopen(f"{self.issuer}/jwks", timeout=10) as answer:
            keys = KeySet.import_key_set(json.load(answer))
        claims = jwt.decode(sample, keys, algorithms=[workload.alg]).claims
        if claims["client_id"] != self.clients[workload.name].id or claims["exp"] <= time.time():
            raise ValueError(f"{self.name} issued a token that is not for this client, or has expired")


def asking(client: Client, workload: Workload) -> str:
    """The query of an authorization request."""
    return urlencode(
        {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": workload.callback,
            "scope": "openid",
            "state": "bench",
            "nonce": "bench",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
    )


def signed_in(base_url: str, authorize: str, clients: Mapping[str, Client], *, people: int) -> tuple[str, ...]:
    """The cookies of that many sessions."""
    (workload,) = (each for each in WORKLOADS if each.callback)
    found = []
    for _ in range(people):
        with Person(base_url) as person:
            person.callback(f"{authorize}?{asking(clients[workload.name], workload)}")
            found.append(person.cookies())
    return tuple(found)


def on_core(core: int) -> tuple[str, ...]:
    return ("taskset", "--cpu-list", str(core))


@contextmanager
def peer(*, core: int, people: int) -> Iterator[Subject]:
    """npm oidc-provider, as published, in memory."""
    port = installation.free_port()
    issuer = f"http://localhost:{port}"
    clients = {each.name: Client(each.name, secrets.token_urlsafe(32)) for each in WORKLOADS}
    known = [
        {**clients[each.name]._asdict(), "alg": each.alg, **({"callback": each.callback} if each.callback else {})}
        for each in WORKLOADS
    ]
    process = subprocess.Popen(
        [*on_core(core), "node", "provider.js", str(port)],
        cwd=NODE,
        env={**os.environ, "NODE_ENV": "production", "CLIENTS": json.dumps(known)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise SystemExit("the peer did not start; `npm ci` in bench/node installs it")
        sessions = signed_in(issuer, f"{issuer}/auth", clients, people=people)
        yield Subject("oidc-provider", process.pid, port, issuer, "auth", clients, sessions)
    finally:
        process.terminate()
        process.communicate()


@dataclass(frozen=True, slots=True)
class Filled:
    """What a demo has left behind, and the services that were registered in it."""

    left: installation.Installation
    clients: Mapping[str, Client]
    database: Path


def fill(directory: Path) -> Filled:
    database = directory / "idp.db"
    with installation.demo(directory / "data", settings={"IDP_DATABASE_URL": f"sqlite:///{database}"}) as demo:
        clients = {each.name: _registered(demo, each) for each in WORKLOADS}
    return Filled(demo, clients, database)


def _registered(demo: installation.Installation, workload: Workload) -> Client:
    flow = {"redirect_uris": [workload.callback]} if workload.callback else {"response_types": []}
    registered = demo.add_service(
        workload.name,
        grant_types=["authorization_code" if workload.callback else "client_credentials"],
        token_endpoint_auth_method="client_secret_basic",
        access_token_format="jwt",
        access_token_signed_response_alg=workload.alg,
        id_token_signed_response_alg=workload.alg,
        **flow,
    )
    return Client(registered["client_id"], registered["client_secret"])


@contextmanager
def ours(filled: Filled, *, core: int, people: int) -> Iterator[Subject]:
    """`idp serve` with one worker, on durable SQLite, gate and audit as they ship."""
    with installation.serve(filled.left, workers=1, before=on_core(core)) as running:
        clients, issuer = filled.clients, running.issuer
        sessions = signed_in(running.base_url, f"{issuer}/authorize", clients, people=people)
        pid, port = running.program.pid, running.port
        yield Subject("warifu", pid, port, issuer, "authorize", clients, sessions, filled.database)
