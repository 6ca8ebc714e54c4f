from typing import Any

import pytest

from idp.kit.actors import SYSTEM
from idp.kit.ids import new
from idp.kit.units import Unit, Units
from idp.sessions import Generations, Grant, Lifetimes, Method, Opened, Whereabouts, open_session
from idp.tenants import Tenant

HERE = Whereabouts("198.51.100.7", "JP", "firefox", 133)
BORN = Generations(1, 1, 1)


def signed_in(unit: Unit, *, whereabouts: Whereabouts = HERE, **more: Any) -> Opened:
    return open_session(
        unit, user_id="usr_1", generations=Generations(1, 1), methods=[Method.PASSWORD], whereabouts=whereabouts, **more
    )


def granted(unit: Unit, *, session_id: str, offline: bool = True) -> Grant:
    return Grant(
        id=new("grt"),
        user_id="usr_1",
        service_id="svc_1",
        session_id=session_id,
        tenant_generation=BORN.tenant,
        user_generation=BORN.user,
        service_generation=BORN.service,
        scopes="openid profile",
        nonce=None,
        methods='["pwd"]',
        authenticated_at=unit.now_us,
        offline=offline,
        created_at=unit.now_us,
        ends_at=unit.now_us + Lifetimes.REFRESH_ABSOLUTE,
        ended_at=None,
    )


@pytest.fixture
def opened(units: Units, tenant: Tenant) -> Opened:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return signed_in(unit)
