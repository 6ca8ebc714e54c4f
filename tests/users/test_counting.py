"""How many IDs existed over time, against a list that was kept by hand."""

from random import Random

from sqlalchemy import text
from tests.support.rooms import World

from idp import migrate, settings, users
from idp.kit.clock import SECOND
from idp.users import Affiliation, Draft, Role

HOUR = 3600 * SECOND


def draft(name: str) -> Draft:
    return Draft(name, name, None, Affiliation.EMPLOYEE, frozenset({Role.MEMBER}), "ja", {})


def test_the_peak_of_any_hours_is_the_most_that_existed_at_once(world: World) -> None:
    random = Random("peaks")
    begun = world.clock.now_us() // HOUR * HOUR
    known: list[str] = []
    counts = [(begun - 10 * HOUR, 0)]  # from when on, and how many
    for number in range(60):
        world.clock.advance(seconds=random.choice((0, 1, 1800, 3600, 40_000)))
        with world.open() as unit:
            if known and random.random() < 0.45:
                users.delete(unit, known.pop(random.randrange(len(known))))
            elif random.random() < 0.2:
                known += users.create_many(unit, [draft(f"{number}-{each}") for each in range(5)], limit=1000)
            else:
                known.append(users.create(unit, draft(str(number)), limit=1000).id)
        counts.append((world.clock.now_us(), len(known)))
    hours = (world.clock.now_us() - begun) // HOUR + 3
    for _ in range(200):
        first = begun + random.randrange(-5, hours) * HOUR
        end = first + random.randrange(1, 60) * HOUR
        before = [number for at, number in counts if at <= first][-1:]
        expected = max([*before, *(number for at, number in counts if first <= at < end)], default=0)
        with world.open() as unit:
            assert users.peak(unit, first, end) == expected


def test_each_tenant_has_its_own_count(world: World) -> None:
    now = world.clock.now_us()
    with world.open(world.midori) as unit:
        users.create_many(unit, [draft(str(each)) for each in range(3)], limit=10)
    with world.open() as unit:
        assert users.peak(unit, now // HOUR * HOUR, now + HOUR) == 0
    world.clock.advance(days=400)
    with world.open(world.midori) as unit:
        assert users.peak(unit, now + 1000 * HOUR, now + 1001 * HOUR) == 3


def test_those_who_exist_already_are_counted_from_the_tenants_first_hour(database_url: str) -> None:
    chosen = settings.load(database_url=database_url, environment="test")
    migrate.upgrade(chosen)
    migrate.downgrade(chosen, "schedule")
    with migrate.connect(chosen) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        row = f"('t', 's', 'S', '#000000', '', 'UTC', 1, 1, {5 * HOUR + 7}, '', NULL)"
        connection.execute(text(f"INSERT INTO tenants VALUES {row}"))
        connection.execute(text("INSERT INTO seats VALUES ('t', 12)"))
        connection.commit()
    migrate.upgrade(chosen)
    with migrate.connect(chosen) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        assert connection.execute(text("SELECT * FROM seat_counts")).fetchall() == [("t", 5, 12, 12)]
