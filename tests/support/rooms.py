"""What tests of rooms do over and over: open a unit of one tenant or the other, and read the trail."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from idp.kit.actors import Actor
from idp.kit.clock import FixedClock
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.tenants import Tenant

ACTOR = Actor("operator", "usr_test")


@dataclass(frozen=True)
class World:
    units: Units
    clock: FixedClock
    aoba: TenantId
    midori: TenantId

    def open(self, tenant: TenantId | None = None) -> AbstractContextManager[Unit]:
        """Of `aoba`, unless another is named."""
        return self.units.open(tenant or self.aoba, actor=ACTOR)

    def platform(self) -> AbstractContextManager[Unit]:
        return self.units.platform(actor=ACTOR)

    def events(self, tenant: TenantId | None = None) -> list[str]:
        """What the trail says, by name: each connection has a chain of its own, and none an order among others."""
        with self.open(tenant) as unit:
            rows = unit.lane.execute(f"SELECT event FROM audit_entries WHERE tenant_id = '{unit.tenant}'", {})
            return sorted(row[0] for row in rows.fetchall())


@pytest.fixture
def world(units: Units, clock: FixedClock, tenant: Tenant, neighbour: Tenant) -> World:
    return World(units, clock, tenant.id, neighbour.id)
