"""Notices reach those whom they are for, in time, and each tenant keeps what it was told."""

from typing import Any

import pytest
from tests.support.rooms import World

from idp import delivery, terms
from idp.kit.errors import Invalid, NotFound

NOTICE = {"kind": "maintenance", "title": "停止", "body": "一行目\n二行目", "effective_date": "2026-04-02"}


def announce(world: World, partner: str = "", reach: Any = None, **changes: Any) -> terms.Notice:
    draft = terms.read_notice({**NOTICE, **changes})
    with world.platform() as unit:
        return terms.announce(unit, draft, partner=partner, reach=reach, least_days=30)


def test_a_notice_reaches_every_tenant_and_stays_as_it_was_told(world: World) -> None:
    notice = announce(world)
    assert notice.told == 2
    for tenant in (world.aoba, world.midori):
        with world.open(tenant) as unit:
            (told,) = terms.told(unit)
            sent = [each for each in delivery.pending(unit) if each.event == "notice.published"]
        assert (told.id, told.draft, told.content_hash) == (notice.id, notice.draft, notice.content_hash)
        assert [each.id for each in sent] == [told.delivery]
    with world.platform() as unit:
        assert terms.notices(unit) == [notice]
        assert terms.notices(unit, after=notice.id) == []


def test_a_partners_notice_reaches_its_customers_alone(world: World) -> None:
    notice = announce(world, "ptn_1", [world.aoba])
    with world.open(world.midori) as unit:
        assert terms.told(unit) == []
        with pytest.raises(NotFound):
            terms.acknowledge(unit, notice.id)
    with world.platform() as unit:
        assert terms.find_notice(unit, notice.id, partner="ptn_1") == terms.find_notice(unit, notice.id) == notice
        assert terms.find_notice(unit, notice.id, partner="ptn_2") is None
        assert terms.notices(unit, partner="ptn_2") == []


@pytest.mark.parametrize(
    ("kind", "day", "emergency", "goes"),
    [
        ("spec_change", "2026-04-30", False, False),
        ("spec_change", "2026-05-01", False, True),
        ("spec_change", "2026-04-01", True, True),
        ("maintenance", "2026-04-01", False, True),
        ("terms", "2026-04-02", False, True),
        ("other", "2026-04-02", False, True),
    ],
)
def test_a_change_of_the_specification_is_announced_in_time(
    world: World, kind: str, day: str, emergency: bool, goes: bool
) -> None:
    said = {"kind": kind, "effective_date": day, "emergency": emergency}
    if goes:
        assert announce(world, **said).draft.emergency is emergency
        return
    with pytest.raises(Invalid, match="notice_too_late"):
        announce(world, **said)
    with world.open() as unit:
        assert terms.told(unit) == []


def test_a_notice_is_acknowledged_once(world: World) -> None:
    notice = announce(world)
    with world.open() as unit:
        first = terms.acknowledge(unit, notice.id)
    assert (first.acknowledged_at, first.acknowledged_by) == (world.clock.now_us(), "usr_test")
    world.clock.advance(hours=1)
    with world.open() as unit:
        assert terms.acknowledge(unit, notice.id) == first
    assert world.events().count("notice.acknowledged") == 1
    with world.open(world.midori) as unit:
        (other,) = terms.told(unit)
    assert other.acknowledged_at is None
