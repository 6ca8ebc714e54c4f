"""Services told of the end of sessions by a worker that is killed at every step, and then while they are down for an
hour: each is told of each session, in the order of the ends, and what comes twice comes with the same id."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.support import forking
from tests.support.filling import BASE_URL
from tests.support.outside import Asked, Outside, answer, outside
from tests.support.provider import Provider, Source
from tests.support.registered import register
from tests.support.saml_logouts import answered, registered
from tests.support.saml_party import certificates_of

from idp import delivery, main, oidc, saml, schema, sessions, signing, tenants, users, xml
from idp.access import FactMemory
from idp.delivery import Delivery, Dispatcher, Sender, Status
from idp.delivery.attempting import LEASE
from idp.federation import Binding, NameIdFormat
from idp.kit import ids
from idp.kit.actors import Actor
from idp.kit.clock import SECOND, FileClock
from idp.kit.egress import Answer, Egress
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM, KeyStore
from idp.kit.units import Unit, Units
from idp.saml import given_names
from idp.saml.model import NameId
from idp.sessions import Generations, Grant, Method, Overtaken, Whereabouts
from idp.settings import Settings
from idp.signing import KeyRing
from idp.xml import SAMLP, SOAP, Element

BEGUN = datetime(2026, 4, 1, 1, tzinfo=UTC)
SLOWEST = 60  # seconds
# Of a session that was overtaken, of a claim and of a mark each transaction is about to begin, to be committed, or has
# been; the call is about to be made, or has been answered.
STEPS = [
    *(f"{what} {when}" for what in ("end", "claim", "mark") for when in ("before", "inside", "after")),
    "call before",
    "call after",
]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Office:
    """What a process needs to know to be a worker beside others."""

    settings: Settings
    machine: Path

    def start(self, *, dies: str) -> BaseProcess:
        return forking.start(_work, self, dies)

    def killed(self, step: str) -> bool:
        process = self.start(dies=step)
        process.join(SLOWEST)
        assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
        return process.exitcode != 0

    def work_here(self, units: Units) -> None:
        """As a worker that nobody kills."""
        Overtaken(units)()
        egress = main.open_egress(self.settings)
        Dispatcher(units, senders(units, egress), clock=FileClock(self.machine))()

    def wait(self, at: datetime) -> None:
        fresh = self.machine.with_suffix(".new")
        fresh.write_text(at.isoformat())
        fresh.replace(self.machine)


def senders(units: Units, egress: Egress) -> list[Sender]:
    memory = FactMemory(units, KeyRing())
    return [made(units, memory, egress, base_url=BASE_URL) for made in (oidc.BackChannel, saml.DirectLogout)]


def _work(office: Office, dies: str) -> None:
    def passing(step: str) -> None:
        if step == dies:
            os.kill(os.getpid(), signal.SIGKILL)

    assert schema.TABLES
    settings = office.settings
    units = _Doomed(main.open_database(settings), clock=FileClock(office.machine), keys=KeyStore(settings.master_key))
    units.passing = passing
    units.ending = True
    Overtaken(units)()
    units.ending = False
    egress = _Watched(allowed=main.open_egress(settings)._reach.allowed, extra_ca=settings.extra_ca_file)
    egress.passing = passing
    Dispatcher(units, senders(units, egress), clock=FileClock(office.machine))()
    units.database.close()


class _Doomed(Units):
    passing: Callable[[str], None]
    ending: bool

    @contextmanager
    def open(self, tenant: TenantId, *, actor: Actor, write: bool = True) -> Iterator[Unit]:
        what = "end" if self.ending else "claim" if tenant == PLATFORM else "mark"
        if write:
            self.passing(f"{what} before")
        with super().open(tenant, actor=actor, write=write) as unit:
            yield unit
            if write:
                self.passing(f"{what} inside")
        if write:
            self.passing(f"{what} after")


class _Watched(Egress):
    passing: Callable[[str], None]

    def fetch(self, url: str, **more: Any) -> Answer:
        self.passing("call before")
        answered = super().fetch(url, **more)
        self.passing("call after")
        return answered


class Shop:
    """A provider with a service of each protocol that wants to be told, and a person who uses them again and again."""

    def __init__(self, provider: Provider, there: Outside) -> None:
        self.provider = provider
        self.there = there
        self.service: str = register(provider, "told", backchannel_logout_uri=there.url("/back")).registered["id"]
        slo = [{"url": there.url("/soap"), "binding": Binding.SOAP.value}]
        self.party = registered(provider, slo=slo)
        self.certificates = [signing.read_certificate(text) for text in certificates_of(provider)]  # makes the key, too
        self.ended: list[str] = []
        self.indexes: list[str] = []
        self.open()

    def open(self) -> None:
        self.there.pages["/back"] = answer(b"")
        self.there.pages["/soap"] = lambda asked: enveloped(answered(self.party, self._request(asked)))

    def shut(self) -> None:
        self.there.pages["/back"] = self.there.pages["/soap"] = answer(b"", status=503)

    def use_and_lose(self) -> None:
        """A session of a person whose credentials change then."""
        with self.provider.open() as unit:
            user = users.get(unit, self.provider.user())
            generations = Generations(tenants.get(unit).generation, user.generation)
            opened = sessions.open_session(
                unit, user_id=user.id, generations=generations, methods=[Method.PASSWORD], whereabouts=Whereabouts()
            ).session
            for service in (self.service, self.party.service_id):
                grant = self._grant(unit, opened, generations)._replace(service_id=service)
                if service != self.service:
                    grant = given_names.kept(unit, grant, NameId("taro", NameIdFormat.PERSISTENT))
                    self.indexes.append(grant.id)
                sessions.begin_grant(unit, grant, whereabouts=Whereabouts(), refreshable=False)
            users.end_generation(unit, user.id)
            self.ended.append(opened.id)

    def _grant(self, unit: Unit, session: sessions.Session, born: Generations) -> Grant:
        return Grant(
            id=ids.digits(),
            user_id=session.user_id,
            service_id=self.service,
            session_id=session.id,
            tenant_generation=born.tenant,
            user_generation=born.user,
            service_generation=1,
            scopes="openid",
            nonce=None,
            methods=session.methods,
            authenticated_at=session.authenticated_at,
            offline=False,
            created_at=unit.now_us,
            ends_at=unit.now_us + 3600 * SECOND,
            ended_at=None,
        )

    def told(self) -> list[dict[str, Any]]:
        """Every logout token that was received, in order."""
        keys = signing.read_jwks(self.provider.get("/t/aoba/jwks").json())
        shown = [parse_qs(each.body.decode())["logout_token"][0] for each in self.there.asked if each.path == "/back"]
        return [signing.verify(token, keys, typ="logout+jwt") for token in shown]

    def requests(self) -> list[tuple[str, str]]:
        """The id and the index of every request of SAML that was received, in order."""
        found = [self._request(each) for each in self.there.asked if each.path == "/soap"]
        return [(each.get("ID") or "", each.findtext(SAMLP("SessionIndex")) or "") for each in found]

    def _request(self, asked: Asked) -> Element:
        return xml.verify(xml.read(asked.body)[0][0], self.certificates, place=1)

    def outbox(self, receiver: str) -> list[Delivery]:
        with self.provider.open() as unit:
            rows = delivery.pending(unit, limit=500)
        return [row for row in rows if (row.event, row.receiver) == ("session.ended", receiver)]


def enveloped(message: Element) -> bytes:
    return answer(xml.written(SOAP.make("Envelope", SOAP.make("Body", message))), content_type="text/xml")


@pytest.fixture
def shop(source: Source, tmp_path: Path) -> Iterator[Shop]:
    with outside(tmp_path) as there, source.provider(tmp_path) as made:
        made.settings = made.settings.model_copy(update={"extra_ca_file": there.ca, "egress_allow": "localhost"})
        yield Shop(made, there)


@pytest.mark.rewired
@pytest.mark.meets("L7")
def test_each_service_is_told_of_each_session_in_order_whatever_the_worker_and_it_go_through(
    shop: Shop, tmp_path: Path
) -> None:
    office, now = Office(shop.provider.settings, tmp_path / "machine"), BEGUN
    for step in STEPS:
        now += timedelta(seconds=LEASE + 1)  # what the one before had claimed is free again
        office.wait(now)
        shop.use_and_lose()
        assert office.killed(step), step

    shop.shut()
    down_since, asked_since = len(shop.told()), len(shop.requests())
    for _ in range(6):
        shop.use_and_lose()
        now += timedelta(minutes=10)
        office.wait(now)
        office.work_here(shop.provider.units)
    refused, unanswered = shop.told()[down_since:], shop.requests()[asked_since:]
    assert len({token["jti"] for token in refused}) == len(set(unanswered)) == 1  # the others wait their turn
    assert min(len(refused), len(unanswered)) >= 4

    shop.open()
    office.wait(now + timedelta(hours=1))
    office.work_here(shop.provider.units)
    told = shop.told()
    once = [(token["jti"], token["sid"]) for token in told[:down_since] + told[down_since + len(refused) :]]
    expect(shop.outbox(shop.service), once, shop.ended)
    asked = shop.requests()
    accepted = asked[:asked_since] + asked[asked_since + len(unanswered) :]
    rows = shop.outbox(shop.party.service_id)
    expect(rows, [(name.removeprefix("_").removesuffix(".0"), index) for name, index in accepted], shop.indexes)


def expect(rows: list[Delivery], accepted: list[tuple[str, str]], ended: list[str]) -> None:
    """Of each delivery its session, in the order of the ends."""
    assert {row.status for row in rows} == {Status.DELIVERED}
    assert list(dict.fromkeys(accepted)) == [(row.id, of) for row, of in zip(rows, ended, strict=True)]
    # once more only where the one who had been answered was killed before it was written
    assert len(accepted) - len(rows) <= 3
