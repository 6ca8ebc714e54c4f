"""Tenants, what reaches them, what was done to them, and the installation itself."""

from tests.admin.conftest import World

PERSON = {"user_name": "jiro", "display_name": "Jiro", "affiliation": "officer"}


def test_a_tenant_shows_its_issuer_and_the_state_of_its_contract(world: World) -> None:
    shown = world.client("aoba").get("/tenants/aoba").body
    assert (shown["slug"], shown["issuer"]) == ("aoba", "https://idp.example/t/aoba")
    assert (shown["id"], shown["contract_status"]) == (world.aoba, "active")


def test_what_people_see_of_a_tenant_is_changed(world: World) -> None:
    tenant = world.client("aoba")
    changed = tenant.patch("/tenants/aoba", {"display_name": "あおば", "colour": "#0A7B52", "help_text": "内線 1234"})
    assert (changed.status, changed.body["colour"]) == (200, "#0a7b52")
    assert tenant.patch("/tenants/aoba", {"help_text": None}).body["help_text"] == ""
    wrong = tenant.patch("/tenants/aoba", {"colour": "red;}", "display_name": None, "slug": "other", "id": "x"})
    assert (wrong.status, wrong.wrong()) == (
        422,
        {"/colour": "invalid_format", "/display_name": "required", "/slug": "unknown_field", "/id": "unknown_field"},
    )


def test_the_platform_is_no_tenant(world: World) -> None:
    operator = world.client("operator")
    for slug in ("platform", "-", "AOBA", "aoba,", "none"):
        assert operator.get(f"/tenants/{slug}").status == 404


def test_the_notice_of_set_up_stands_in_the_outbox(world: World) -> None:
    items = world.client("aoba").get("/tenants/aoba/deliveries").body["items"]
    assert [item["event"] for item in items] == ["contract.established", "user.invited"]
    assert items[0]["payload"]["contract"] == world.contract_of("aoba")


def test_what_an_operator_does_to_a_tenant_is_in_the_tenants_own_trail(world: World) -> None:
    """Attack M14."""
    operator, contract = world.client("operator"), world.contract_of("aoba")
    operator.post(f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    operator.post(f"/contracts/{contract}/resume")
    made = operator.post("/tenants/aoba/users", PERSON).body["id"]
    trail = world.client("aoba").get("/tenants/aoba/audit?limit=200").body["items"]
    mine = [(entry["event"], entry["subject"]) for entry in trail if entry["actor"]["kind"] == "operator"]
    assert ("contract.moved", contract) in mine
    assert ("user.created", made) in mine
    assert [entry["at"] for entry in trail] == sorted(entry["at"] for entry in trail)
    assert operator.get("/audit?tenant=aoba&limit=200").body["items"] == trail
    assert operator.get("/audit?tenant=none").status == 404
    elsewhere = world.client("midori").get("/tenants/midori/audit?limit=200").body["items"]
    assert made not in [entry["subject"] for entry in elsewhere]


def test_the_trail_is_read_in_pages(world: World) -> None:
    operator = world.client("operator")
    whole = operator.get("/audit?limit=200").body["items"]
    assert len(whole) >= 4
    seen, query = [], "limit=1"
    while True:
        page = operator.get(f"/audit?{query}").body
        seen += page["items"]
        if page["next"] is None:
            break
        query = f"limit=1&cursor={page['next']}"
    assert seen == whole


def test_now_is_what_the_clock_says(world: World) -> None:
    assert world.client("operator").get("/system").body["now"] == "2026-04-01T01:00:00Z"
    world.clock.advance(days=365, seconds=1)
    assert world.client("operator").get("/system").body["now"] == "2027-04-01T01:00:01Z"


def test_a_suspension_is_seen_by_the_next_decision(world: World) -> None:
    import asyncio

    from idp import contracts

    async def reason() -> object:
        facts = await world.house.units.read(world.aoba, world.house.memory.current)
        return contracts.reason_against(facts.contract, world.clock.now_us())

    contract = world.contract_of("aoba")
    assert asyncio.run(reason()) is None
    world.client("operator").post(f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    assert asyncio.run(reason()) is contracts.Reason.SUSPENDED
    world.client("operator").post(f"/contracts/{contract}/resume")
    assert asyncio.run(reason()) is None
