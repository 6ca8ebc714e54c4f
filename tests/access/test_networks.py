"""Networks that have names: a tenant's own, and the operator's for all of them."""

import threading

import pytest
from tests.support.rooms import World

from idp import access, tenants
from idp.access import NetworkDraft
from idp.access.policies.addresses import Networks
from idp.kit.addresses import canonical
from idp.kit.db import POSTGRESQL
from idp.kit.errors import Conflict, Invalid, NotFound, Stale
from idp.kit.scoping import Unscoped

OFFICE = NetworkDraft("office", ("192.0.2.0/24", "2001:db8::/32"))
SITE = NetworkDraft("site", ("198.51.100.0/24",))


def test_a_network_is_read_back_as_it_was_named(world: World) -> None:
    with world.open() as unit:
        made = access.networks.create(unit, OFFICE)
        assert access.networks.get(unit, made.id) == made
        assert access.networks.page(unit) == [made]
        assert access.networks.named(unit) == {"office": OFFICE.cidrs}
        assert made.draft == OFFICE
    assert "network.created" in world.events()


def test_the_neighbour_sees_nothing_and_may_use_the_same_name(world: World) -> None:
    with world.open() as unit:
        made = access.networks.create(unit, OFFICE)
    with world.open(world.midori) as unit:
        assert access.networks.named(unit) == {}
        assert access.networks.page(unit) == []
        for act in (access.networks.get, access.networks.remove):
            with pytest.raises(NotFound):
                act(unit, made.id)
        assert access.networks.create(unit, OFFICE).id != made.id


def test_a_name_is_given_once(world: World) -> None:
    with world.open() as unit:
        access.networks.create(unit, OFFICE)
        other = access.networks.create(unit, SITE)
        with pytest.raises(Conflict, match="network_name_taken"):
            access.networks.create(unit, OFFICE)
        with pytest.raises(Conflict, match="network_name_taken"):
            access.networks.change(unit, other.id, {"name": "office"})


def test_a_network_is_changed_and_taken_away(world: World) -> None:
    with world.open() as unit:
        made = access.networks.create(unit, OFFICE)
        before = tenants.revision(unit) or 0
        changed = access.networks.change(unit, made.id, {"cidrs": ["203.0.113.0/24"]}, version=1)
        assert (changed.name, changed.cidrs, changed.version) == ("office", ("203.0.113.0/24",), 2)
        assert (tenants.revision(unit) or 0) > before
        with pytest.raises(Stale):
            access.networks.change(unit, made.id, {"name": "x"}, version=1)
        with pytest.raises(Stale):
            access.networks.remove(unit, made.id, version=1)
        access.networks.remove(unit, made.id, version=2)
        assert access.networks.named(unit) == {}


def test_so_many_have_names_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.access.named_networks.MOST", 1)
    with world.open() as unit:
        access.networks.create(unit, OFFICE)
        with pytest.raises(Conflict, match="network_limit_reached"):
            access.networks.create(unit, SITE)


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        ({"name": None}, "name", "required"),
        ({"name": " x"}, "name", "invalid_format"),
        ({"name": "10.0.0.0"}, "name", "invalid_format"),
        ({"name": "10.0.0.0/8"}, "name", "invalid_format"),
        ({"name": "::1"}, "name", "invalid_format"),
        ({"name": "a\u202eb"}, "name", "invalid_text"),
        ({"cidrs": None}, "cidrs", "required"),
        ({"cidrs": []}, "cidrs", "required"),
        ({"cidrs": "192.0.2.0/24"}, "cidrs", "invalid_type"),
        ({"cidrs": [1]}, "cidrs/0", "invalid_type"),
        ({"cidrs": ["192.0.2.0/24", "192.0.2.1/24"]}, "cidrs/1", "invalid_network"),
        ({"cidrs": ["2001:db8::1/32"]}, "cidrs/0", "invalid_network"),
        ({"cidrs": ["192.0.2.1"]}, "cidrs/0", "invalid_network"),
        ({"cidrs": ["fe80::%eth0/64"]}, "cidrs/0", "invalid_network"),
        ({"cidrs": ["fe80::/64%1"]}, "cidrs/0", "invalid_network"),
        ({"cidrs": ["192.0.2.0/255.255.255.0"]}, "cidrs/0", "invalid_network"),
        ({"cidrs": ["192.0.2.0/33"]}, "cidrs/0", "invalid_network"),
        ({"cidrs": ["010.0.0.0/8"]}, "cidrs/0", "invalid_network"),
        ({"country": "JP"}, "country", "unknown_field"),
    ],
)
def test_a_fault_is_named_at_its_place(document: dict[str, object], place: str, code: str) -> None:
    right: dict[str, object] = {"name": "office", "cidrs": ["192.0.2.0/24"]}
    assert access.networks.read(right) == NetworkDraft("office", ("192.0.2.0/24",))
    with pytest.raises(Invalid) as raised:
        access.networks.read({**right, **document})
    assert [(error.pointer, error.code) for error in raised.value.errors] == [(f"/{place}", code)]


