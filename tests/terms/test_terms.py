"""Terms are published once and for good, reach every tenant, come into force by the clock, and are accepted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from tests.support.rooms import World
from tests.terms.revision import CALLED_MINOR, NEW, OLD, RULES

from idp import delivery, tenants, terms
from idp.kit.db import command
from idp.kit.errors import Conflict, Invalid, NotFound, Stale
from idp.kit.sealing import PLATFORM
from idp.terms.tables import terms_versions

FIRST, SECOND = {**OLD, "effective_date": "2026-04-02"}, {**NEW, "effective_date": "2026-04-27"}
START = datetime(2026, 4, 26, 15, tzinfo=UTC)  # 00:00 in Japan


def publish(world: World, document: dict[str, Any], least_days: int = 1, **asked: Any) -> terms.Publication:
    with world.platform() as unit:
        version = document["version"]
        if terms.find(unit, version) is None:
            terms.create(unit, terms.read(document))
        return terms.publish(unit, version, terms.read_publication(asked), least_days=least_days)


def due(world: World) -> terms.Version | None:
    with world.open() as unit:
        return terms.due(unit)


def test_every_tenant_is_told_once_and_on_record(world: World) -> None:
    made = publish(world, FIRST)
    assert made.told == 2
    for tenant in (world.aoba, world.midori):
        with world.open(tenant) as unit:
            (told,) = [each for each in delivery.pending(unit) if each.event == "terms.published"]
            receipt = terms.receipts(unit)[made.terms.version]
        assert told.receiver == "tenant"
        assert '"version": "2021"' in told.payload
        assert receipt == (made.terms.content_hash, world.clock.now_us(), "outbox", told.id)
    with world.platform() as unit:
        assert [each for each in delivery.pending(unit) if each.event == "terms.published"] == []
    assert world.events(PLATFORM).count("terms.published") == 1


def test_published_terms_do_not_change_whoever_asks(world: World) -> None:
    version = publish(world, FIRST).terms.version
    with pytest.raises(Conflict, match="terms_published"):
        publish(world, FIRST)
    with world.platform() as unit, pytest.raises(Conflict, match="terms_published"):
        terms.change(unit, version, {"title": "x"})
    mine = terms_versions.c.version == version
    for forbidden in (
        command(update(terms_versions).where(mine).values(title="x"), platform=True),
        command(update(terms_versions).where(mine).values(published_at=None), platform=True),
        command(delete(terms_versions).where(mine), platform=True),
    ):
        with (
            pytest.raises(Exception, match=r"published terms do not change|permission denied"),
            world.platform() as unit,
        ):
            unit.run(forbidden)
    with world.platform() as unit:
        assert terms.get(unit, version).draft == terms.read(FIRST)


def test_a_draft_changes_and_is_seen_by_nobody_else(world: World) -> None:
    with world.platform() as unit:
        made = terms.create(unit, terms.read(FIRST))
        with pytest.raises(Conflict, match="terms_version_taken"):
            terms.create(unit, terms.read(FIRST))
        after = terms.change(unit, "2021", {"title": "規約"}, if_match=made.changes)
        assert (after.draft.title, after.changes) == ("規約", 2)
        assert after.content_hash != made.content_hash
        with pytest.raises(Stale):
            terms.change(unit, "2021", {"title": "x"}, if_match=1)
        with pytest.raises(Invalid):
            terms.change(unit, "2021", {"version": "2022"})
    with world.open() as unit:
        assert terms.find(unit, "2021") is None
        assert terms.page(unit, drafts=False) == []
        with pytest.raises(NotFound):
            terms.accept(unit, "2021")


def test_a_label_is_checked_and_stops_the_publication(world: World) -> None:
    publish(world, FIRST)
    with pytest.raises(Invalid) as refused:
        publish(world, SECOND, wording_rules=RULES, wording_only=CALLED_MINOR)
    (error,) = refused.value.errors
    assert (refused.value.code, error.code) == ("not_wording_only", "not_wording_only")
    assert (error.article, error.number, error.found, error.expected) == ("第7条", "3", "substantive", "wording_only")
    with world.open() as unit:
        assert len(terms.receipts(unit)) == 1
    right = [label for label in CALLED_MINOR if label["article"] != "第7条"]
    assert publish(world, SECOND, wording_rules=RULES, wording_only=right).told == 2


@pytest.mark.parametrize(
    ("day", "least_days", "goes"),
    [
        ("2026-04-01", 1, False),
        ("2026-04-02", 1, True),
        ("2026-04-01", 0, False),
        ("2026-04-10", 10, False),
        ("2026-04-11", 10, True),
    ],
)
def test_terms_take_effect_later_than_they_are_published(world: World, day: str, least_days: int, goes: bool) -> None:
    document = {**OLD, "effective_date": day}
    if goes:
        assert publish(world, document, least_days=least_days).told
    else:
        with pytest.raises(Invalid, match="effective_date_too_soon"):
            publish(world, document, least_days=least_days)


def test_today_is_that_of_japan(world: World) -> None:
    world.clock.set(datetime(2026, 4, 1, 14, 59, 59, tzinfo=UTC))  # the last second of 1 April there
    publish(world, FIRST)
    world.clock.set(datetime(2026, 4, 26, 15, tzinfo=UTC))  # 27 April there, 26 April in London
    with pytest.raises(Invalid, match="effective_date_too_soon"):
        publish(world, SECOND)


def test_terms_come_into_force_by_the_clock_and_are_due_until_they_are_accepted(world: World) -> None:
    assert due(world) is None
    publish(world, FIRST)
    publish(world, SECOND)
    assert due(world) is None  # neither is in force
    world.clock.set(datetime(2026, 4, 1, 15, tzinfo=UTC))
    assert due(world) == "2021"
    with world.open() as unit:
        terms.accept(unit, "2021")
    assert due(world) is None
    world.clock.set(START - timedelta(microseconds=1))
    assert due(world) is None
    world.clock.set(START)
    assert due(world) == "2022-04-27"
    with world.open(world.midori) as unit:
        assert terms.due(unit) == "2022-04-27"
        with pytest.raises(Conflict, match="terms_superseded"):
            terms.accept(unit, "2021")


def test_what_is_announced_can_be_accepted_beforehand(world: World) -> None:
    publish(world, SECOND)
    with world.open() as unit:
        terms.accept(unit, "2022-04-27")
    world.clock.set(START)
    assert due(world) is None


def test_acceptance_is_recorded_once(world: World) -> None:
    publish(world, FIRST)
    with world.open() as unit:
        first = terms.accept(unit, "2021")
    world.clock.advance(hours=1)
    with world.open() as unit:
        assert terms.accept(unit, "2021") == first
        assert terms.acceptances(unit) == [first]
    assert world.events().count("terms.accepted") == 1
    assert world.events(world.midori).count("terms.accepted") == 0
    with world.open(world.midori) as unit:
        assert terms.acceptances(unit) == []


def test_what_moves_the_decision_raises_the_revision(world: World) -> None:
    def revisions() -> list[int | None]:
        found = []
        for tenant in (world.aoba, world.midori):
            with world.open(tenant) as unit:
                found.append(tenants.revision(unit))
        return found

    before = revisions()
    publish(world, FIRST)
    told = revisions()
    assert all(one is not None and other is not None and one < other for one, other in zip(before, told, strict=True))
    with world.open() as unit:
        terms.accept(unit, "2021")
    after = revisions()
    assert after[0] != told[0]
    assert after[1] == told[1]


def test_an_application_accepts_the_terms_of_its_day_for_the_tenant_that_it_becomes(world: World) -> None:
    publish(world, FIRST)
    with world.platform() as unit:
        assert terms.accept_in_application(unit, "con_0") is None  # none are in force
    world.clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    publish(world, SECOND)
    with world.platform() as unit:
        accepted = terms.accept_in_application(unit, "con_1")
    assert accepted is not None
    assert accepted.version == "2021"
    world.clock.advance(hours=1)
    with world.platform() as unit:
        inner = unit.inside(world.aoba)
        terms.carry_over(unit, inner, "con_0")
        assert terms.due(inner) == "2021"
        terms.carry_over(unit, inner, "con_1")
        assert terms.acceptances(inner) == [accepted]
        assert terms.due(inner) is None
    world.clock.set(START)
    assert due(world) == "2022-04-27"
