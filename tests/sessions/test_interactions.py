from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp import sessions
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock, instant
from idp.kit.ids import digest
from idp.kit.units import Units
from idp.sessions import Interaction, Lifetimes, Waiting
from idp.tenants import Tenant

BROWSER = digest("bb_1")
WAITING = Waiting(resume="/authorize", service_id="svc_1", request='{"scope":"openid"}', login_hint="taro")


@pytest.fixture
def begun(units: Units, tenant: Tenant) -> Interaction:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return sessions.begin_interaction(unit, WAITING, browser=BROWSER)


def found(units: Units, tenant: Tenant, begun: Interaction, browser: bytes | None = BROWSER) -> Interaction | None:
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        return sessions.find_interaction(unit, begun.id, browser=browser)


def do(units: Units, tenant: Tenant, act: Callable[..., bool], *arguments: object) -> bool:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return act(unit, *arguments)


def test_a_request_waits_as_its_door_wrote_it(units: Units, tenant: Tenant, begun: Interaction) -> None:
    kept = found(units, tenant, begun)
    assert kept == begun
    assert Waiting(*[getattr(kept, name) for name in Waiting._fields]) == WAITING
    assert kept.session_id is None


@pytest.mark.parametrize("browser", [None, b"", digest("bb_2"), BROWSER[:-1]], ids=["none", "empty", "other", "cut"])
def test_nobody_goes_on_with_it_in_another_browser(
    units: Units, tenant: Tenant, begun: Interaction, browser: bytes | None
) -> None:
    assert found(units, tenant, begun, browser) is None
    assert found(units, tenant, begun) is not None


def test_it_is_unknown_to_another_tenant(units: Units, tenant: Tenant, neighbour: Tenant, begun: Interaction) -> None:
    assert found(units, neighbour, begun) is None
    assert not do(units, neighbour, sessions.authenticate, begun, "ses_1")
    assert not do(units, neighbour, sessions.finish, begun)
    assert do(units, tenant, sessions.finish, begun)


def test_it_waits_a_quarter_of_an_hour(units: Units, tenant: Tenant, begun: Interaction, clock: FixedClock) -> None:
    clock.set(instant(begun.created_at + Lifetimes.INTERACTION - 1))
    assert found(units, tenant, begun) is not None
    clock.advance(microseconds=1)
    assert found(units, tenant, begun) is None


def test_it_knows_the_session_that_was_opened_for_it(units: Units, tenant: Tenant, begun: Interaction) -> None:
    assert do(units, tenant, sessions.authenticate, begun, "ses_1")
    kept = found(units, tenant, begun)
    assert kept is not None
    assert kept.session_id == "ses_1"


def test_of_sixteen_that_finish_it_at_once_one_does(units: Units, tenant: Tenant, begun: Interaction) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: do(units, tenant, sessions.finish, begun), range(16)))
    assert sorted(answers) == [False] * 15 + [True]
    assert found(units, tenant, begun) is None
    assert not do(units, tenant, sessions.authenticate, begun, "ses_2")
