"""Facts are remembered, and never believed once something has changed, whoever changed it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from tests.support.filling import cheaply_hashed
from tests.support.provider import OPERATOR, Provider

from idp import access, contracts, credentials, federation, main, signing, tenants, users
from idp.access import FactMemory, Facts, Gate, NetworkDraft, Reason
from idp.federation import Assignee, AssigneeKind
from idp.kit.errors import NotFound
from idp.kit.units import Unit, Units
from idp.signing import Alg, KeyRing, Use

T = TypeVar("T")


class Process:
    """A worker's memory, with a database connection and keys of its own."""

    def __init__(self, provider: Provider) -> None:
        self.units: Units = main.open_units(provider.settings)
        self.memory = FactMemory(self.units, KeyRing())
        self._loop = asyncio.new_event_loop()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def remembered(self, slug: str = "aoba", client_id: str | None = None) -> Facts:
        return self.run(self.memory.remembered(slug, client_id))

    def current(self, facts: Facts, client_id: str | None = None) -> Facts:
        return self.run(self.units.read(facts.tenant.id, lambda unit: self.memory.current(unit, client_id)))

    def hold(self, facts: Facts) -> None:
        self.run(self.units.commit(facts.tenant.id, lambda unit: tenants.hold(unit, facts.tenant.revision)))

    def close(self) -> None:
        self.units.database.close()
        self._loop.close()


@pytest.fixture
def process(provider: Provider) -> Iterator[Process]:
    made = Process(provider)
    yield made
    made.close()


def in_tenant(act: Callable[[Unit, Provider], object]) -> Callable[[Provider], None]:
    def change(provider: Provider) -> None:
        with provider.open() as unit:
            act(unit, provider)

    return change


def unassigned(unit: Unit, provider: Provider) -> None:
    service = provider.service_id("closed")
    made = federation.assign(unit, service, user_id=provider.user())
    federation.unassign(unit, service, made.id)


NETWORK = NetworkDraft("office", ("192.0.2.0/24",))


def _new_group(unit: Unit) -> Assignee:
    return Assignee(AssigneeKind.GROUP, users.groups.create(unit, "営業部").id)


CHANGES: dict[str, Callable[[Provider], object]] = {
    "the contract is suspended": Provider.suspend,
    "the contract is terminated": lambda provider: _of_platform(
        provider, lambda unit: contracts.terminate(unit, provider.contract(), reason="fraud")
    ),
    "a service is disabled": in_tenant(lambda unit, provider: federation.disable(unit, provider.service_id("web"))),
    "a service is enabled": in_tenant(lambda unit, provider: federation.enable(unit, provider.service_id("off"))),
    "a service is deleted": in_tenant(lambda unit, provider: federation.delete(unit, provider.service_id("web"))),
    "a secret is rotated": in_tenant(lambda unit, provider: federation.rotate_secret(unit, provider.service_id("web"))),
    "a person is assigned": in_tenant(
        lambda unit, provider: federation.assign(unit, provider.service_id("closed"), user_id=provider.user())
    ),
    "a person is unassigned": in_tenant(unassigned),
    "a group is assigned": in_tenant(
        lambda unit, provider: federation.assign_to(unit, provider.service_id("closed"), _new_group(unit))
    ),
    "a person joins a group": in_tenant(
        lambda unit, provider: users.groups.add_member(unit, _new_group(unit).id, provider.user())
    ),
    "a network is named": in_tenant(lambda unit, _: access.networks.create(unit, NETWORK)),
    "the operator names a network": lambda provider: _of_platform(
        provider, lambda unit: access.networks_abroad.create(unit, NETWORK)
    ),
    "an ID is disabled": in_tenant(lambda unit, provider: users.disable(unit, provider.user())),
    "an ID is enabled": in_tenant(lambda unit, provider: users.enable(unit, provider.user("saburo"))),
    "an ID is deleted": in_tenant(lambda unit, provider: users.delete(unit, provider.user("hanako"))),
    "a password is set": in_tenant(
        lambda unit, provider: credentials.set_password(unit, provider.user(), cheaply_hashed("another Passw0rd!"))
    ),
    "an ID's sessions are ended": in_tenant(lambda unit, provider: users.end_generation(unit, provider.user())),
    "the tenant's sessions are ended": in_tenant(lambda unit, _: tenants.end_generation(unit)),
    "a key is adopted": in_tenant(
        lambda unit, _: tenants.adopt_key(unit, Use.ACCESS_TOKEN, Alg.RS256, signing.generate(Alg.RS256))
    ),
    "the tenant is renamed": in_tenant(
        lambda unit, _: tenants.rename(unit, display_name="青葉", colour="#000000", help_text="")
    ),
}


