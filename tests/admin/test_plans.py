"""Plans over HTTP: made by operators, named by applications, read by those who pay them."""

from tests.admin.conftest import APPLICATION, PLAN, World

from idp.contracts import Status


def test_an_operator_adds_a_plan_that_applications_name(world: World) -> None:
    operator = world.client("operator")
    made = operator.post("/plans", {"name": "light", "product": "ID_PLUS", "price_per_id": 200})
    assert (made.status, made.headers["location"]) == (201, f"https://idp.example/api/v1/plans/{made.body['id']}")
    assert operator.get(f"/plans/{made.body['id']}").body == made.body
    assert [plan["name"] for plan in operator.get("/plans").body["items"]] == ["standard", "light"]
    for number, name in enumerate(("light", made.body["id"])):
        filed = operator.post("/applications", {**APPLICATION, "tenant": f"t{number}", "plan": name})
        assert (filed.status, filed.body["plan"]) == (201, name)
    unknown = operator.post("/applications", {**APPLICATION, "tenant": "t9", "plan": "gold", "partner": "prt_none"})
    assert (unknown.status, unknown.wrong()) == (422, {"/plan": "unknown_value", "/partner": "unknown_value"})
    assert operator.post("/plans", PLAN).code == "plan_name_taken"


def test_a_plan_is_read_by_those_whose_contracts_name_it(world: World) -> None:
    where = f"/plans/{world.plan}"
    for name in ("operator", "aoba", "partner"):
        assert world.client(name).get(where).body["price_per_id"] == 300, name
    for name in ("midori", "stranger"):
        assert world.client(name).get(where).status == 404, name
        assert world.client(name).get("/plans").status == 403, name
    world.bring("kaede", Status.APPLIED, plan=world.plan, partner=world.partner)
    assert world.client("partner").get(where).status == 200
    assert world.client("operator").get("/plans/standard").status == 404


def test_an_application_that_was_called_off_shows_no_plan_any_more(world: World) -> None:
    stranger, where = world.client("stranger"), f"/plans/{world.plan}"
    filed = stranger.post("/applications", {**APPLICATION, "plan": "standard"}).body["id"]
    assert stranger.get(where).status == 200
    stranger.post(f"/applications/{filed}/withdraw")
    assert stranger.get(where).status == 404


def test_a_plan_never_changes(world: World) -> None:
    for method in ("PATCH", "PUT", "DELETE"):
        refused = world.client("operator").ask(method, f"/plans/{world.plan}", {"price_per_id": 1})
        assert (refused.status, refused.code) == (405, "method_not_allowed")
