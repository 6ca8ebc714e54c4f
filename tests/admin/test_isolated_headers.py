"""What one tenant has used as `Idempotency-Key` or read as `ETag` means nothing in the requests of another."""

from copy import copy
from typing import Any

import pytest
from tests.admin.conftest import Client, Reply, World
from tests.admin.isolation import Neighbours, plain
from tests.admin.test_rights_table import table
from tests.admin.things import called
from tests.admin.valid import DOCUMENTS

from idp.admin import repeats, serving
from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.kit import ids

# They end what all the others need, or wait for a day.
_FINAL = {"POST /contracts/{contract}/stop", "POST /tenants/{tenant}/keys/rotate"}


def repeatable() -> list[Route]:
    return [
        route
        for route in ROUTES
        if route.method == "POST"
        and "yes" in (table()[called(route)].answers["tenant"], table()[called(route)].answers["partner"])
        and (route.takes is None) is (called(route) not in DOCUMENTS)
        and route.takes_file is None
        and called(route) not in _FINAL
    ]


class Sides:
    def __init__(self, world: World) -> None:
        self.ours = Neighbours(world)
        self.theirs = copy(self.ours)
        self.theirs.own = self.ours.theirs
        self.stranger = Client(world.app, world.keys["stranger"])

    def ask(self, side: Neighbours, client: Client, route: Route, key: str) -> Reply:
        """The first document that is valid there, filled anew."""
        things = side.own
        if "{" in route.path:
            things.renew(route.path)
        document = None if route.takes is None else side.filled(DOCUMENTS[called(route)][0])
        return client.ask("POST", things.place(route.path), document, idempotency_key=key)


@pytest.mark.attack("M16")
def test_a_key_of_repetition_is_each_callers_own(world: World) -> None:
    """Theirs is used first, with success; ours under the same name is done anew, as under any other."""
    sides, asked, leaks = Sides(world), 0, []
    for route in repeatable():
        of_tenant = table()[called(route)].answers["tenant"] == "yes"
        theirs = sides.ours.victim if of_tenant else sides.stranger
        ours = sides.ours.callers["tenant" if of_tenant else "partner"]
        key = ids.new("k")
        first = sides.ask(sides.theirs, theirs, route, key)
        found = sides.ask(sides.ours, ours, route, key)
        usual = sides.ask(sides.ours, ours, route, ids.new("k"))
        asked += 1
        if found.status != usual.status or any(secret.encode() in found.raw for secret in sides.ours.secret):
            leaks.append(f"{called(route)}: {first.status}, then {found.status} {found.raw[:200]!r}")
    assert leaks == []
    assert asked > 30


def test_a_build_that_knows_keys_of_repetition_by_their_name_alone_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one home: two partners, both at the platform."""
    sides = Sides(world)
    (route,) = (route for route in ROUTES if called(route) == "POST /notices")

    def of_anybody(caller: str, path: str, key: str) -> Any:
        return repeats.repeat_of("anybody", path, key)

    monkeypatch.setattr(serving, "repeat_of", of_anybody)
    key = ids.new("k")
    first = sides.ask(sides.theirs, sides.stranger, route, key)
    found = sides.ask(sides.ours, sides.ours.callers["partner"], route, key)
    assert (first.status, found.status) == (201, 422)  # another's body


def test_an_etag_of_theirs_is_like_one_that_nobody_was_given(world: World) -> None:
    sides, asked, leaks = Sides(world), 0, []
    made_up = '"4711-0000000000000000"'
    tenant = sides.ours.callers["tenant"]
    for route in ROUTES:
        if not route.versioned or route.status == 201 or table()[called(route)].answers["tenant"] != "yes":
            continue
        if route.method != "GET":
            continue
        theirs = sides.ours.victim.get(sides.theirs.own.place(route.path))
        if theirs.status != 200:
            continue
        path = sides.ours.own.place(route.path)
        usual = tenant.get(path, if_none_match=made_up)
        found = tenant.get(path, if_none_match=theirs.etag)
        asked += 1
        same = found.status == 304 and theirs.raw == usual.raw  # word for word, as terms are: it tells nothing
        if not same and (found.status, plain(found, "")) != (usual.status, plain(usual, "")):
            leaks.append(f"{called(route)}: {found.status} {found.raw[:200]!r}")
        changes = [
            each
            for each in ROUTES
            if (each.path, each.method) == (route.path, "PATCH")
            and each.versioned
            and table()[called(each)].answers["tenant"] == "yes"
        ]
        for change in changes:
            etag = f'"9{theirs.etag[1:]}'  # a version that ours does not have
            refused = tenant.patch(path, sides.ours.filled(DOCUMENTS[called(change)][0]), if_match=etag)
            known = tenant.patch(path, sides.ours.filled(DOCUMENTS[called(change)][0]), if_match=made_up)
            asked += 1
            if (refused.status, plain(refused, etag)) != (412, plain(known, made_up)):
                leaks.append(f"{called(change)}: {refused.status} {refused.raw[:200]!r}")
    assert leaks == []
    assert asked >= 10
