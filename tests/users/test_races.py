"""Of many at once exactly as many win as may, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.users.test_users import add, admin, draft

from idp import users
from idp.kit.errors import Conflict

AT_ONCE = 8


def race(world, acts):
    """What each act came to: its result, or the code of its refusal."""
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        try:
            with world.open() as unit:
                return act(unit)
        except Conflict as conflict:
            return conflict.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_the_last_seat_is_given_once(world):
    add(world, "first@aoba.example")
    acts = [lambda unit, n=n: users.create(unit, draft(f"{n}@aoba.example"), limit=4) for n in range(AT_ONCE)]
    outcomes = race(world, acts)
    assert outcomes.count("id_limit_reached") == AT_ONCE - 3
    with world.open() as unit:
        assert users.seats_used(unit) == len(users.page(unit)) == 4


def test_a_name_is_given_once(world):
    acts = [lambda unit: users.create(unit, draft("same@aoba.example"), limit=50)] * AT_ONCE
    assert race(world, acts).count("user_name_taken") == AT_ONCE - 1
    with world.open() as unit:
        assert users.seats_used(unit) == 1


def test_a_new_name_and_a_new_person_do_not_share_it(world):
    taro = add(world)
    for n in range(4):
        name = f"wanted{n}@aoba.example"
        acts = [
            lambda unit, name=name: users.change(unit, taro.id, {"user_name": name}),
            lambda unit, name=name: users.create(unit, draft(name), limit=50),
        ]
        assert race(world, acts).count("user_name_taken") == 1


def test_administrators_who_disable_each_other_leave_one(world):
    admins = [admin(world, f"{n}@aoba.example") for n in range(4)]
    acts = [lambda unit, who=who: users.disable(unit, who.id) for who in admins]
    assert race(world, acts).count("last_admin_locked_out") == 1
    with world.open() as unit:
        assert sum(identity.active_at(unit.now_us) for identity in users.page(unit)) == 1
