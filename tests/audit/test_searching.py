"""The trail searched: what is wanted and nothing else, in the order that is asked for, out of the index alone."""

import os
import random
import time
from collections.abc import Callable

import pytest
from tests.audit.conftest import entries

from idp import audit
from idp.audit import Entry, Event, Wanted
from idp.audit.searching import _PAGES, _Form
from idp.kit.actors import SYSTEM, Actor
from idp.kit.clock import FixedClock
from idp.kit.units import Unit, Units
from idp.tenants import Tenant

ROWS = int(os.environ.get("ROWS", "20000"))
PATIENCE = 0.3  # seconds, for a page of a million rows
_STEP = 5000
EVENTS = [Event.USER_CREATED, Event.USER_CHANGED, Event.SIGN_IN_SUCCEEDED, Event.TOKEN_ISSUED]
PEOPLE = [f"usr_{number}" for number in range(4)]


@pytest.fixture
def varied(units: Units, tenant: Tenant, neighbour: Tenant, clock: FixedClock) -> list[Entry]:
    """Of all kinds, some at one instant; the neighbour has the same."""
    chance = random.Random(7)
    for _ in range(40):
        clock.advance(seconds=chance.choice([0, 1]))
        actor = Actor("user", chance.choice(PEOPLE))
        for owner in (tenant, neighbour):
            with units.open(owner.id, actor=actor) as unit:
                for _ in range(chance.randrange(1, 4)):
                    audit.record(unit, chance.choice(EVENTS), subject=chance.choice(PEOPLE))
    return entries(units, tenant)


def found(units: Units, tenant: Tenant, wanted: Wanted, *, newest: bool, limit: int) -> list[Entry]:
    """Page after page."""
    seen: list[Entry] = []
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        while True:
            after = seen[-1].place if seen else None
            page = audit.page(unit, after=after, limit=limit, wanted=wanted, newest=newest)
            seen += page
            if len(page) < limit:
                return seen


def is_wanted(entry: Entry, wanted: Wanted) -> bool:
    return (
        (not wanted.events or entry.event in wanted.events)
        and wanted.actor in ("", entry.actor_id)
        and wanted.subject in ("", entry.subject)
        and wanted.since <= entry.at < wanted.until
    )


def test_what_is_wanted_is_found_and_nothing_else(units: Units, tenant: Tenant, varied: list[Entry]) -> None:
    chance = random.Random(11)
    instants = sorted({entry.at for entry in varied})
    for _ in range(60):
        wanted = Wanted(
            tuple(str(event) for event in chance.sample(EVENTS, chance.randrange(4))),
            chance.choice(["", *PEOPLE]),
            chance.choice(["", *PEOPLE]),
            chance.choice([0, *instants]),
            chance.choice([audit.EVERYTHING.until, *instants]),
        )
        newest = chance.random() < 0.5
        expected = sorted((e for e in varied if is_wanted(e, wanted)), key=lambda entry: entry.place, reverse=newest)
        assert found(units, tenant, wanted, newest=newest, limit=chance.choice([1, 3, 50])) == expected


def test_names_of_events_may_end_in_a_star() -> None:
    chosen = audit.chosen(["user.*", "token.issued"])
    assert set(chosen) == {event for event in Event if event.startswith("user.")} | {"token.issued"}
    assert len(list(Event)) < 2 * audit.MOST_EVENTS
    for word in ("user.*", "user.created"):
        assert audit.is_known(word)
    for word in ("*", "user", "user.", "*.created", "user.nothing", ""):
        assert not audit.is_known(word)


def filled(unit: Unit, rows: int) -> None:
    """Rows that nobody verifies, for the sake of their number."""
    first, chance = list(Entry._fields), random.Random(3)
    names = ["tenant_id", *first]
    sqlite = unit.lane.dialect == "sqlite"
    marks = ", ".join("?" if sqlite else "%s" for _ in names)
    sql = f"INSERT INTO audit_entries ({', '.join(names)}) VALUES ({marks})"
    for start in range(0, rows, _STEP):
        made = [
            (
                unit.tenant,
                f"lane_{at % 4}",
                at + 1,
                unit.now_us + at,
                str(chance.choice(EVENTS)),
                "user",
                f"usr_{chance.randrange(10_000)}",
                "api",
                f"usr_{chance.randrange(10_000)}",
                "{}",
                b"x" * 32,
            )
            for at in range(start, start + _STEP)
        ]
        unit.lane.execute_many(sql, made)


def timed(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def test_a_page_comes_at_once_whatever_is_looked_for(units: Units, tenant: Tenant) -> None:
    """`make trail` looks through a million rows."""
    with units.open(tenant.id, actor=SYSTEM) as unit:
        filled(unit, ROWS)
    if units.database.dialect == "postgresql":
        with units.open(tenant.id, actor=SYSTEM) as unit:
            unit.lane.execute("RESET ROLE", {})
            unit.lane.execute("ANALYZE audit_entries", {})
    searches = {
        "everything": Wanted(),
        "a subject": Wanted(subject="usr_77"),
        "nobody": Wanted(subject="usr_none"),
        "an actor and an event": Wanted(actor="usr_77", events=("user.created",)),
        "no such event": Wanted(events=("statement.issued", "plan.created")),
        "the last day": Wanted(since=2**61),
    }
    for name, wanted in searches.items():
        for newest in (False, True):
            with units.open(tenant.id, actor=SYSTEM, write=False) as unit:

                def look(unit: Unit = unit, wanted: Wanted = wanted, newest: bool = newest) -> object:
                    return audit.page(unit, limit=51, wanted=wanted, newest=newest)

                took = min(timed(look) for _ in range(5))
            print(f"{units.database.dialect}, {ROWS:,} rows, {name}: {took * 1000:.0f} ms")
            assert took < PATIENCE


@pytest.mark.parametrize("newest", [False, True])
def test_places_are_found_in_the_index_in_time(units: Units, tenant: Tenant, newest: bool) -> None:
    if units.database.dialect != "sqlite":  # there it depends on how many rows there are
        return
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        text = _PAGES[_Form(4, actor=True, subject=True, newest=newest)].sql("sqlite").text
        plan = unit.lane.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?")).fetchall()
    told = " ".join(str(row[3]) for row in plan)
    assert "COVERING INDEX ix_audit_entries_in_time" in told
    assert "SCAN audit_entries" not in told
