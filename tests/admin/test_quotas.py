"""How many requests a caller may send is told with every answer, and kept."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.admin.conftest import BASE, Client, World

from idp import admin, credentials
from idp.admin.quotas import STRICT, WIDE, Counter, Quota, Quotas, beside
from idp.kit.clock import FixedClock
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

SMALL = Quotas(Quota("caller", 3), Quota("customer", 5), Quota("address", 2))
POLICY = re.compile(r'"[a-z]+";q=\d+;w=\d+(, "[a-z]+";q=\d+;w=\d+)*')  # RFC 9651: a List of Items with Parameters
LIMIT = re.compile(r'"[a-z]+";r=\d+;t=\d+(, "[a-z]+";r=\d+;t=\d+)*')


def narrow(world: World, clock: FixedClock, **changes: Any) -> World:
    """The machine's own time is `clock`, which is not the one that contracts go by."""
    house = replace(world.house, throttle=world.house.throttle._replace(clock=clock))
    app = admin.build(house, counter=Counter(SMALL, **changes))
    return replace(world, house=house, app=Hallway(Dispatcher([], fallback=app), base_url=BASE))


@pytest.fixture
def machine() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, tzinfo=UTC))


def test_every_answer_says_how_many_are_left(world: World, machine: FixedClock) -> None:
    narrowed = narrow(world, machine)
    tenant, operator = narrowed.client("aoba"), narrowed.client("operator")
    first = tenant.get("/tenants/aoba")
    assert first.headers["ratelimit-policy"] == '"caller";q=3;w=60, "customer";q=5;w=60'
    assert first.headers["ratelimit"] == '"caller";r=2;t=60, "customer";r=4;t=60'
    machine.advance(seconds=10)
    unchanged = tenant.get("/tenants/aoba", if_none_match=first.etag)
    assert (unchanged.status, unchanged.headers["ratelimit"]) == (304, '"caller";r=1;t=50, "customer";r=3;t=50')
    missing = tenant.get("/tenants/none")
    assert (missing.status, missing.headers["ratelimit"]) == (404, '"caller";r=0;t=50, "customer";r=2;t=50')
    assert operator.get("/system").headers["ratelimit"] == '"caller";r=2;t=60'
    for reply in (first, unchanged, missing):
        assert POLICY.fullmatch(reply.headers["ratelimit-policy"])
        assert LIMIT.fullmatch(reply.headers["ratelimit"])


def test_paths_and_methods_that_are_not_there_count_as_any_other(world: World, machine: FixedClock) -> None:
    narrowed = narrow(world, machine)
    tenant = narrowed.client("aoba")
    replies = [tenant.get("/api/v1"), tenant.ask("PUT", "/contracts"), tenant.get("/contracts"), tenant.get("/none")]
    assert [reply.status for reply in replies] == [404, 405, 200, 429]
    assert [reply.headers["ratelimit"][:12] for reply in replies] == [
        '"caller";r=2',
        '"caller";r=1',
        *['"caller";r=0'] * 2,
    ]
    assert replies[-1].headers["retry-after"] == "60"
    nobody = replace(narrowed, app=narrow(world, machine).app).nobody
    strays = [nobody.get("/none") for _ in range(3)]
    assert [(reply.status, reply.headers["ratelimit-policy"]) for reply in strays] == [
        (404, '"address";q=2;w=60'),
        (404, '"address";q=2;w=60'),
        (429, '"address";q=2;w=60'),
    ]


def test_who_has_used_them_up_waits_until_the_window_ends(world: World, machine: FixedClock) -> None:
    narrowed = narrow(world, machine)
    tenant = narrowed.client("aoba")
    assert [tenant.get("/contracts").status for _ in range(4)] == [200, 200, 200, 429]
    refused = tenant.get("/contracts")
    assert (refused.code, refused.headers["content-type"]) == ("too_many_requests", "application/problem+json")
    assert refused.headers["retry-after"] == "60"
    assert refused.headers["ratelimit"].startswith('"caller";r=0;t=60')
    world.clock.advance(days=30)  # contracts' time does not help
    assert tenant.get("/contracts").status == 429
    machine.advance(seconds=60)
    assert tenant.get("/contracts").status == 200


def test_one_customer_leaves_the_others_theirs(world: World, machine: FixedClock) -> None:
    narrowed = narrow(world, machine)
    keys = [Client(narrowed.app, world.key("aoba", "*:*").bearer) for _ in range(3)]
    answered = [key.get("/contracts").status for key in keys for _ in range(2)]
    assert answered == [200] * 5 + [429]
    assert narrowed.client("midori").get("/contracts").status == 200
    assert narrowed.client("partner").get("/contracts").status == 200


@pytest.mark.attack("M15")
def test_whoever_guesses_keys_is_counted_by_address(world: World, machine: FixedClock) -> None:
    narrowed = narrow(world, machine)
    guess = Client(narrowed.app, "ak_0_0_0")
    assert [guess.get("/system").status for _ in range(3)] == [401, 401, 429]
    machine.advance(seconds=60)
    assert guess.get("/system").status == 401


@pytest.mark.attack("U4")
def test_strangers_lock_nobody_out_who_is_known_at_their_address(world: World, machine: FixedClock) -> None:
    narrowed = narrow(world, machine)
    stranger = replace(world, app=narrowed.app).nobody
    assert [stranger.get(path).status for path in ("/none", "/system", "/none")] == [404, 401, 429]
    assert narrowed.client("operator").get("/system").status == 200
    assert narrowed.client("aoba").get("/none").status == 404


def test_what_is_only_observed_is_never_refused(world: World, machine: FixedClock) -> None:
    tenant = narrow(world, machine, enforce=False).client("aoba")
    replies = [tenant.get("/contracts") for _ in range(6)]
    assert [reply.status for reply in replies] == [200] * 6
    assert replies[-1].headers["ratelimit"] == '"caller";r=0;t=60, "customer";r=0;t=60'


def test_addresses_of_one_network_are_one() -> None:
    counter = Counter(SMALL)
    assert counter.of_address("2001:db8::1") == counter.of_address("2001:db8::ffff:2")
    assert counter.of_address("2001:db8:0:1::1") != counter.of_address("2001:db8::1")
    assert counter.of_address("::ffff:192.0.2.1") == counter.of_address("192.0.2.1")
    assert counter.of_address("::") != counter.of_address("")


def test_memory_is_bounded() -> None:
    counter = Counter(SMALL)
    for number in range(50_000):
        counter.count([(SMALL.address, str(number))], now_us=number)
    assert len(counter._windows) <= 20_000
    assert STRICT.caller.most < WIDE.caller.most


def test_outside_production_nobody_meets_them(world: World) -> None:
    assert WIDE.address.most / WIDE.address.window >= 500
    told = world.client("aoba").get("/contracts").headers["ratelimit-policy"]
    assert told.startswith(f'"caller";q={WIDE.caller.most};w=60')
    assert beside(credentials.STRICT) == STRICT
