import pytest

from idp import partners
from idp.kit.errors import Invalid, NotFound, Stale
from idp.kit.sealing import PLATFORM
from idp.partners import PartnerStatus


@pytest.fixture
def kanto(world):
    with world.platform() as unit:
        return partners.create(unit, partners.read({"name": "関東システム販売"}))


def test_a_partner_is_read_back_and_belongs_to_the_platform(world, kanto):
    with world.platform() as unit:
        assert partners.get(unit, kanto.id) == kanto
        assert partners.page(unit) == [kanto]
        assert partners.page(unit, after=kanto.id) == []
    with world.open() as unit:
        assert partners.find(unit, kanto.id) is None
        assert partners.page(unit) == []
    assert kanto.active
    assert world.events(PLATFORM).count("partner.created") == 1


def test_a_partner_is_renamed_and_disabled(world, kanto):
    with world.platform() as unit:
        after = partners.change(unit, kanto.id, {"name": "関東販売", "status": "disabled"})
        assert partners.change(unit, kanto.id, {}) == after
    assert (after.name, after.status, after.version) == ("関東販売", PartnerStatus.DISABLED, 2)
    assert not after.active
    assert partners.to_json(after)["status"] == "disabled"
    assert world.events(PLATFORM).count("partner.changed") == 1


def test_a_change_on_an_old_version_is_stale(world, kanto):
    with world.platform() as unit:
        partners.change(unit, kanto.id, {"name": "一"}, version=1)
        with pytest.raises(Stale):
            partners.change(unit, kanto.id, {"name": "二"}, version=1)
        with pytest.raises(NotFound):
            partners.change(unit, "prt_none", {"name": "二"})


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        ({}, "name", "required"),
        ({"name": " "}, "name", "invalid_length"),
        ({"name": "x", "status": "gone"}, "status", "unknown_value"),
        ({"name": "x", "id": "prt_1"}, "id", "unknown_field"),
    ],
)
def test_a_fault_is_named_at_its_place(document, place, code):
    with pytest.raises(Invalid) as raised:
        partners.read(document)
    assert [(error.pointer, error.code) for error in raised.value.errors] == [(f"/{place}", code)]