def _of_platform(provider: Provider, act: Callable[[Unit], object]) -> None:
    with provider.platform() as unit:
        act(unit)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_decision_on_facts_that_another_process_has_changed_is_never_committed(
    provider: Provider, process: Process, change: Callable[[Provider], object]
) -> None:
    before = process.remembered()
    process.hold(before)
    change(provider)
    assert not process.run(process.memory.is_current(before))
    with pytest.raises(tenants.Moved):
        process.hold(before)
    after = process.current(before)
    assert after.tenant.revision > before.tenant.revision
    process.hold(after)
    assert process.remembered() is after


def test_as_long_as_nothing_changes_facts_are_fetched_once(provider: Provider, process: Process) -> None:
    before = process.remembered()
    assert process.run(process.memory.is_current(before))
    for _ in range(3):
        process.hold(before)
        assert process.current(before) is before
        assert process.remembered() is before


def test_a_change_in_one_process_is_seen_by_the_decision_of_another(provider: Provider, process: Process) -> None:
    gate, client = Gate(), provider.party("web").client_id

    def reason() -> Reason | None:
        facts = process.current(process.remembered("aoba", client), client)
        return gate.reason_against(facts, facts.services[client], now_us=provider.clock.now_us())

    assert reason() is None
    provider.suspend()
    assert reason() is Reason.CONTRACT_SUSPENDED
    provider.resume()
    assert reason() is None
    with provider.open() as unit:
        federation.disable(unit, provider.service_id("web"))
    assert reason() is Reason.SERVICE_UNKNOWN


def test_the_time_of_a_contract_needs_no_change_to_run_out(provider: Provider, process: Process) -> None:
    facts = process.remembered("aoba", provider.party("web").client_id)
    service = next(iter(facts.services.values()))
    assert Gate().reason_against(facts, service, now_us=provider.clock.now_us()) is None
    with provider.platform() as unit:
        contracts.ask_stop(unit, provider.contract(), stop_date=provider.clock.now().date(), reason="closing")
    changed = process.current(facts, service.client_id)
    provider.clock.advance(days=1)
    reason = Gate().reason_against(changed, service, now_us=provider.clock.now_us())
    assert reason is Reason.CONTRACT_ENDED
    assert process.run(process.memory.is_current(changed))


def test_who_changes_facts_waits_for_decisions_that_are_being_written(provider: Provider, process: Process) -> None:
    """Or a token could be issued after the answer to the suspension has gone out."""
    facts = process.remembered()
    suspended = threading.Event()

    def suspend() -> None:
        provider.suspend()
        suspended.set()

    with process.units.open(facts.tenant.id, actor=OPERATOR) as unit:
        tenants.hold(unit, facts.tenant.revision)
        operator = threading.Thread(target=suspend)
        operator.start()
        assert not suspended.wait(0.4)
    assert suspended.wait(10)
    operator.join()
    with pytest.raises(tenants.Moved):
        process.hold(facts)


def test_a_service_of_one_tenant_is_unknown_under_another(provider: Provider, process: Process) -> None:
    """Asked for by turns, so that a memory shared by mistake would show."""
    ours, theirs = provider.party("web").client_id, provider.party("web", slug="midori").client_id
    for _ in range(2):
        for slug, own, foreign in (("aoba", ours, theirs), ("midori", theirs, ours)):
            assert foreign not in process.remembered(slug, foreign).services
            facts = process.remembered(slug, own)
            assert set(facts.services) == {own}
            assert facts.tenant.slug == slug
    aoba, midori = process.remembered("aoba"), process.remembered("midori")
    kids = [{key.kid for key in facts.keys.published} for facts in (aoba, midori)]
    assert kids[0]
    assert not kids[0] & kids[1]


def test_a_service_that_was_unknown_is_found_once_it_is_registered(provider: Provider, process: Process) -> None:
    document = {"name": "new", "protocol": "oidc", "oidc": {"redirect_uris": ["https://new.example/cb"]}}
    assert "nobody" not in process.remembered("aoba", "nobody").services
    with provider.open() as unit:
        made = federation.create(unit, federation.read(document, production=False)).service
    assert made.client_id in process.remembered("aoba", made.client_id).services


@pytest.mark.parametrize("slug", ["nobody", "", "AOBA", "aoba/../midori", "platform"])
def test_a_tenant_that_does_not_exist_is_not_found(process: Process, slug: str) -> None:
    with pytest.raises(NotFound):
        process.remembered(slug)


def test_what_was_warmed_answers_without_the_database(provider: Provider, process: Process) -> None:
    assert process.memory.latest("aoba") is None
    process.run(process.memory.warm())
    process.units.database.close()
    for slug in ("aoba", "midori"):
        facts = process.memory.latest(slug)
        assert facts is not None
        assert facts.keys.jwks()["keys"]
