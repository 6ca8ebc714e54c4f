"""A tenant whose contract runs, as it is on the first day of a fiscal year, and a neighbour."""

from datetime import UTC, datetime

import pytest
from tests.contracts.conftest import Desk
from tests.support.rooms import World

from idp.contracts import Status
from idp.kit.clock import FixedClock
from idp.kit.units import Units
from idp.tenants import Tenant


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 4, 1, 1, tzinfo=UTC))


@pytest.fixture
def world(units: Units, clock: FixedClock, neighbour: Tenant) -> World:
    contract = Desk(units).bring(Status.ACTIVE, tenant="kaede")
    return World(units, clock, contract.tenant, neighbour.id)
