"""Receivers over HTTP, who believe nothing that is not signed, by an implementation that is not ours."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Standard
from tests.contracts.conftest import Desk
from tests.support.rooms import World
from tests.webhooks.worker import pump

from idp import audit, webhooks
from idp.audit import Event
from idp.contracts import Status
from idp.kit.clock import FixedClock
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.tenants import Tenant
from idp.webhooks import Draft, Pump, Webhook


@dataclass
class Receiver:
    """`answer` says what it answers to the message of an id; `ledger` is what it has taken, `heard` all ids it got."""

    url: str = ""
    secrets: list[str] = field(default_factory=list)
    answer: Callable[[str], int] = lambda _: 204
    heard: list[str] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    signatures: list[int] = field(default_factory=list)
    forged: int = 0

    def take(self, headers: dict[str, str], body: bytes) -> int:
        message, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        given = headers["webhook-signature"].split(" ")
        at = datetime.fromtimestamp(int(stamp), UTC)
        right = {Standard(secret).sign(message, at, body.decode()) for secret in self.secrets}
        if not right & set(given):
            self.forged += 1
            return 401
        self.heard.append(message)
        self.signatures.append(len(given))
        status = self.answer(message)
        if 200 <= status < 300:
            self.ledger.append({"id": message, **json.loads(body)})
        return status

    @property
    def subjects(self) -> list[str]:
        return [each["data"]["subject"] for each in self.ledger]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = made.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", made.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 4, 1, 1, tzinfo=UTC))


@pytest.fixture
def world(units: Units, clock: FixedClock, neighbour: Tenant) -> World:
    contract = Desk(units).bring(Status.ACTIVE, tenant="aoba")
    assert contract.tenant is not None
    return World(units, clock, contract.tenant, neighbour.id)


@pytest.fixture
def machine() -> FixedClock:
    return FixedClock(datetime(2026, 4, 1, 1, tzinfo=UTC))


@pytest.fixture
def sender(world: World, machine: FixedClock) -> Pump:
    return pump(world.units, machine)


def hooked(world: World, receiver: Receiver, *events: str, tenant: TenantId | None = None) -> Webhook:
    with world.open(tenant) as unit:
        webhook, secret = webhooks.create(unit, Draft("SIEM", receiver.url, events or ("user.*",), enabled=True))
    receiver.secrets.append(secret)
    return webhook


def acted(world: World, *subjects: str, event: Event = Event.USER_CHANGED, tenant: TenantId | None = None) -> None:
    with world.open(tenant) as unit:
        for subject in subjects:
            audit.record(unit, event, subject=subject)


def seen(world: World, webhook: Webhook) -> Webhook:
    with world.open() as unit:
        return webhooks.get(unit, webhook.id)
