"""PostgreSQL: the wall behind the statements' own, and a server that goes away."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import delete, insert, select, update
from tests.kit import notes
from tests.kit.forwarder import Forwarder, through
from tests.kit.notes import ADD, ALL, AOBA, MIDORI
from tests.support.postgres import Cluster

from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.db import Command, Query, command, query
from idp.kit.errors import Unavailable
from idp.kit.ids import TenantId
from idp.kit.postgres import ROLE, TENANTS, Postgres
from idp.kit.sealing import PLATFORM, KeyStore
from idp.kit.units import Unit, Units

WALL = f"""
ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON notes
    USING (current_setting('{TENANTS}', true) IN ('*', tenant_id))
    WITH CHECK (current_setting('{TENANTS}', true) IN ('*', tenant_id));
"""


class Unfiltered:
    """A query or command whose author forgot the tenant, and got past the compiler."""

    SEE = query(select(notes.notes.c.tenant_id, notes.notes.c.id), notes.Seen, platform=True)
    CHANGE = command(update(notes.notes).values(text="changed"), platform=True)
    DELETE = command(delete(notes.notes), platform=True)
    ADD_THEIRS = command(insert(notes.notes).values(tenant_id=MIDORI, id="forged", text=""), platform=True)
    GIVE_AWAY = command(update(notes.notes).values(tenant_id=MIDORI, id="given"), platform=True)


def unfiltered(statement: Query[Any] | Command) -> Query[Any] | Command:
    """Marked for the platform to pass the compiler; unmarked to pass the unit."""
    statement.sql("postgresql")
    statement.platform = False
    return statement


@pytest.fixture(autouse=True)
def marks() -> Iterator[None]:
    yield
    for statement in vars(Unfiltered).values():
        if isinstance(statement, (Query, Command)):
            statement.platform = True


@pytest.fixture
def database_url(cluster: Cluster) -> Iterator[str]:
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def walled(notes_url: str) -> str:
    with psycopg.connect(notes_url, autocommit=True) as raw:
        raw.execute(WALL)
    return notes_url


@pytest.fixture
def wall(walled: str, clock: FixedClock, keys: KeyStore) -> Iterator[Units]:
    database = Postgres(walled)
    units = Units(database, clock=clock, keys=keys)
    for tenant in (AOBA, MIDORI):
        with units.open(tenant, actor=SYSTEM) as unit:
            unit.run(ADD, id="note", text="", number=None)
    yield units
    database.close()


def everything(units: Units) -> list[tuple[str, str, str]]:
    with units.platform(actor=SYSTEM) as unit:
        found = unit.lane.execute("SELECT tenant_id, id, text FROM notes ORDER BY 1, 2", {}).fetchall()
    return list(found)


AS_BEFORE = [(AOBA, "note", ""), (MIDORI, "note", "")]


def test_without_its_filter_a_query_still_sees_its_tenant_alone(wall: Units) -> None:
    see = unfiltered(Unfiltered.SEE)
    assert isinstance(see, Query)
    for tenant in (AOBA, MIDORI):
        with wall.open(tenant, actor=SYSTEM, write=False) as unit:
            assert unit.all(see) == [(tenant, "note")]
        assert asyncio.run(wall.read(tenant, lambda unit: unit.all(see))) == [(tenant, "note")]
    with wall.open(TenantId("tnt_nobody"), actor=SYSTEM) as unit:
        assert unit.all(see) == []


@pytest.mark.parametrize("change", [Unfiltered.CHANGE, Unfiltered.DELETE], ids=["update", "delete"])
def test_without_its_filter_a_change_still_meets_its_tenant_alone(wall: Units, change: Command) -> None:
    with wall.open(AOBA, actor=SYSTEM) as unit:
        assert unit.run(unfiltered(change)) == 1  # type: ignore[arg-type]
    assert (MIDORI, "note", "") in everything(wall)


@pytest.mark.parametrize("forge", [Unfiltered.ADD_THEIRS, Unfiltered.GIVE_AWAY], ids=["insert", "update"])
def test_a_row_cannot_be_written_for_another_tenant(wall: Units, forge: Command) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), wall.open(AOBA, actor=SYSTEM) as unit:
        unit.run(unfiltered(forge))  # type: ignore[arg-type]
    assert everything(wall) == AS_BEFORE


def test_the_scope_ends_with_its_transaction(wall: Units, walled: str) -> None:
    """A connection that goes back to the pool sees nothing, nor does one that forgot to say for whom it asks."""
    with wall.open(AOBA, actor=SYSTEM) as unit:
        raw = unit.lane.raw  # type: ignore[attr-defined]
    assert raw.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    with psycopg.connect(walled) as fresh:
        assert fresh.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_the_wall_holds_for_the_role_of_transactions_and_for_the_owner_of_the_tables(wall: Units, walled: str) -> None:
    with wall.open(AOBA, actor=SYSTEM) as unit:
        assert unit.lane.execute("SELECT current_user", {}).fetchone() == (ROLE,)
    with psycopg.connect(walled) as owner:
        owner.execute(f"SET LOCAL {TENANTS} = '{AOBA}'")
        assert owner.execute("SELECT tenant_id FROM notes").fetchall() == [(AOBA,)]


def test_a_unit_of_the_platform_sees_every_tenant(wall: Units) -> None:
    with wall.platform(actor=SYSTEM) as unit:
        assert unit.tenant == PLATFORM
        assert sorted(unit.all(Unfiltered.SEE)) == [(AOBA, "note"), (MIDORI, "note")]


@pytest.mark.parametrize("tenant", ["", "*", "a'b", "a b", "A", "x" * 65, "tnt_1; RESET ROLE"])
def test_a_tenant_that_could_break_out_of_its_setting_opens_no_unit(wall: Units, tenant: str) -> None:
    if tenant == "*":  # the word for all tenants is nobody's id: only a unit of the platform says it
        tenant = "**"
    with pytest.raises(ValueError, match="is no scope"), wall.open(TenantId(tenant), actor=SYSTEM):
        pass


def note(number: int) -> Callable[[Unit], int]:
    return lambda unit: unit.run(ADD, id=f"{number:03d}", text="", number=None)


@pytest.fixture
def wire(notes_url: str, cluster: Cluster) -> Iterator[Forwarder]:
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    forwarder = Forwarder(cluster.port)
    yield forwarder
    forwarder.thaw()
    forwarder.cut()


@pytest.fixture
def wired(wire: Forwarder, notes_url: str, clock: FixedClock, keys: KeyStore) -> Iterator[Units]:
    database = Postgres(through(wire, notes_url))
    yield Units(database, clock=clock, keys=keys)
    wire.thaw()
    database.close()


async def everyway(units: Units) -> list[Any]:
    """What each of the ways in answers, and how many seconds the slowest took."""

    def cold() -> None:
        with units.open(AOBA, actor=SYSTEM) as unit:
            unit.all(ALL)

    began = time.monotonic()
    answers = await asyncio.gather(
        units.commit(AOBA, note(1)),
        units.read(AOBA, lambda unit: unit.all(ALL)),
        asyncio.to_thread(cold),
        asyncio.to_thread(units.database.ping),
        return_exceptions=True,
    )
    return [*map(type, answers), time.monotonic() - began]


async def back(units: Units, *, within: float) -> None:
    until = time.monotonic() + within
    while True:
        try:
            await units.commit(AOBA, lambda unit: unit.all(ALL))
        except Unavailable:
            assert time.monotonic() < until, "it has not come back"
            await asyncio.sleep(0.1)
        else:
            return


def test_a_server_that_is_down_is_told_within_five_seconds_and_its_return_is_noticed(
    wired: Units, wire: Forwarder
) -> None:
    async def scene() -> None:
        assert await wired.commit(AOBA, note(0)) == 1
        wire.cut()
        *answers, took = await everyway(wired)
        assert answers == [Unavailable] * 4
        assert took < 5
        await asyncio.sleep(1)  # long enough for attempts to space out
        *answers, took = await everyway(wired)
        assert answers == [Unavailable] * 4
        assert took < 5
        wire.mend()
        await back(wired, within=5)

    asyncio.run(scene())


def test_a_server_that_was_never_there_is_told_within_five_seconds(wired: Units, wire: Forwarder) -> None:
    wire.cut()
    *answers, took = asyncio.run(everyway(wired))
    assert answers == [Unavailable] * 4
    assert took < 5


def test_a_server_that_is_silent_is_told_about_as_soon(wired: Units, wire: Forwarder) -> None:
    """SIGSTOP, or a wall that swallows packets: no error ever comes."""

    def linger(unit: Unit) -> None:
        unit.lane.execute("SELECT pg_sleep(0.3)", {})

    async def scene() -> None:
        await asyncio.gather(*[wired.commit(AOBA, linger) for _ in range(5)])  # a connection for each of those below
        wire.freeze()
        *answers, took = await everyway(wired)
        assert answers == [Unavailable] * 4
        assert took < 7.5
        wire.thaw()
        await back(wired, within=5)

    asyncio.run(scene())


def test_a_lock_that_is_held_is_told_within_five_seconds(units: Units, notes_url: str) -> None:
    with units.open(AOBA, actor=SYSTEM) as unit:
        note(1)(unit)
    with psycopg.connect(notes_url) as raw:
        raw.execute("UPDATE notes SET text = 'held'")
        began = time.monotonic()
        with pytest.raises(Unavailable), units.open(AOBA, actor=SYSTEM) as unit:
            unit.run(notes.REWRITE, note="001", new="mine")
        assert time.monotonic() - began < 5
        raw.rollback()
    with units.open(AOBA, actor=SYSTEM) as unit:
        assert unit.run(notes.REWRITE, note="001", new="mine") == 1


def test_a_connection_that_the_server_ended_is_replaced(units: Units, cluster: Cluster) -> None:
    async def scene() -> None:
        await asyncio.gather(*[units.commit(AOBA, note(number)) for number in range(8)])
        end = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'warifu'")
        await asyncio.to_thread(cluster.run_as_superuser, end.format())
        assert await units.commit(AOBA, note(100)) == 1

    asyncio.run(scene())


def test_many_connections_at_once_have_one_lane_each(units: Units) -> None:
    async def scene() -> list[str]:
        def lane(unit: Unit) -> str:
            unit.lane.execute("SELECT pg_sleep(0.02)", {})
            return unit.lane.id

        return await asyncio.gather(*[units.commit(AOBA, lane) for _ in range(60)])

    assert 1 < len(set(asyncio.run(scene()))) <= 10
