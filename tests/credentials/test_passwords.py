import asyncio
import threading
from statistics import median
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.credentials.password_policy import refuse_guessable, refuse_impossible
from idp.credentials.passwords import LONGEST, Cost, HashPool, prepared
from idp.kit.errors import Invalid, Unavailable

CHEAP = Cost(memory_kib=64, passes=1)


@pytest.fixture
def pool():
    pool = HashPool(cores=2, waiting=2, cost=CHEAP)
    yield pool
    pool.close()


def test_the_right_password_is_right_and_every_other_is_wrong(pool):
    encoded = pool.hash("demo-Passw0rd!")
    assert pool.verify(encoded, "demo-Passw0rd!").right
    assert not pool.verify(encoded, "demo-Passw0rd").right
    assert not pool.verify(None, "demo-Passw0rd!").right


def test_the_hash_is_argon2id_at_the_chosen_cost_and_salted():
    pool = HashPool(cores=1, waiting=1)
    try:
        first, second = pool.hash("demo-Passw0rd!"), pool.hash("demo-Passw0rd!")
    finally:
        pool.close()
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second


def test_every_keyboard_gives_the_same_password(pool):
    encoded = pool.hash("ﾊﾟｽﾜｰﾄﾞ１２３")
    assert pool.verify(encoded, "パスワード123").right


@pytest.mark.parametrize("boundary", [52, 55, 56, 64, 71, 72, 128, 255, 512, 1_023])
def test_no_boundary_hides_the_rest_of_a_password(pool, boundary):
    password = "a" * boundary
    encoded = pool.hash(password + "x")
    assert pool.verify(encoded, password + "x").right
    assert not pool.verify(encoded, password + "y").right
    assert not pool.verify(encoded, password).right


def test_a_nul_does_not_end_a_password(pool):
    encoded = pool.hash("demo\0Passw0rd!")
    assert pool.verify(encoded, "demo\0Passw0rd!").right
    assert not pool.verify(encoded, "demo").right
    assert not pool.verify(encoded, "demo\0").right


@pytest.mark.parametrize(
    "password", ["", "x" * (LONGEST + 1), "あ" * 342, "x" * 1_000_000, "\ufdfa" * 100, "lone \ud800 surrogate"]
)
def test_what_can_be_no_password_is_wrong_without_being_hashed(pool, password):
    assert prepared(password) is None
    began = perf_counter()
    assert not pool.verify(None, password).right
    assert perf_counter() - began < 0.05


def test_the_longest_password_is_one():
    assert prepared("x" * LONGEST) == b"x" * LONGEST


@given(st.text(max_size=400))
def test_what_is_prepared_is_short_enough_and_prepared_for_good(password):
    plain = prepared(password)
    if plain is not None:
        assert 0 < len(plain) <= LONGEST
        assert prepared(plain.decode()) == plain


def test_a_right_password_is_hashed_anew_when_the_cost_has_risen(pool):
    old = pool.hash("demo-Passw0rd!")
    dearer = HashPool(cores=1, waiting=1, cost=Cost(memory_kib=128, passes=1))
    try:
        verdict = dearer.verify(old, "demo-Passw0rd!")
        assert verdict.right
        assert verdict.replacement is not None
        assert dearer.verify(verdict.replacement, "demo-Passw0rd!") == (True, None)
        assert dearer.verify(old, "wrong") == (False, None)
    finally:
        dearer.close()


def test_a_damaged_hash_opens_nothing(pool):
    assert not pool.verify("$argon2id$damaged", "demo-Passw0rd!").right


def test_an_unknown_account_takes_as_long_as_a_known_one():
    pool = HashPool(cores=1, waiting=1)
    try:
        encoded = pool.hash("demo-Passw0rd!")
        known, unknown = [], []
        for _ in range(15):
            for times, stored in ((known, encoded), (unknown, None)):
                began = perf_counter()
                pool.verify(stored, "wrong password")
                times.append(perf_counter() - began)
    finally:
        pool.close()
    assert 0.7 < median(unknown) / median(known) < 1.4


class Held:
    """A job that keeps its worker until it is let go."""

    def __init__(self, pool, times):
        self.gate = threading.Event()
        self.futures = [pool._submit(lambda: self.gate.wait(10)) for _ in range(times)]

    def let_go(self):
        self.gate.set()
        assert all(future.result(10) for future in self.futures)


def test_beyond_the_cores_and_the_queue_the_answer_is_later(pool):
    held = Held(pool, times=4)
    with pytest.raises(Unavailable) as raised:
        pool.verify(None, "demo-Passw0rd!")
    assert raised.value.retry_after == 1
    held.let_go()
    assert not pool.verify(None, "demo-Passw0rd!").right


def test_who_stops_waiting_leaves_the_queue(pool):
    held = Held(pool, times=3)
    waiting = pool.verifying(None, "demo-Passw0rd!")
    assert waiting.cancel()
    another = pool.verifying(None, "demo-Passw0rd!")
    held.let_go()
    assert not another.result(10).right


def test_never_more_hashes_at_once_than_cores(pool):
    running, most, lock = 0, 0, threading.Lock()
    barrier = threading.Event()

    def job():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        barrier.wait(0.02)
        with lock:
            running -= 1

    for future in [pool._submit(job) for _ in range(4)]:
        future.result(10)
    assert most == 2


def test_a_closed_pool_says_that_it_cannot(pool):
    pool.close()
    with pytest.raises(Unavailable):
        pool.verify(None, "demo-Passw0rd!")


def test_an_event_loop_can_wait_for_it(pool):
    encoded = pool.hash("demo-Passw0rd!")

    async def verify():
        return await asyncio.wrap_future(pool.verifying(encoded, "demo-Passw0rd!"))

    assert asyncio.run(verify()).right


def test_each_job_is_timed():
    seconds = []
    pool = HashPool(cores=1, waiting=1, cost=CHEAP, observe=seconds.append)
    pool.verify(None, "demo-Passw0rd!")
    pool.close()
    assert len(seconds) == 1


@pytest.mark.parametrize("password", ["demo-Passw0rd!", "12345678", "あいうえおかきく"])
def test_a_password_that_is_brought_along_has_only_to_pass_the_floor(password):
    refuse_impossible(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("1234567", "too_short"),
        ("", "too_short"),
        ("ﾊﾟ" * 7, "too_short"),
        ("x\ud800" * 9, "too_long"),
        ("x" * 1_025, "too_long"),
    ],
)
def test_the_floor_names_its_reason_and_not_the_password(password, code):
    with pytest.raises(Invalid) as raised:
        refuse_impossible(password)
    [error] = raised.value.errors
    assert (error.pointer, error.code, error.found) == ("/password", code, None)


@pytest.mark.parametrize("password", ["correct horse battery", "x7Gq-2vT9_Lm", "x" * 20 + "kPw9-eT" * 140])
def test_a_person_may_choose_what_is_hard_to_guess(password):
    refuse_guessable(password, about=["taro@aoba.example"])


@pytest.mark.parametrize("password", ["password1!", "aobaaoba", "qwertyuiop", "taro-aoba"])
def test_a_person_may_not_choose_what_is_guessed_first(password):
    with pytest.raises(Invalid) as raised:
        refuse_guessable(password, about=["taro@aoba.example", "株式会社あおば"])
    assert raised.value.errors[0].code == "too_guessable"
