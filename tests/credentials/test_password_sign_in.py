from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from tests.support.passwords import PasswordSignIn, Typed
from tests.support.rooms import ACTOR

from idp import credentials, users
from idp.credentials import Cost, HashPool, Limit, Throttle, Verdict
from idp.credentials.password_sign_in import begin_check, finish_check
from idp.kit.clock import SECOND, FixedClock
from idp.kit.errors import NotFound, TooMany
from idp.users import Affiliation, Draft, Role
from idp.web.sweeping import steps

NAME, PASSWORD = "taro@aoba.example", "demo-Passw0rd!"
DRAFT = Draft(NAME, "青葉 太郎", NAME, Affiliation.EMPLOYEE, frozenset({Role.MEMBER}), None, {})
CHEAP = Cost(memory_kib=64, passes=1)


@pytest.fixture
def pool():
    pool = HashPool(cores=2, waiting=50, cost=CHEAP)
    yield pool
    pool.close()


@pytest.fixture
def taro(world, pool):
    encoded = pool.hash(PASSWORD)
    with world.open() as unit:
        created = users.create(unit, DRAFT, limit=10)
        credentials.set_password(unit, created.id, encoded)
        return users.get(unit, created.id)


@pytest.fixture
def machine():
    """The machine's own time, which is not the one that contracts go by."""
    return FixedClock(datetime(2031, 1, 1, tzinfo=UTC))


@pytest.fixture
def sign_in(world, pool, machine):
    limits = Throttle(Limit(5, 30 * SECOND), Limit(20, SECOND), clock=machine)
    checks = PasswordSignIn(world.units, pool, limits)

    def check(user_name=NAME, password=PASSWORD, address="192.0.2.7", tenant=None):
        return checks.check(tenant or world.aoba, Typed(user_name, password, address), actor=ACTOR)

    return check


def test_the_right_password_signs_in_and_a_wrong_one_does_not(sign_in, taro, world):
    assert sign_in() == taro
    assert sign_in(user_name="TARO@aoba.example") == taro
    assert sign_in(password="demo-Passw0rd") is None
    assert world.events().count("sign_in.failed") == 1


def test_the_same_answer_for_every_reason(sign_in, taro, world):
    with world.open() as unit:
        other = users.create(unit, DRAFT._replace(user_name="no-password"), limit=10)
    assert sign_in(password="wrong") is None
    assert sign_in(user_name="nobody") is None
    assert sign_in(user_name=other.user_name) is None
    assert sign_in(tenant=world.midori) is None
    with world.open() as unit:
        users.disable(unit, taro.id)
    assert sign_in() is None
    with world.open() as unit:
        users.enable(unit, taro.id)
    assert sign_in() is not None
    with world.open() as unit:
        users.delete(unit, taro.id)
        credentials.forget_user(unit, taro.id)
    assert sign_in() is None


def test_a_password_that_changed_while_it_was_verified_signs_nobody_in(world, pool, taro):
    limits = Throttle(Limit(5, SECOND), Limit(5, SECOND))
    with world.open() as unit:
        check = begin_check(unit, NAME, address="192.0.2.7", limits=limits)
    new = pool.hash("another-Passw0rd!")
    with world.open() as unit:
        credentials.set_password(unit, taro.id, new)
    with world.open() as unit:
        assert finish_check(unit, check, Verdict(right=True)) is None


def test_a_new_password_ends_the_old_one_and_what_it_opened(sign_in, world, pool, taro):
    new = pool.hash("another-Passw0rd!")
    with world.open() as unit:
        credentials.set_password(unit, taro.id, new)
        after = users.get(unit, taro.id)
    assert after.generation == taro.generation + 1
    assert sign_in() is None
    assert sign_in(password="another-Passw0rd!") == after
    assert world.events().count("password.set") == 2


def test_a_password_is_for_an_id_that_exists(world):
    with pytest.raises(NotFound), world.open() as unit:
        credentials.set_password(unit, "usr_none", "x")


def test_a_right_password_is_stored_anew_at_the_present_cost(world, taro, sign_in):
    dearer = HashPool(cores=1, waiting=1, cost=Cost(memory_kib=128, passes=1))
    limits = Throttle(Limit(5, SECOND), Limit(5, SECOND))
    assert PasswordSignIn(world.units, dearer, limits).check(world.aoba, Typed(NAME, PASSWORD, ""), actor=ACTOR) == taro
    dearer.close()
    with world.open() as unit:
        assert "m=128" in begin_check(unit, NAME, address="", limits=limits).encoded
    assert sign_in() == taro


