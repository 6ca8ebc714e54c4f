"""Bulk, on both databases: what comes of it is what single acts would have made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp import access, audit, contracts, credentials, erasure, federation, main, plans, settings, tenants, users
from idp.cli.bootstrapping import HOST
from idp.cli.demo import sample
from idp.cli.demo.furnishing import furnish
from idp.cli.demo.home import moved_in
from idp.cli.demo.people import PLAN
from idp.cli.demo.progress import Progress
from idp.cli.demo.seeding import Amounts, seed
from idp.cli.demo.telling import Told, lines
from idp.cli.installing import bring_to_head
from idp.contracts import Status
from idp.kit.units import Unit, Units
from idp.settings import Environment


@pytest.fixture
def units(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Units]:
    chosen = settings.load(
        data_dir=tmp_path_factory.mktemp("data"), database_url=database_url, environment=Environment.TEST
    )
    bring_to_head(chosen)
    with main.opened(chosen) as units:
        yield units


def unit_of(unit: Unit, slug: str) -> Unit:
    found = tenants.find_by_slug(unit, slug)
    assert found is not None
    return unit.inside(found.id)


def test_seeded_tenants_are_whole(units: Units, capsys: pytest.CaptureFixture[str]) -> None:
    amounts = Amounts(tenants=3, people=4, services=2)
    with units.platform(actor=HOST) as unit:
        plans.create(unit, plans.read(PLAN))
    seed(units, amounts, Progress())
    seed(units, amounts, Progress())  # adds nothing
    with units.platform(actor=HOST) as unit:
        assert [tenant.slug for tenant in tenants.page(unit, after="", limit=50)] == ["-", "t00000", "t00001", "t00002"]
        inner = unit_of(unit, "t00002")
        contract = contracts.find_live(inner)
        assert contract is not None
        assert (contract.status, contract.application.ids) == (Status.ACTIVE, 4)
        names = [person.user_name for person in users.page(inner)]
        assert sorted(names) == [f"user0000{number}@t00002.example" for number in range(4)]
        assert len(federation.page(inner)) == 2
        assert audit.verify(inner) is None
        last = users.find_by_name(inner, "user00003@t00002.example")
        assert last is not None
        assert last.can_sign_in
        assert credentials.has_password(inner, last.id)
    assert "3 of 3 tenants" in capsys.readouterr().out


def test_loopback_is_the_operators_network_for_every_tenant_later_ones_too(units: Units) -> None:
    for _ in range(2):
        furnish(units, further_ids=0)
    seed(units, Amounts(tenants=1, people=1, services=0), Progress())
    with units.platform(actor=HOST) as unit:
        assert [network.name for network in access.networks_abroad.page(unit)] == ["demo"]
        for slug in ("aoba", "midori", "t00000"):
            assert set(access.networks_abroad.cidrs(unit_of(unit, slug))) == {"127.0.0.0/8", "::1/128"}


def test_further_people_of_aoba_fit_its_contract(units: Units) -> None:
    furnish(units, further_ids=120)
    seed(units, Amounts(tenants=0, people=120, services=0), Progress())
    seed(units, Amounts(tenants=0, people=120, services=0), Progress())
    with units.platform(actor=HOST) as unit:
        inner = unit_of(unit, "aoba")
        assert users.seats_used(inner) == 122
        assert users.find_by_name(inner, "user00119@aoba.example") is not None


def test_the_demonstration_is_furnished_once(units: Units) -> None:
    furnish(units, further_ids=0)
    furnish(units, further_ids=0)
    with units.platform(actor=HOST) as unit:
        aoba = unit_of(unit, "aoba")
        assert sorted(person.user_name for person in users.page(aoba)) == ["hanako@aoba.example", "taro@aoba.example"]
        assert audit.verify(aoba) is None
        midori = contracts.find_live(unit_of(unit, "midori"))
        assert midori is not None
        assert midori.status is Status.SUSPENDED


@pytest.mark.parametrize("slug", ["midori", "aoba"])
def test_what_was_erased_stays_so_and_the_demonstration_goes_on(units: Units, tmp_path: Path, slug: str) -> None:
    furnish(units, further_ids=0)
    with units.platform(actor=HOST) as unit:
        found = contracts.find_live(unit_of(unit, slug))
        assert found is not None
        contracts.terminate(unit, found.id, reason="Breach")
        erasure.erase(unit, found.id, reason="Asked by the customer")
    furnish(units, further_ids=10)
    seed(units, Amounts(tenants=0, people=1, services=0), Progress())
    with moved_in(None, port=8080, data_dir=tmp_path / "data", workers=None) as home:
        origins = sample.Samples("http://localhost:8081", "http://localhost:8082")
        described = sample.register(units, home, "aoba", origins=origins)
        told = lines(Told(home, samples=origins if described else None, key_file=tmp_path))
    assert (described is None) == (slug == "aoba")
    assert ("Try it" in {group for group, _, _ in told}) == (slug != "aoba")
    with units.platform(actor=HOST) as unit:
        left = {tenant.slug for tenant in tenants.page(unit, after="", limit=50)}
        assert left == {"-", "aoba", "midori"} - {slug}
