"""The sweeper at work: in small steps, tenant by tenant, and whatever fails."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.rooms import World

from idp import sessions
from idp.admin.repeats import SWEEPS as REPEATS
from idp.admin.repeats import repeat_of
from idp.kit.errors import Unavailable
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM
from idp.kit.sweeping import STEP, Sweep, before
from idp.kit.units import Units
from idp.sessions import Waiting
from idp.sessions.tables import interactions
from idp.web.sweeping import Sweeper, steps

INTERACTIONS = sessions.SWEEPS[0]
WAITING = Waiting(resume="authorize", service_id="svc_1", request="{}")


def begin(world: World, count: int, tenant: TenantId | None = None) -> None:
    with world.open(tenant) as unit:
        for _ in range(count):
            sessions.begin_interaction(unit, WAITING, browser=b"b")


def left(world: World, tenant: TenantId | None = None, table: str = "interactions") -> int:
    with world.open(tenant) as unit:
        row = unit.lane.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = '{unit.tenant}'", {}).fetchone()
        return int(row[0])


def test_no_step_is_larger_than_it_may_be(world: World) -> None:
    begin(world, 2 * STEP + 100)
    world.clock.advance(hours=2)
    assert list(steps(world.units, world.aoba, INTERACTIONS)) == [STEP, STEP, 100]
    assert list(steps(world.units, world.aoba, INTERACTIONS)) == []


def test_what_lives_in_front_does_not_hide_what_is_over_behind(world: World) -> None:
    begin(world, 30)
    world.clock.advance(hours=2)
    begin(world, STEP + 20)
    with world.open() as unit:  # as if the oldest lived longest
        unit.lane.execute(
            f"UPDATE interactions SET expires_at = {unit.now_us} + 5000000000 - expires_at + {unit.now_us}"
            f" WHERE tenant_id = '{unit.tenant}'",
            {},
        )
    world.clock.advance(minutes=70)
    assert sum(steps(world.units, world.aoba, INTERACTIONS)) == 0
    world.clock.advance(hours=1)
    assert list(steps(world.units, world.aoba, INTERACTIONS)) == [STEP - 30, 50]
    assert left(world) == 30


def test_an_interaction_goes_an_hour_after_its_end(world: World) -> None:
    begin(world, 1)
    world.clock.advance(minutes=75)
    assert sum(steps(world.units, world.aoba, INTERACTIONS)) == 0
    world.clock.advance(seconds=0.000001)
    assert sum(steps(world.units, world.aoba, INTERACTIONS)) == 1


@pytest.mark.parametrize("home", ["aoba", PLATFORM])
def test_a_kept_answer_goes_after_its_day(world: World, home: str) -> None:
    tenant = TenantId(PLATFORM) if home == PLATFORM else world.aoba
    with world.open(tenant) as unit:
        repeat_of("key", "/api/v1/users", "k").begin(unit, b"{}")
    world.clock.advance(hours=24, seconds=-1)
    assert sum(steps(world.units, tenant, REPEATS[0])) == 0
    world.clock.advance(seconds=1)
    assert sum(steps(world.units, tenant, REPEATS[0])) == 1
    assert left(world, tenant, "api_repeats") == 0


def working(sweeper: Sweeper, until: Any) -> list[Any]:
    """The log of a sweeper that works until something is so."""

    async def work() -> None:
        running = asyncio.create_task(sweeper.run())
        async with asyncio.timeout(20):
            while not until():
                await asyncio.sleep(0.01)
            sweeper.leave()
            await running

    with capture_logs() as log:
        asyncio.run(work())
    return log


def test_every_tenant_is_swept_again_and_again(world: World) -> None:
    begin(world, 3)
    begin(world, 4, world.midori)
    world.clock.advance(hours=2)
    sweeper = Sweeper(world.units, [INTERACTIONS], interval=0.01)
    log = working(sweeper, lambda: left(world) == 0 and left(world, world.midori) == 0)
    assert {entry["event"] for entry in log} <= {"swept"}
    begin(world, 1)
    world.clock.advance(hours=2)
    working(Sweeper(world.units, [INTERACTIONS], interval=0.01), lambda: left(world) == 0)


def test_two_workers_at_once_do_each_other_no_harm(world: World) -> None:
    begin(world, STEP)
    world.clock.advance(hours=2)
    begin(world, 5)

    async def both() -> None:
        sweepers = [Sweeper(world.units, [INTERACTIONS], interval=0.001) for _ in range(2)]
        running = [asyncio.create_task(sweeper.run()) for sweeper in sweepers]
        async with asyncio.timeout(20):
            while await asyncio.to_thread(left, world) != 5:
                await asyncio.sleep(0.01)
            for sweeper in sweepers:
                sweeper.leave()
            await asyncio.gather(*running)

    with capture_logs() as log:
        asyncio.run(both())
    assert {entry["event"] for entry in log} <= {"swept"}
    assert left(world) == 5


class Failing:
    """Units of which some cannot be opened, as when the database goes away."""

    def __init__(self, units: Units, failures: list[Exception]) -> None:
        self._units = units
        self._failures = failures
        self.platform = units.platform

    def open(self, *arguments: Any, **named: Any) -> Any:
        if self._failures:
            raise self._failures.pop()
        return self._units.open(*arguments, **named)


def test_a_failure_is_logged_and_the_next_pass_begins_anew(world: World) -> None:
    begin(world, 3)
    world.clock.advance(hours=2)
    units: Any = Failing(world.units, [ValueError("broken"), Unavailable("down")])
    log = working(Sweeper(units, [INTERACTIONS], interval=0.01), lambda: left(world) == 0)
    assert [entry["event"] for entry in log if entry["event"] != "swept"] == ["sweep_put_off", "sweep_failed"]


def test_whoever_is_told_to_leave_does_not_wait_for_the_next_pass(world: World) -> None:
    assert working(Sweeper(world.units, [INTERACTIONS], interval=1000), lambda: True) == []


def test_the_time_of_a_sweep_is_its_own_where_it_says_so(world: World) -> None:
    begin(world, 1)
    now = [0]
    sweep = Sweep(interactions.c.id, interactions.c.expires_at < before(), grace=0, clock=lambda: now[0])
    world.clock.advance(days=100)
    assert sum(steps(world.units, world.aoba, sweep)) == 0
    now[0] = 2**60
    assert sum(steps(world.units, world.aoba, sweep)) == 1