def test_the_hash_is_stored_sealed(world, taro):
    with world.open() as unit:
        [row] = unit.lane.execute("SELECT hash FROM passwords", {}).fetchall()
        assert credentials.has_password(unit, taro.id)
    assert b"argon2" not in row[0]


def test_too_many_failures_wait_and_are_told_how_long(sign_in, taro, machine):
    for _ in range(5):
        assert sign_in(password="wrong") is None
    with pytest.raises(TooMany) as raised:
        sign_in()
    assert raised.value.retry_after == 30
    machine.advance(seconds=29)
    with pytest.raises(TooMany):
        sign_in()
    machine.advance(seconds=1)
    assert sign_in() == taro


@pytest.mark.parametrize("spelling", ["TARO@aoba.example", " taro@aoba.example", "ｔａｒｏ@aoba.example"])
def test_no_spelling_gives_more_tries(sign_in, taro, spelling):
    for _ in range(5):
        sign_in(password="wrong")
    with pytest.raises(TooMany):
        sign_in(user_name=spelling)


def test_an_unknown_name_is_throttled_like_a_known_one(sign_in, taro):
    for _ in range(5):
        assert sign_in(user_name="nobody") is None
    with pytest.raises(TooMany) as raised:
        sign_in(user_name="nobody")
    assert raised.value.retry_after == 30
    assert sign_in() == taro


def test_success_costs_no_tries(sign_in, taro):
    for _ in range(30):
        assert sign_in() == taro


def test_an_address_is_throttled_over_all_names_and_its_ipv6_network_is_one(sign_in, taro):
    for n in range(20):
        sign_in(user_name=f"nobody{n}", address=f"2001:db8::{n:x}")
    with pytest.raises(TooMany):
        sign_in(address="2001:db8::ffff:1")
    assert sign_in(address="2001:db8:0:1::1") == taro
    assert sign_in(address="192.0.2.7") == taro


def test_an_address_that_has_spent_its_tries_spends_none_of_the_account(sign_in, taro):
    for n in range(20):
        sign_in(user_name=f"nobody{n}", address="198.51.100.1")
    for _ in range(20):
        with pytest.raises(TooMany):
            sign_in(password="wrong", address="::ffff:198.51.100.1")
    assert sign_in() == taro


def test_the_neighbour_s_tries_are_not_ours(sign_in, taro, world):
    for _ in range(5):
        sign_in(password="wrong", tenant=world.midori)
    assert sign_in() == taro


def test_observed_limits_refuse_nobody(world, pool, machine, taro):
    limits = Throttle(Limit(1, SECOND), Limit(1, SECOND), enforce=False, clock=machine)
    checks = PasswordSignIn(world.units, pool, limits)
    for _ in range(5):
        assert checks.check(world.aoba, Typed(NAME, "wrong", "192.0.2.7"), actor=ACTOR) is None
    assert checks.check(world.aoba, Typed(NAME, PASSWORD, "192.0.2.7"), actor=ACTOR) == taro


def test_what_is_free_again_is_swept(sign_in, world, machine, taro):
    limits = Throttle(Limit(5, SECOND), Limit(5, SECOND), clock=machine)
    sign_in(password="wrong")
    (sweep,) = credentials.sweeps(limits)
    assert sum(steps(world.units, world.aoba, sweep)) == 0
    machine.advance(minutes=10)
    assert sum(steps(world.units, world.aoba, sweep)) == 2
    assert sign_in() == taro


def test_of_many_tries_at_once_as_many_pass_as_may(world, machine, taro):
    """The count is one conditional write, committed before the hash is computed."""
    limits = Throttle(Limit(5, 30 * SECOND), Limit(100, SECOND), clock=machine)

    def attempt(_):
        try:
            with world.open() as unit:
                begin_check(unit, NAME, address="192.0.2.7", limits=limits)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(40))) == 5


def test_many_ids_get_their_first_password_at_once(world, pool, sign_in):
    drafts = [Draft(f"{n}", "某", None, Affiliation.OFFICER, frozenset({Role.ADMIN}), None, {}) for n in range(10)]
    encoded = pool.hash(PASSWORD)
    with world.open() as unit:
        made = users.create_many(unit, drafts, limit=10, can_sign_in=True)
        credentials.set_first_passwords(unit, made, encoded)
    found = sign_in(user_name="7")
    assert found.id == made[7]
    assert found.can_sign_in
