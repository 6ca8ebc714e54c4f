"""What the platform does to its customers: one transaction, each tenant's part in that tenant's name."""

from collections.abc import Callable

import pytest

from idp import audit, tenants
from idp.kit.actors import SYSTEM
from idp.kit.db import Unscoped
from idp.kit.units import Unit, Units
from idp.tenants import Tenant


class Failed(Exception):
    pass


def failing(units: Units, work: Callable[[Unit], object]) -> None:
    def fail() -> None:
        with units.platform(actor=SYSTEM) as unit:
            work(unit)
            raise Failed

    with pytest.raises(Failed):
        fail()


def revision(units: Units, tenant: Tenant) -> int | None:
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        return tenants.revision(unit)


def test_the_platform_acts_inside_a_tenant_in_its_own_transaction(units: Units, tenant: Tenant) -> None:
    with units.platform(actor=SYSTEM) as unit:
        inner = unit.inside(tenant.id)
        assert inner is unit.inside(tenant.id)
        assert (inner.tenant, inner.now_us, inner.actor) == (tenant.id, unit.now_us, unit.actor)
        tenants.touch(inner)
        audit.record(inner, audit.Event.TENANT_CHANGED, subject=tenant.id)
    assert revision(units, tenant) == tenant.revision + 1
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert audit.verify(unit) is None


def test_both_parts_fail_together(units: Units, tenant: Tenant) -> None:
    failing(units, lambda unit: tenants.touch(unit.inside(tenant.id)))
    assert revision(units, tenant) == tenant.revision


def test_what_survives_a_rollback_is_done_by_the_tenant_that_it_is_about(units: Units, tenant: Tenant) -> None:
    failing(units, lambda unit: unit.inside(tenant.id).after_rollback(tenants.touch))
    assert revision(units, tenant) == tenant.revision + 1


def test_a_tenant_never_gets_inside_another(units: Units, tenant: Tenant, neighbour: Tenant) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert unit.inside(tenant.id) is unit
        with pytest.raises(Unscoped):
            unit.inside(neighbour.id)
