"""Every route keeps what the API promises of conditions and of repetition: asked one by one, as the table has them."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.admin.conftest import Client, World
from tests.admin.test_rights_table import things_of
from tests.admin.things import TERMS, Things, called
from tests.admin.valid import DOCUMENTS

from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.contracts import Status
from idp.kit import ids

STALE = '"0-0000000000000000"'
# What is there or is not, and never another: who is in a group, who is assigned, who has a role, a key, its former
# secret, a session.
NEVER_CHANGED = re.compile(
    r"/(members/\{user\}|groups/\{inner\}|assignments/\{assignment\}|roles/\{role\}|api-keys/\{key\}|sessions/\{session\}"
    r"|credentials/\{credential\}|changes/\{change\}|support-access/\{grant\}|api-keys/\{key\}/secret/former)$"
)
# Made of other things at each reading, with no version of its own.
MADE_UP = re.compile(
    r"(/audit/verify|/impact|/in-force|/explanation|/export|/snippets|/erasure-certificate|/traces/\{reference\}"
    r"|/tenants/\{tenant\}/terms|/system|/approvals/\{approval\}|/changes/\{change\}|/support-access/\{grant\})$"
)
VERSIONED = [route for route in ROUTES if route.versioned and route.status != 201]
REPEATED = [route for route in ROUTES if route.method == "POST" and not route.asks and route.takes_file is None]


def test_what_can_change_has_a_version() -> None:
    """And of what holds many changes, one can see first what they would do."""
    bare = [route for route in ROUTES if route.method != "POST" and not route.pages and not route.versioned]
    unexplained = [
        called(route) for route in bare if not (NEVER_CHANGED if route.method != "GET" else MADE_UP).search(route.path)
    ]
    assert unexplained == []
    assert all("dry_run" in route.parameters for route in ROUTES if route.takes_file is not None)


@pytest.fixture
def things(world: World) -> Things:
    found = things_of(world, "aoba", world.contract_of("aoba"))
    world.client("operator").post(f"/contracts/{found.contract}/ids", {"ids": 100})
    for route in ROUTES:
        found.place(route.path)
    return found


def filled(things: Things, document: Any) -> Any:
    """With what it names."""

    def fill(held: re.Match[str]) -> str:
        name = held[1]
        if name == "n":
            return ids.new("n").replace("_", "x")
        if name == "network_name":
            where = f"/tenants/aoba/networks/{things.of('network', '/tenants/aoba')}"
            return str(things.operator.get(where).body["name"])
        return things.of(name, "/tenants/aoba")

    if isinstance(document, str):
        return re.sub(r"\{([a-z_]+)\}", fill, document)
    if isinstance(document, dict):
        return {name: filled(things, value) for name, value in document.items()}
    return [filled(things, value) for value in document] if isinstance(document, list) else document


def ask(things: Things, route: Route, client: Client, document: Any, **headers: str) -> Any:
    query = "?act=suspend" if "act" in route.filters else ""
    return client.ask(route.method, things.place(route.path) + query, document, **headers)


OPERATORS: dict[str, Any] = {
    "POST /partners": {"name": "{n}"},
    "POST /partners/{partner}/users": {"user_name": "{n}", "display_name": "{n}", "email": "{n}@aoba.example"},
    "POST /partners/{partner}/api-keys": {"name": "{n}", "permissions": ["users:read"]},
    "POST /plans": {"name": "{n}", "product": "ID_PLUS", "price_per_id": 300},
    "POST /terms": {**TERMS, "version": "2"},
}


def sent_to(things: Things, route: Route) -> Any:
    """Those that operators alone send need a reason, if anything."""
    if route.takes is None:
        return None
    usual = {"reason": "{n}"} if "reason" in route.takes.model_fields else {}
    return filled(things, DOCUMENTS.get(called(route), (OPERATORS.get(called(route), usual),))[0])


def test_no_read_and_no_change_goes_past_the_version_that_the_caller_has(things: Things) -> None:
    """One that it has is not sent again, and another than it has seen is not changed."""
    for route in VERSIONED:
        if route.method == "GET":
            first = ask(things, route, things.operator, None)
            assert first.status == 200, (called(route), first.raw)
            again = ask(things, route, things.operator, None, if_none_match=first.etag)
            assert (again.status, again.raw) == (304, b""), called(route)
        elif not route.asks:
            reply = ask(things, route, things.operator, sent_to(things, route), if_match=STALE)
            assert reply.status == 412, (called(route), reply.status, reply.raw)


def about(things: Things, route: Route) -> Things:
    """What ends a contract ends one that nothing else needs."""
    if "{contract}" not in route.path:
        return things
    slug = ids.new("x")[-12:].lower()
    status = _BEFORE.get(route.path.rpartition("/")[2], Status.ACTIVE)
    contract = things.world.bring(slug, status)
    return replace(things, contract=contract, made={**things.made, ("contract", ""): contract})


_BEFORE = {
    "screen": Status.APPLIED,
    "approve": Status.SCREENING,
    "reject": Status.SCREENING,
    "withdraw": Status.SCREENING,
    "setup-completed": Status.APPROVED,
    "resume": Status.SUSPENDED,
    "erase": Status.ENDED,
}
# Nothing of the kind is there to be done: what is refused is not kept, and may succeed the next time.
REFUSED = {
    "POST /tenants/{tenant}/keys/rotate",
    "POST /tenants/{tenant}/policies/confirm",
    "POST /tenants/{tenant}/services/{service}/certificate",
    "POST /tenants/{tenant}/services/{service}/certificate/back",
    "POST /tenants/{tenant}/services/{service}/metadata/accept",
    "POST /tenants/{tenant}/services/{service}/metadata/refresh",
    "POST /tenants/{tenant}/services/{service}/metadata/reject",
    "POST /tenants/{tenant}/support-access",  # the tenant's alone to grant
    "POST /tenants/{tenant}/users/{user}/changes/{change}/undo",  # nothing has been done yet
    "POST /tenants/{tenant}/users/{user}/invitation",
    "POST /terms/{version}/publish",
}


def test_every_request_that_is_sent_again_has_its_effect_once(things: Things) -> None:
    refused = set()
    for route in REPEATED:
        here = about(things, route)
        document = sent_to(here, route)
        first, again = (ask(here, route, things.operator, document, idempotency_key="k") for _ in range(2))
        if first.status < 300:
            assert (again.status, again.body) == (first.status, first.body), (called(route), first.raw, again.raw)
            other = ask(here, route, things.operator, {"another": ids.new("x")}, idempotency_key="k")
            code = "invalid" if route.takes is None else "idempotency_key_reused"
            assert (other.status, other.code) == (422, code), called(route)
        elif not route.path.startswith("/system"):
            refused.add(f"{called(route)} {first.raw[:200]}")
    assert {each.partition(" b'")[0] for each in refused} <= REFUSED, refused
