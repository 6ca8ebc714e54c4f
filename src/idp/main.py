"""The composition root: settings in, one ASGI application out. The only place where things are built and joined."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import structlog

from idp import audit, credentials
from idp.access import Countries, FactMemory, Gate
from idp.credentials import STRICT, WIDE, HashPool, Throttle
from idp.delivery import AtOnce, Sender
from idp.kit import clock
from idp.kit.egress import Allowed, Budget, Egress
from idp.kit.fence import FenceDamaged
from idp.kit.lanes import Database
from idp.kit.sealing import KeyStore
from idp.kit.sweeping import Sweep
from idp.kit.units import Units
from idp.sessions import demanded
from idp.settings import RateLimits, Settings
from idp.signing import KeyRing
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.dispatch import Dispatcher
from idp.web.fenced import until_put_back
from idp.web.hallway import Hallway
from idp.web.house import House, ReadBearer, no_bearer
from idp.web.later import Later
from idp.web.pages import Pages
from idp.web.request_log import JsonLines
from idp.web.showing import failure_page
from idp.web.sweeping import Sweeper

if TYPE_CHECKING:
    from idp.mail import Post
    from idp.schedule import Step

Job = Callable[[], float]
"""One turn of something that is done again and again; says after how many seconds it wants the next."""

_WAITING_PASSWORDS = 64
_LAST_STEP = 1.0  # seconds that a sweep may still take when the worker leaves


def open_units(settings: Settings) -> Units:
    """The database with the keys that open it. Raises `KeyRefused`."""
    return Units(
        open_database(settings),
        clock=clock.from_setting(settings.clock),
        keys=KeyStore(settings.master_key),
        at_end=[audit.write_journal],
    )


def open_database(settings: Settings) -> Database:
    if settings.sqlite_file is not None:
        from idp.kit.sqlite import Sqlite

        return Sqlite(settings.sqlite_file)
    from idp.kit.postgres import Postgres

    return Postgres(settings.database_url)


def open_egress(settings: Settings, *, budget: Budget | None = None) -> Egress:
    """The one way out of a process, as the operator has fenced it."""
    allowed = Allowed.read(settings.egress_entries)
    return Egress(allowed=allowed, extra_ca=settings.extra_ca_file, plain=not settings.production, budget=budget)


@contextmanager
def opened(settings: Settings) -> Iterator[Units]:
    """For commands: the units, closed afterwards."""
    units = open_units(settings)
    try:
        yield units
    finally:
        units.database.close()


def build(settings: Settings) -> App:
    # Commands open units without a door: only who serves pays for them.
    from idp import apply, authzen, oidc, portal, saml, signin
    from idp.web import common

    units = open_units(settings)
    memory, egress = FactMemory(units, KeyRing()), open_egress(settings)
    house = _house(settings, units, memory, egress, bearer=oidc.api_bearer)
    doors = (common, oidc, saml, signin, portal, authzen, apply)
    api = Later(lambda: _admin(house))
    inside = Dispatcher(chain.from_iterable(door.routes(house) for door in doors), fallback=api)
    lines = JsonLines(sys.stdout)
    hallway = Hallway(
        inside,
        base_url=house.base_url,
        trusted_proxies=settings.proxies,
        forwarded_field=settings.forwarded_field,
        render_failure=failure_page(house),
        request_log=lines if settings.log_level in {"debug", "info"} else None,
    )
    behind = _BehindTheScenes(house, api, settings.application_retention_days)
    return _with_lifespan(hallway, house, lines, behind)


def _house(settings: Settings, units: Units, memory: FactMemory, egress: Egress, *, bearer: ReadBearer) -> House:
    return House(
        units=units,
        memory=memory,
        gate=Gate(),
        countries=Countries(settings.geoip_file),
        pages=Pages(),
        passwords=HashPool(cores=os.cpu_count() or 1, waiting=_WAITING_PASSWORDS),
        throttle=_throttle(settings),
        base_url=settings.base_url.rstrip("/"),
        production=settings.production,
        two_person_acts=settings.takes_two,
        bearer=bearer,
        api_demand=demanded(two_factors=settings.operator_two_factors, max_age=settings.operator_max_age),
        export_grace_days=settings.export_grace_days,
        terms_notice_days=settings.terms_notice_days,
        spec_change_notice_days=settings.spec_change_notice_days,
        egress=egress,
        tell_at_once=AtOnce(units, _logouts(settings, units, memory, egress)),
    )


def _admin(house: House) -> App:
    from idp import admin, schema

    assert schema.metadata  # with every table there is: this API erases tenants
    return admin.build(house)


@contextmanager
def housed(settings: Settings) -> Iterator[House]:
    """For commands that do what the API does: the house without its doors, closed afterwards."""
    from idp import schema

    assert schema.metadata
    units, egress = open_units(settings), open_egress(settings)
    house = _house(settings, units, FactMemory(units, KeyRing()), egress, bearer=no_bearer)
    try:
        yield house
    finally:
        house.passwords.close()
        egress.close()
        units.database.close()


def sweeps(throttle: Throttle, *, retention_days: int = 90) -> list[Sweep]:
    """Everything that is swept, sessions and grants before what hangs on them."""
    from idp import access, admin, contracts, imports, oidc, saml, sessions

    persons = contracts.sweeps(retention_days=retention_days)
    return [
        *sessions.SWEEPS, *oidc.SWEEPS, *saml.SWEEPS, *credentials.sweeps(throttle), *access.SWEEPS, *admin.SWEEPS,
        *imports.SWEEPS,
        *persons,
    ]  # fmt: skip


def steps(settings: Settings) -> "list[Step]":
    """What falls due by time; what falls due at one instant in this order."""
    from idp import schedule, schema
    from idp.billing import Seller

    assert schema.TABLES  # an erasure has to know every table there is
    seller = Seller(settings.invoice_issuer, settings.registration_number)
    return [
        schedule.ContractDates(),
        schedule.Erasures(grace_days=settings.export_grace_days),
        schedule.Statements(seller=seller),
        schedule.Persons(retention_days=settings.application_retention_days),
        *_steps_of_people(),
    ]


def _steps_of_people() -> "list[Step]":
    """These nobody sets for a midnight: they are done as soon as they have come."""
    from idp import schedule

    return [schedule.PlannedChanges(), schedule.IdDates()]


def jobs(settings: Settings, units: Units, *, leaving: Callable[[], bool]) -> list[Job]:
    """What is done beside the requests by `idp worker`."""
    from idp import delivery, schedule, sessions, webhooks

    egress = open_egress(settings, budget=Budget(most=1_000, per_second=100))  # a suspended tenant has many to tell
    senders = [_post(settings, units), *_logouts(settings, units, FactMemory(units, KeyRing()), egress)]
    return [
        schedule.Watch(units, steps(settings), leaving=leaving),
        schedule.Watch(units, _steps_of_people(), patience=0.0, leaving=leaving),
        schedule.KeyRotations(units, period_days=settings.key_rotation_days, leaving=leaving),
        schedule.ServiceUpkeep(units, egress, production=settings.production, leaving=leaving),
        schedule.TrailUpkeep(
            units, directory=settings.checkpoint_dir, days=settings.audit_retention_days, leaving=leaving
        ),
        sessions.Overtaken(units, leaving=leaving),
        webhooks.Pump(units, egress, leaving=leaving),
        delivery.Dispatcher(units, senders, leaving=leaving),
    ]


def _logouts(settings: Settings, units: Units, memory: FactMemory, egress: Egress) -> list[Sender]:
    from idp import oidc, saml

    base_url = settings.base_url.rstrip("/")
    return [made(units, memory, egress, base_url=base_url) for made in (oidc.BackChannel, saml.DirectLogout)]


def _post(settings: Settings, units: Units) -> "Post":
    from idp import mail
    from idp.kit.smtp_urls import parse_smtp_url

    transport: mail.Transport = mail.Files(settings.data_dir / "mail")
    if settings.smtp_url:
        transport = mail.Smtp(parse_smtp_url(settings.smtp_url), extra_ca=settings.extra_ca_file)
    return mail.Post(
        units,
        transport,
        base_url=settings.base_url.rstrip("/"),
        sender=mail.Mailbox("Warifu", settings.letters_from),
        operator=settings.operator_email or None,
    )


def _throttle(settings: Settings) -> Throttle:
    limits = STRICT if settings.production else WIDE
    return limits._replace(enforce=settings.rate_limits is RateLimits.ENFORCE)


def _with_lifespan(app: App, house: House, lines: JsonLines, work: "_BehindTheScenes") -> App:
    async def lifespan(receive: Receive, send: Send) -> None:
        await receive()
        doing = asyncio.create_task(work.run())
        watching = asyncio.create_task(_leave_when_put_back(house))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        watching.cancel()
        await work.leave(doing)
        house.passwords.close()
        house.egress.close()
        await asyncio.to_thread(house.units.database.close)
        lines.flush()
        await send({"type": "lifespan.shutdown.complete"})

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return lifespan(receive, send) if scope["type"] == "lifespan" else app(scope, receive, send)

    return application


async def _leave_when_put_back(house: House) -> None:
    """A worker that still holds the database of before a restore would honour what was revoked."""
    try:
        await until_put_back(house.units)
        why = "the database is from before the last restore"
    except FenceDamaged as error:
        why = str(error)
    structlog.get_logger("idp").critical(why)
    signal.raise_signal(signal.SIGTERM)


class _BehindTheScenes:
    """What a worker does once it answers: complete itself, fetch what it will be asked for, and sweep."""

    def __init__(self, house: House, api: Later, retention_days: int) -> None:
        self._house = house
        self._api = api
        self._retention_days = retention_days
        self._sweeper: Sweeper | None = None

    async def run(self) -> None:
        await self._house.memory.warm()
        await asyncio.to_thread(self._house.countries.warm)
        try:
            await asyncio.to_thread(self._api.build)
        except Exception as error:
            # A route that declares no permission, say: a worker that cannot be whole does not stay.
            structlog.get_logger("idp").critical("the admin API cannot be built", exc_info=error)
            signal.raise_signal(signal.SIGTERM)
            return
        self._sweeper = Sweeper(self._house.units, sweeps(self._house.throttle, retention_days=self._retention_days))
        await self._sweeper.run()

    async def leave(self, doing: "asyncio.Task[None]") -> None:
        if self._sweeper is not None:
            self._sweeper.leave()
            await asyncio.wait([doing], timeout=_LAST_STEP)
        doing.cancel()
