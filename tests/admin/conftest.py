"""The API as its clients meet it: the hallway in front, a real database behind, nothing between."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from tests.support.provider import pages

from idp import admin, contracts, credentials, partners, plans, tenants
from idp.access import Countries, FactMemory, Gate
from idp.contracts import Status
from idp.credentials import EVERYTHING, WIDE, ApiKey, Cost, HashPool, KeyDraft, KeyScope
from idp.delivery import AtOnce
from idp.kit.actors import Actor
from idp.kit.clock import FixedClock
from idp.kit.egress import Egress
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.signing import KeyRing
from idp.web.asgi import App
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway
from idp.web.house import House

BASE = "https://idp.example"
DESK = Actor("operator", "opr_desk")

APPLICATION: dict[str, Any] = {
    "product": "ID_PLUS",
    "tenant": "kaede",
    "legal_form": "corporation",
    "legal_name": "株式会社かえで",
    "corporate_number": "7000012050002",
    "representative": "楓 花子",
    "admin_contact": {"name": "山田 太郎", "email": "taro@kaede.example", "affiliation": "employee"},
    "billing_contact": {"name": "経理部", "email": "billing@kaede.example"},
    "ids": 5,
    "term_months": 12,
    "start_date": "2026-04-01",
    "auto_renewal": True,
}
PLAN = {"name": "standard", "product": "ID_PLUS", "price_per_id": 300}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def etag(self) -> str:
        return self.headers["etag"]

    def wrong(self) -> dict[str, str]:
        """The codes of the bad fields by their pointers."""
        return {error["pointer"]: error["code"] for error in self.body["errors"]}

    def anonymous(self) -> dict[str, Any]:
        """The problem without what differs from one request to the next."""
        return {name: value for name, value in self.body.items() if name != "reference"}


@dataclass(frozen=True)
class Client:
    """One key at work. `path` begins after `/api/v1`."""

    app: App
    bearer: str | None = None
    usual: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        fields = {"host": BASE.removeprefix("https://"), **self.usual}
        if self.bearer is not None:
            fields["authorization"] = f"Bearer {self.bearer}"
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if raw:
            fields |= {"content-type": "application/json", "content-length": str(len(raw))}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        where, _, query = path.partition("?")
        where = where if where.startswith("/api/") else f"/api/v1{where}"
        return _portal().call(_ask, self.app, method, where, query, fields, raw)

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.ask("PATCH", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Reply:
        return self.ask("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Reply:
        return self.ask("DELETE", path, **headers)


@cache
def _portal() -> BlockingPortal:
    """One loop for all: a loop and a thread of its own for each request would take as long as the request."""
    return _open.enter_context(start_blocking_portal())


_open = ExitStack()


@pytest.fixture(scope="session", autouse=True)
def _loop() -> Iterator[None]:
    with _open:
        yield


async def _ask(app: App, method: str, path: str, query: str, fields: dict[str, str], body: bytes) -> Reply:
    sent: list[Any] = []
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return left.pop() if left else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 443),
        "state": {},
    }
    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers, b"".join(message["body"] for message in sent[1:]))


@dataclass(frozen=True)
class World:
    """Two customers with active contracts, aoba of a partner and on a plan, midori of nobody, and all kinds of keys."""

    app: App
    house: House
    clock: FixedClock
    partner: str
    plan: str
    aoba: TenantId
    midori: TenantId
    keys: dict[str, str]
    actor: Actor = DESK

    def client(self, name: str) -> Client:
        """`operator`, `partner`, `stranger` (another partner), `aoba`, `midori` with everything in their scope."""
        return Client(self.app, self.keys[name])

    @property
    def nobody(self) -> Client:
        return Client(self.app)

    def key(self, scope: str, *permissions: str) -> Client:
        """A further key of that scope with just these permissions."""
        draft = KeyDraft(scope, frozenset(credentials.parse(text) for text in permissions), None)  # type: ignore[arg-type]
        return Client(self.app, _make_key(self.house.units, scope, draft, self))

    def key_named(self, key_id: str) -> ApiKey:
        """A key of aoba's, as it is stored."""
        with self.house.units.open(self.aoba, actor=self.actor, write=False) as unit:
            return next(key for key in credentials.keys(unit, limit=200) if key.id == key_id)

    def contract_of(self, slug: str) -> str:
        page = self.client("operator").get(f"/contracts?tenant={slug}").body
        return str(page["items"][0]["id"])

    def bring(self, slug: str, status: Status, *, partner: str | None = None, **changes: Any) -> str:
        """A contract of a tenant of this name, brought into a state; its id."""
        return _bring(self.house.units, slug, status, partner=partner, **changes)


@pytest.fixture
def house(units: Units) -> Iterator[House]:
    pool = HashPool(cores=1, waiting=4, cost=Cost(memory_kib=8, passes=1))
    yield House(
        units=units,
        memory=FactMemory(units, KeyRing()),
        gate=Gate(),
        countries=Countries(),
        pages=pages(),
        passwords=pool,
        throttle=WIDE,
        egress=Egress(),
        tell_at_once=AtOnce(units, []),
        base_url=BASE,
        production=True,
    )
    pool.close()


@pytest.fixture
def world(house: House, clock: FixedClock) -> World:
    app = Hallway(Dispatcher([], fallback=admin.build(house)), base_url=BASE)
    units = house.units
    with units.platform(actor=DESK) as unit:
        named = {name: partners.create(unit, partners.read({"name": name})).id for name in ("partner", "stranger")}
        plan = plans.create(unit, plans.read(PLAN))
    _bring(units, "aoba", Status.ACTIVE, partner=named["partner"], plan=plan.name)
    _bring(units, "midori", Status.ACTIVE)
    with units.platform(actor=DESK) as unit:
        ids = {slug: tenant.id for slug in ("aoba", "midori") if (tenant := tenants.find_by_slug(unit, slug))}
    world = World(app, house, clock, named["partner"], plan.id, ids["aoba"], ids["midori"], {})
    for name in ("operator", "partner", "stranger", "aoba", "midori"):
        draft = KeyDraft(name, EVERYTHING, None)
        world.keys[name] = _make_key(units, name, draft, world, stranger=named["stranger"])
    return world


def _make_key(units: Units, name: str, draft: KeyDraft, world: World, *, stranger: str = "") -> str:
    kind, home, partner = {
        "operator": (KeyScope.OPERATOR, None, ""),
        "partner": (KeyScope.PARTNER, None, world.partner),
        "stranger": (KeyScope.PARTNER, None, stranger),
        "aoba": (KeyScope.TENANT, world.aoba, ""),
        "midori": (KeyScope.TENANT, world.midori, ""),
    }[name]
    opened = units.platform(actor=DESK) if home is None else units.open(home, actor=DESK)
    with opened as unit:
        return credentials.create_key(unit, draft, scope=kind, grantor=EVERYTHING, partner_id=partner).secret


_PATH = [contracts.screen, contracts.approve, contracts.complete_setup, contracts.suspend, contracts.terminate]
_STATES = [Status.APPLIED, Status.SCREENING, Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED]


def _bring(units: Units, slug: str, status: Status, *, partner: str | None = None, **changes: Any) -> str:
    document = {**APPLICATION, "tenant": slug, **changes}
    if partner is not None:
        document["partner"] = partner
    with units.platform(actor=DESK) as unit:
        contract = contracts.apply(unit, contracts.read_application(document))
        for step in _PATH[: _STATES.index(status)]:
            step(unit, contract.id, reason="for a test")
    return str(contract.id)
