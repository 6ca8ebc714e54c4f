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
from tests.support.outside import Outside, answer, outside
from tests.support.provider import Provider, Source
from tests.support.registered import register

from idp import delivery, main, oidc, schema, sessions, signing, tenants, users
from idp.access import FactMemory
from idp.delivery import Delivery, Dispatcher, Status
from idp.delivery.attempting import LEASE
from idp.kit import ids
from idp.kit.clock import SECOND, FileClock
from idp.kit.egress import Answer, Egress
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM, KeyStore
from idp.kit.units import Actor, Unit, Units
from idp.sessions import Generations, Grant, Method, Overtaken, Whereabouts
from idp.settings import Settings
from idp.signing import KeyRing

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
        told_directly = oidc.BackChannel(units, FactMemory(units, KeyRing()), egress, base_url=BASE_URL)
        Dispatcher(units, [told_directly], clock=FileClock(self.machine))()

    def wait(self, at: datetime) -> None:
        fresh = self.machine.with_suffix(".new")
        fresh.write_text(at.isoformat())
        fresh.replace(self.machine)


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
    told_directly = oidc.BackChannel(units, FactMemory(units, KeyRing()), egress, base_url=BASE_URL)
    Dispatcher(units, [told_directly], clock=FileClock(office.machine))()
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
    """A provider whose one service wants to be told, and a person who uses it again and again."""

    def __init__(self, provider: Provider, there: Outside) -> None:
        self.provider = provider
        self.there = there
        there.pages["/back"] = answer(b"")
        self.service: str = register(provider, "told", backchannel_logout_uri=there.url("/back")).registered["id"]
        self.ended: list[str] = []

    def use_and_lose(self) -> None:
        """A session of a person whose credentials change then."""
        with self.provider.open() as unit:
            user = users.get(unit, self.provider.user())
            generations = Generations(tenants.get(unit).generation, user.generation)
            opened = sessions.open_session(
                unit, user_id=user.id, generations=generations, methods=[Method.PASSWORD], whereabouts=Whereabouts()
            ).session
            grant = self._grant(unit, opened, generations)
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
        shown = [parse_qs(asked.body.decode())["logout_token"][0] for asked in self.there.asked]
        return [signing.verify(token, keys, typ="logout+jwt") for token in shown]

    def outbox(self) -> list[Delivery]:
        with self.provider.open() as unit:
            return [row for row in delivery.pending(unit, limit=500) if row.event == "session.ended"]


@pytest.fixture
def shop(source: Source, tmp_path: Path) -> Iterator[Shop]:
    with outside(tmp_path) as there, source.provider(tmp_path) as made:
        made.settings = made.settings.model_copy(update={"extra_ca_file": there.ca, "egress_allow": "localhost"})
        yield Shop(made, there)


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

    shop.there.pages["/back"] = answer(b"", status=503)
    down_since = len(shop.there.asked)
    for _ in range(6):
        shop.use_and_lose()
        now += timedelta(minutes=10)
        office.wait(now)
        office.work_here(shop.provider.units)
    refused = shop.told()[down_since:]
    assert len({token["jti"] for token in refused}) == 1  # the others wait their turn
    assert len(refused) >= 4

    shop.there.pages["/back"] = answer(b"")
    office.wait(now + timedelta(hours=1))
    office.work_here(shop.provider.units)
    rows, told = shop.outbox(), shop.told()
    assert {row.status for row in rows} == {Status.DELIVERED}
    firsts = {token["jti"]: token["sid"] for token in reversed(told)}
    assert firsts == {row.id: sid for row, sid in zip(rows, shop.ended, strict=True)}
    accepted = [token["jti"] for token in told[:down_since] + told[down_since + len(refused) :]]
    assert list(dict.fromkeys(accepted)) == [row.id for row in rows]
    # once more only where the one who had been answered was killed before it was written
    assert len(accepted) - len(rows) <= 3
