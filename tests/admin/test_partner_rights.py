"""What the responsible partner may do, state by state, for its own customers and for nobody else's."""

import pytest
from tests.admin.conftest import APPLICATION, DESK, World
from tests.admin.test_rights_table import table, things_of
from tests.admin.things import Things, called

from idp import erasure
from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.contracts import Status

BELOW_A_TENANT = [each for each in ROUTES if each.path.startswith("/tenants/{tenant}")]
WRITES = [each for each in BELOW_A_TENANT if not each.asks]


def ask(world: World, name: str, route: Route, path: str) -> int:
    document = {"nothing": 1} if route.takes else None
    return world.client(name).ask(route.method, path, document).status


def asked_for(things: Things, route: Route) -> str:
    """The objects are of another tenant: whether this one's are there is asked after who may."""
    return things.place(route.path).replace("/tenants/aoba", "/tenants/kaede")


@pytest.mark.parametrize("status", [Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED])
def test_below_a_tenant_a_partner_reads_all_and_writes_ids_and_services_while_it_is_approved(
    world: World, status: Status
) -> None:
    things = things_of(world, "aoba", world.contract_of("aoba"))
    world.bring("kaede", status, partner=world.partner)
    for each in BELOW_A_TENANT:
        path = asked_for(things, each)
        found = ask(world, "partner", each, path)
        may = table()[called(each)].answers["preparing" if status is Status.APPROVED else "partner"]
        if may == "yes":
            assert found not in (401, 403), (called(each), found)
        else:
            assert found == 403, (called(each), found)
        assert ask(world, "stranger", each, path) == 404, called(each)


def test_what_a_partner_prepares_are_ids_and_services_and_nothing_else() -> None:
    rows = {called(each): table()[called(each)].answers for each in WRITES}
    prepared = {name for name, row in rows.items() if (row["preparing"], row["partner"]) == ("yes", "403")}
    both = {called(each) for each in WRITES if "/users" in each.path or "/services" in each.path}
    # a factor and a sign-in are their person's; rights and what is planned wait for the tenant's own administrators
    of_others = ("/credentials", "/sessions", "/roles/", "/changes")
    assert prepared == {each for each in both if not any(part in each for part in of_others)}


def test_a_partner_leads_its_own_applications_from_their_filing_to_the_approval(world: World) -> None:
    partner, stranger = world.client("partner"), world.client("stranger")
    filed = partner.post("/applications", {**APPLICATION, "partner": "prt_other"})
    assert (filed.status, filed.body["partner"]) == (201, world.partner)
    one = f"/applications/{filed.body['id']}"
    for step, body in (("screen", None), ("approve", None)):
        assert stranger.post(f"{one}/{step}", body).status == 404
        assert partner.post(f"{one}/{step}", body).status == 200
    assert partner.post(f"/contracts/{filed.body['id']}/setup-completed").status == 403
    assert partner.post(f"{one}/withdraw").body["status"] == "withdrawn"
    declined = partner.post("/applications", {**APPLICATION, "tenant": "sumire"}).body["id"]
    partner.post(f"/applications/{declined}/screen")
    assert stranger.post(f"/applications/{declined}/reject", {"reason": "x"}).status == 404
    assert partner.post(f"/applications/{declined}/reject", {"reason": "incomplete"}).body["status"] == "rejected"


@pytest.mark.parametrize("name", ["partner", "aoba"])
def test_the_partner_and_the_customer_ask_for_the_end_of_the_contract_and_for_ids(world: World, name: str) -> None:
    contract = world.contract_of("aoba")
    asked = (
        ("PUT", "non-renewal", {"end_date": "2027-03-31"}),
        ("DELETE", "non-renewal", None),
        ("POST", "stop", {"stop_date": "2026-09-30", "reason": "moving"}),
        ("DELETE", "stop", None),
        ("POST", "ids", {"ids": 7}),
    )
    for method, act, body in asked:
        path = f"/contracts/{contract}/{act}"
        for other in ("stranger", "midori"):
            assert world.client(other).ask(method, path, body).status == 404, (other, act)
        assert world.client(name).ask(method, path, body).status == 200, act
    for act in ("suspend", "resume", "terminate", "setup-completed"):
        refused = world.client(name).post(f"/contracts/{contract}/{act}", {"reason": "x"})
        assert (refused.status, refused.code) == (403, "forbidden"), act
    assert world.client(name).get(f"/contracts/{contract}").body["status"] == "active"


def test_a_partner_without_business_with_us_may_nothing(world: World) -> None:
    world.client("operator").patch(f"/partners/{world.partner}", {"status": "disabled"})
    for path in ("/contracts", "/tenants", "/tenants/aoba"):
        assert world.client("partner").get(path).status == 401


def test_a_partner_of_another_product_is_not_responsible_for_the_tenant(world: World) -> None:
    operator = world.client("operator")
    mdm = world.bring("midori", Status.ACTIVE, product="MDM", partner=world.partner)
    assert world.client("partner").get(f"/contracts/{mdm}").status == 200
    assert world.client("partner").get("/tenants/midori").status == 404
    assert operator.get("/tenants/midori").status == 200


def test_the_trail_of_an_erased_customer_is_read_by_its_partner_alone(world: World) -> None:
    contract, trail = world.contract_of("aoba"), "/audit?tenant=aoba&limit=200"
    assert world.client("partner").get(trail).body == world.client("operator").get(trail).body
    world.client("operator").post(f"/contracts/{contract}/terminate", {"reason": "breach"})
    with world.house.units.platform(actor=DESK) as unit:
        erasure.erase(unit, contract, reason="asked for")
    for name in ("operator", "partner"):
        assert "contract.erased" in [entry["event"] for entry in world.client(name).get(trail).body["items"]]
        assert world.client(name).get(f"/contracts/{contract}/history").body["items"][-1]["event"] == "erased"
    assert world.client("stranger").get(trail).status == 404
    assert world.client("partner").get("/audit?tenant=midori").status == 404
    for name in ("partner", "stranger", "aoba"):
        assert world.client(name).get("/audit").status in (401, 403)
