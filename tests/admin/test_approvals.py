"""Terminal acts of the operator take two persons, over the API and on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from tests.admin.conftest import BASE, DESK, Client, Reply, World

from idp import credentials, users
from idp.admin.app import build
from idp.contracts import Status
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.kit.canonical import canonical
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

WHY = {"reason": "Art. 14.2: payment refused twice"}


@pytest.fixture
def careful(world: World) -> World:
    house = replace(world.house, two_person_acts=True)
    return replace(world, house=house, app=Hallway(Dispatcher([], fallback=build(house)), base_url=BASE))


def account(world: World, name: str, *, admin: bool = True) -> str:
    person = {"user_name": name, "display_name": name, "affiliation": "employee", "roles": ["admin"] if admin else []}
    with world.house.units.platform(actor=DESK) as unit:
        return users.create(unit, users.read(person, users.frame(unit)), limit=100).id


def key_of(world: World, owner: str) -> Client:
    """As the account itself would have made it, signed in."""
    with world.house.units.platform(actor=DESK) as unit:
        draft = KeyDraft("own", EVERYTHING, None)
        new = credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING, maker=owner)
    return Client(world.app, new.secret)


@pytest.fixture
def two(careful: World) -> tuple[Client, Client]:
    return key_of(careful, account(careful, "first")), key_of(careful, account(careful, "second"))


def propose(world: World, client: Client, act: str = "terminate", **more: str) -> Reply:
    contract = world.contract_of("aoba")
    reply = client.post(f"/contracts/{contract}/{act}", {**WHY, **more})
    assert reply.status == 202, reply.body
    return reply


def approve(client: Client, approval: str, **body: str) -> Reply:
    return client.post(f"/system/approvals/{approval}/approve", body or None)


def status(world: World) -> str:
    return str(world.client("operator").get(f"/contracts/{world.contract_of('aoba')}").body["status"])


def test_what_one_proposes_happens_when_another_approves(careful: World, two: tuple[Client, Client]) -> None:
    first, second = two
    before = first.get(f"/contracts/{careful.contract_of('aoba')}")
    proposed = propose(careful, first)
    after = first.get(f"/contracts/{careful.contract_of('aoba')}")
    assert (after.body, after.etag) == (before.body, before.etag)
    assert proposed.headers["location"].endswith(f"/system/approvals/{proposed.body['approval']}")

    shown = second.get(f"/system/approvals/{proposed.body['approval']}").body
    assert shown["state"] == "pending"
    assert shown["change"]["parameters"] == WHY
    assert (shown["change"]["act"], shown["tenant"]) == ("terminate", "aoba")
    assert shown["outcome"]["before"]["status"] == "active"
    assert shown["outcome"]["after"]["status"] == "ended"
    assert shown["digest"] == proposed.body["digest"] == sha256(canonical(shown["change"])).hexdigest()

    granted = approve(second, shown["id"], digest=shown["digest"])
    assert (granted.status, granted.body["state"], status(careful)) == (200, "approved", "ended")
    row = first.get(f"/contracts/{careful.contract_of('aoba')}/history").body["items"][-1]
    assert (row["event"], row["reason"]) == ("terminated", WHY["reason"])
    trail = [
        entry["facts"]
        for entry in first.get("/audit?tenant=aoba&limit=200").body["items"]
        if entry["event"] == "approval.granted"
    ]
    assert [(each["proposed_by"], each["decided_by"]) for each in trail] == [
        (granted.body["proposed_by"], granted.body["decided_by"])
    ]
    assert granted.body["proposed_by"] != granted.body["decided_by"]


def test_two_keys_of_one_account_are_one_person(careful: World) -> None:
    owner = account(careful, "first")
    one, other = key_of(careful, owner), key_of(careful, owner)
    proposed = propose(careful, one).body["approval"]
    for client in (one, other):
        refused = approve(client, proposed)
        assert (refused.status, refused.code) == (403, "second_operator_required")
    made = one.post("/system/api-keys", {"name": "third", "permissions": ["*:*"]})
    assert made.body["owner"] == owner
    assert approve(Client(careful.app, made.body["secret"]), proposed).code == "second_operator_required"
    assert status(careful) == "active"


def test_a_key_of_the_machine_is_no_second_operator_nor_is_one_that_it_made(careful: World) -> None:
    machine, owner = careful.client("operator"), account(careful, "second")
    proposed = propose(careful, machine).body["approval"]
    assert approve(machine, proposed).code == "operator_account_required"
    handed = machine.post("/system/api-keys", {"name": "k", "permissions": ["*:*"], "owner": owner})
    assert handed.body["owner"] == owner
    assert approve(Client(careful.app, handed.body["secret"]), proposed).code == "second_operator_required"
    assert approve(key_of(careful, owner), proposed).status == 200


def test_nobody_makes_a_key_for_somebody_else(careful: World, two: tuple[Client, Client]) -> None:
    body = {"name": "k", "permissions": ["*:*"], "owner": account(careful, "third")}
    assert two[0].post("/system/api-keys", body).status == 403
    unknown = careful.client("operator").post("/system/api-keys", {**body, "owner": "usr_none"})
    assert unknown.wrong() == {"/owner": "unknown_value"}
    assert careful.client("aoba").post("/tenants/aoba/api-keys", body).wrong() == {"/owner": "unknown_field"}


def test_a_key_is_as_good_as_its_owners_account(careful: World) -> None:
    owner, reader = account(careful, "first"), account(careful, "reader", admin=False)
    key = key_of(careful, owner)
    assert key_of(careful, reader).get("/system").status == 200
    assert key_of(careful, reader).post("/partners", {"name": "P"}).status == 403
    assert key.get("/system").status == 200
    account(careful, "another")
    with careful.house.units.platform(actor=DESK) as unit:
        users.disable(unit, owner)
    assert key.get("/system").status == 401


def test_a_contract_that_has_changed_since_is_left_alone(careful: World, two: tuple[Client, Client]) -> None:
    first, second = two
    proposed = propose(careful, first).body["approval"]
    first.post(f"/contracts/{careful.contract_of('aoba')}/suspend", WHY)
    refused = approve(second, proposed)
    assert (refused.status, refused.code) == (409, "contract_changed")
    assert status(careful) == "suspended"
    assert second.get(f"/system/approvals/{proposed}").body["state"] == "pending"


def test_an_approval_is_used_once_and_not_after_three_days(careful: World, two: tuple[Client, Client]) -> None:
    first, second = two
    late = propose(careful, first, "stop", stop_date="2026-06-30").body["approval"]
    careful.clock.advance(days=3)
    refused = approve(second, late)
    assert (refused.status, refused.code, refused.body["state"]) == (409, "approval_closed", "expired")
    proposed = propose(careful, first, "stop", stop_date="2026-06-30").body["approval"]
    assert proposed != late
    careful.clock.advance(days=2, hours=23)
    assert approve(second, proposed).status == 200
    again = approve(second, proposed)
    assert (again.code, again.body["state"]) == ("approval_closed", "approved")
    assert first.get(f"/contracts/{careful.contract_of('aoba')}").body["stop_date"] == "2026-06-30"


def test_a_proposal_can_be_turned_down_and_taken_back(careful: World, two: tuple[Client, Client]) -> None:
    for client in two:
        proposed = propose(careful, two[0]).body["approval"]
        assert client.post(f"/system/approvals/{proposed}/reject").body["state"] == "rejected"
        assert approve(two[1], proposed).code == "approval_closed"
    assert status(careful) == "active"


def test_the_second_approves_what_they_have_seen(careful: World, two: tuple[Client, Client]) -> None:
    proposed = propose(careful, two[0]).body["approval"]
    refused = approve(two[1], proposed, digest="0" * 64)
    assert (refused.status, refused.code) == (409, "digest_mismatch")
    assert status(careful) == "active"


def test_the_same_change_is_one_proposal(careful: World, two: tuple[Client, Client]) -> None:
    same = [propose(careful, client).body["approval"] for client in (two[0], two[0], two[1])]
    assert len(set(same)) == 1
    other = two[0].post(f"/contracts/{careful.contract_of('aoba')}/terminate", {"reason": "another"})
    assert other.body["approval"] not in same
    assert [row["id"] for row in two[0].get("/system/approvals").body["items"]] == [same[0], other.body["approval"]]


def test_what_cannot_be_is_refused_at_once_and_what_is_done_is_done(careful: World, two: tuple[Client, Client]) -> None:
    first = two[0]
    applied = careful.bring("kaede", Status.APPLIED)
    assert first.post(f"/contracts/{applied}/terminate", WHY).code == "illegal_transition"
    contract = careful.contract_of("aoba")
    assert first.post(f"/contracts/{contract}/stop", {**WHY, "stop_date": "2026-01-01"}).code == "past"
    assert first.post(f"/contracts/{contract}/terminate", WHY, if_match='"99-0"').status == 412
    assert first.post(f"/contracts/{contract}/terminate", {}).status == 422
    ended = careful.bring("sumire", Status.ENDED)
    assert first.post(f"/contracts/{ended}/terminate", WHY).status == 200
    assert first.get("/system/approvals").body["items"] == []


def test_the_customer_and_its_partner_stop_by_their_own_word(careful: World) -> None:
    contract = careful.contract_of("aoba")
    for name, day in (("aoba", "2026-08-31"), ("partner", "2026-09-30")):
        reply = careful.client(name).post(f"/contracts/{contract}/stop", {**WHY, "stop_date": day})
        assert (reply.status, reply.body["stop_date"]) == (200, day)


@pytest.mark.parametrize("path", ["/tenants/aoba/api-keys", "/partners/{partner}/api-keys"])
def test_no_operator_ends_a_contract_with_a_key_of_the_customer_that_they_made(
    careful: World, two: tuple[Client, Client], path: str
) -> None:
    wanted = {"name": "in disguise", "permissions": ["*:*"]}
    contract = careful.contract_of("aoba")
    makers = [careful.client("operator")]
    if path.startswith("/tenants"):  # a person of ours makes none at all for a tenant
        assert two[0].post(path, wanted).code == "support_access_required"
    else:
        makers.append(two[0])
    for maker in makers:
        made = maker.post(path.format(partner=careful.partner), wanted)
        assert made.status == 201, made.body
        first = Client(careful.app, made.body["secret"])
        disguised = [first]
        if path.startswith("/tenants"):
            disguised.append(Client(careful.app, first.post(path, wanted).body["secret"]))
        for client in disguised:
            for act, method, day in (("stop", "POST", "stop_date"), ("non-renewal", "PUT", "end_date")):
                refused = client.ask(method, f"/contracts/{contract}/{act}", {**WHY, day: "2026-08-31"})
                assert (refused.status, refused.code) == (403, "key_made_by_operator"), act
            assert client.get(f"/contracts/{contract}").status == 200
    assert status(careful) == "active"


def test_a_key_of_the_customer_that_an_operator_made_is_enough_where_one_operator_is(world: World) -> None:
    made = world.client("operator").post("/tenants/aoba/api-keys", {"name": "own", "permissions": ["*:*"]})
    contract = world.contract_of("aoba")
    body = {**WHY, "stop_date": "2026-08-31"}
    assert Client(world.app, made.body["secret"]).post(f"/contracts/{contract}/stop", body).status == 200


def test_without_the_setting_one_is_enough(world: World) -> None:
    contract = world.contract_of("aoba")
    reply = world.client("operator").post(f"/contracts/{contract}/terminate", WHY)
    assert (reply.status, reply.body["status"]) == (200, "ended")


def test_of_many_who_approve_at_once_one_does(careful: World, two: tuple[Client, Client]) -> None:
    proposed = propose(careful, two[0]).body["approval"]
    clients = [two[1], *(key_of(careful, account(careful, f"op{n}")) for n in range(7))]
    start = threading.Barrier(len(clients))

    def run(client: Client) -> Any:
        start.wait(timeout=20)
        return approve(client, proposed).status

    with ThreadPoolExecutor(len(clients)) as pool:
        assert sorted(pool.map(run, clients)) == [200] + [409] * 7
    rows = two[0].get(f"/contracts/{careful.contract_of('aoba')}/history").body["items"]
    assert [row["event"] for row in rows].count("terminated") == 1


def test_early_erasure_takes_two_as_well(careful: World, two: tuple[Client, Client]) -> None:
    first, second = two
    running = careful.contract_of("midori")
    refused = first.post(f"/contracts/{running}/erase", WHY)
    assert (refused.code, refused.body["state"]) == ("illegal_transition", "active")
    contract = careful.bring("sumire", Status.ENDED)
    proposed = first.post(f"/contracts/{contract}/erase", WHY)
    assert proposed.status == 202
    assert first.get(f"/contracts/{contract}").body["representative"] is not None
    assert first.get(f"/system/approvals/{proposed.body['approval']}").body["outcome"]["after"] is None
    granted = approve(second, proposed.body["approval"])
    assert (granted.status, granted.body["state"]) == (200, "approved")
    erased = first.get(f"/contracts/{contract}").body
    assert (erased["status"], erased["representative"]) == ("erased", None)
    assert first.post(f"/contracts/{contract}/erase", WHY).status == 200
    assert first.get(f"/system/approvals/{proposed.body['approval']}").body["decided_by"] is not None


def made_by(client: Client, name: str, **more: Any) -> str:
    document = {"user_name": name, "display_name": name, "affiliation": "employee", "roles": ["admin"], **more}
    made = client.post("/system/users", document)
    assert made.status == 201, made.body
    return str(made.body["id"])


def outcome_of(careful: World, proposer: Client, approver: str) -> str:
    proposed = propose(careful, proposer, "stop", stop_date="2026-06-30").body["approval"]
    reply = approve(key_of(careful, approver), proposed)
    careful.client("operator").post(f"/system/approvals/{proposed}/reject")
    return "approved" if reply.status == 200 else str(reply.code)


def test_whoever_made_an_account_is_not_approved_by_it_nor_it_by_them(careful: World) -> None:
    """Over others too: first made second, who made third."""
    first = account(careful, "first")
    by_first = key_of(careful, first)
    second = made_by(by_first, "second")
    third = made_by(key_of(careful, second), "third")
    for proposer, approver in ((first, second), (first, third), (third, first), (second, first), (third, second)):
        assert outcome_of(careful, key_of(careful, proposer), approver) == "second_operator_required"
    sibling = made_by(by_first, "sibling")
    assert outcome_of(careful, key_of(careful, second), sibling) == "approved"


def test_whoever_knows_two_passwords_is_both_persons(careful: World) -> None:
    machine = careful.client("operator")
    known = [made_by(machine, name, password="correct battery staple") for name in ("one", "two")]
    assert outcome_of(careful, key_of(careful, known[0]), known[1]) == "second_operator_required"
    by_letter = made_by(machine, "three", email="three@example.com")
    assert outcome_of(careful, machine, by_letter) == "second_operator_required"
    other = made_by(machine, "four", email="four@example.com")
    machine.patch(f"/system/users/{other}", {"email": "mine@example.com"})
    assert outcome_of(careful, key_of(careful, known[0]), other) == "second_operator_required"
    assert outcome_of(careful, key_of(careful, known[0]), by_letter) == "second_operator_required"  # for the machine
    assert outcome_of(careful, key_of(careful, made_by(machine, "five", email="five@example.com")), by_letter) == (
        "approved"
    )


def test_whoever_made_somebody_an_administrator_is_not_approved_by_them(careful: World) -> None:
    first, reader = account(careful, "first"), account(careful, "reader", admin=False)
    key_of(careful, first).patch(f"/system/users/{reader}", {"roles": ["admin"]})
    assert outcome_of(careful, key_of(careful, first), reader) == "second_operator_required"