def test_a_network_is_kept_in_its_one_form_and_once() -> None:
    written = ["2001:DB8:0::/32", "::ffff:192.0.2.0/120", "192.0.2.0/24"]
    assert access.networks.read({"name": "n", "cidrs": written}).cidrs == ("2001:db8::/32", "192.0.2.0/24")


def test_what_the_operator_names_every_tenant_goes_by(world: World) -> None:
    def revisions() -> list[int | None]:
        found = []
        for tenant in (world.aoba, world.midori):
            with world.open(tenant) as unit:
                found.append(tenants.revision(unit))
        return found

    with world.platform() as unit:
        made = access.networks_abroad.create(unit, SITE)
    before = revisions()
    for tenant in (world.aoba, world.midori):
        with world.open(tenant) as unit:
            assert access.networks_abroad.cidrs(unit) == SITE.cidrs
            assert access.networks.named(unit) == {}
    with world.platform() as unit:
        access.networks_abroad.change(unit, made.id, {"cidrs": ["203.0.113.0/24", "::ffff:10.0.0.0/104"]})
    changed = revisions()
    assert all((now or 0) > (then or 0) for then, now in zip(before, changed, strict=True))
    with world.open() as unit:
        there = Networks(access.networks_abroad.cidrs(unit))
    assert canonical("10.1.2.3") in there
    assert canonical("198.51.100.1") not in there
    with world.platform() as unit:
        access.networks_abroad.remove(unit, made.id)
    assert all((now or 0) > (then or 0) for then, now in zip(changed, revisions(), strict=True))
    with world.open() as unit:
        assert access.networks_abroad.cidrs(unit) == ()


def test_the_operators_names_are_given_once(world: World) -> None:
    with world.platform() as unit:
        access.networks_abroad.create(unit, SITE)
        other = access.networks_abroad.create(unit, OFFICE)
        with pytest.raises(Conflict, match="network_name_taken"):
            access.networks_abroad.create(unit, SITE)
        with pytest.raises(Conflict, match="network_name_taken"):
            access.networks_abroad.change(unit, other.id, {"name": "site"})
        with pytest.raises(Stale):
            access.networks_abroad.change(unit, other.id, {"name": "x"}, version=9)
        with pytest.raises(NotFound):
            access.networks_abroad.remove(unit, "net_none")


def test_no_tenant_names_a_network_for_all(world: World) -> None:
    with world.platform() as unit:
        made = access.networks_abroad.create(unit, SITE)
    with world.open() as unit:
        for act in (
            lambda: access.networks_abroad.create(unit, OFFICE),
            lambda: access.networks_abroad.change(unit, made.id, {"name": "mine"}),
            lambda: access.networks_abroad.remove(unit, made.id),
        ):
            with pytest.raises(Unscoped):
                act()
        if unit.lane.dialect == POSTGRESQL:  # nor does the wall let through what went round the statements
            assert unit.lane.execute("UPDATE operator_networks SET cidrs = '[]'", {}).rowcount == 0
            assert unit.lane.execute("DELETE FROM operator_networks", {}).rowcount == 0


def test_a_tenant_that_comes_into_being_meanwhile_waits_and_is_not_missed(world: World) -> None:
    """Its facts could be remembered before the change is there; then its revision must rise with it."""
    begun, done = threading.Event(), threading.Event()

    def found() -> None:
        begun.set()
        with world.platform() as unit:
            tenants.create(unit, slug="kaede", display_name="かえで")
        done.set()

    with world.platform() as unit:
        access.networks_abroad.create(unit, SITE)
        founding = threading.Thread(target=found)
        founding.start()
        assert begun.wait(5)
        assert not done.wait(0.3)
    founding.join(10)
    assert done.is_set()


def test_a_network_waits_for_a_tenant_that_is_coming_into_being_and_reaches_it(world: World) -> None:
    done = threading.Event()

    def name() -> None:
        with world.platform() as unit:
            access.networks_abroad.create(unit, SITE)
        done.set()

    with world.platform() as unit:
        kaede = tenants.create(unit, slug="kaede", display_name="かえで")
        naming = threading.Thread(target=name)
        naming.start()
        assert not done.wait(0.3)
    naming.join(10)
    assert done.is_set()
    with world.open(kaede.id) as unit:
        assert (tenants.revision(unit) or 0) > kaede.revision
