from tests.admin.conftest import APPLICATION, DESK, World

from idp.contracts import Status


def test_an_application_becomes_a_contract_by_its_steps(world: World) -> None:
    operator = world.client("operator")
    filed = operator.post("/applications", APPLICATION)
    assert filed.status == 201
    one = filed.body
    assert filed.headers["location"].endswith(f"/api/v1/applications/{one['id']}")
    assert one["status"] == "applied"
    assert one["admin_contact"]["affiliation"] == "employee"
    assert operator.get("/tenants/kaede").status == 404

    for step, status in (("screen", "screening"), ("approve", "approved")):
        reply = operator.post(f"/applications/{one['id']}/{step}")
        assert (reply.status, reply.body["status"]) == (200, status)
    assert operator.get("/tenants/kaede").body["contract_status"] == "approved"

    reply = operator.post(f"/contracts/{one['id']}/setup-completed", {"reason": "all is ready"})
    assert reply.body["status"] == "active"
    assert reply.body["term"] == {"number": 1, "start_date": "2026-04-01", "end_date": "2027-03-31"}
    assert operator.get(f"/applications/{one['id']}").body == operator.get(f"/contracts/{one['id']}").body
    assert one["id"] not in [item["id"] for item in operator.get("/applications").body["items"]]


def test_suspending_and_resuming_by_the_api(world: World) -> None:
    operator, contract = world.client("operator"), world.contract_of("aoba")
    held = operator.post(f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    assert (held.status, held.body["status"]) == (200, "suspended")
    again = operator.post(f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    assert (again.status, again.etag) == (200, held.etag)
    assert operator.post(f"/contracts/{contract}/resume").body["status"] == "active"
    history = operator.get(f"/contracts/{contract}/history").body["items"]
    assert [row["seq"] for row in history] == list(range(1, len(history) + 1))
    assert history[0]["from"] is None
    assert [row["event"] for row in history[-2:]] == ["suspended", "resumed"]
    assert (history[-2]["reason"], history[-2]["source"]) == ("unpaid", "api")


def test_a_reason_that_is_needed_is_asked_for(world: World) -> None:
    contract = world.contract_of("aoba")
    for action in ("applications/{}/reject", "contracts/{}/suspend", "contracts/{}/terminate"):
        for body in (None, {}, {"reason": ""}, {"reason": "  "}, {"reason": None}):
            reply = world.client("operator").post("/" + action.format(contract), body)
            assert (reply.status, reply.code, reply.wrong()) == (422, "invalid", {"/reason": "required"})


ACTIONS = {
    "screen": {Status.APPLIED},
    "approve": {Status.SCREENING},
    "reject": {Status.SCREENING},
    "withdraw": {Status.APPLIED, Status.SCREENING, Status.APPROVED},
    "setup-completed": {Status.APPROVED},
    "suspend": {Status.ACTIVE},
    "resume": {Status.SUSPENDED},
    "terminate": {Status.ACTIVE, Status.SUSPENDED},
}
REPEATS = {
    ("screen", Status.SCREENING),
    ("approve", Status.APPROVED),
    ("setup-completed", Status.ACTIVE),
    ("suspend", Status.SUSPENDED),
    ("terminate", Status.ENDED),
}
STATES = [Status.APPLIED, Status.SCREENING, Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED]


def test_what_the_diagram_does_not_have_is_refused_with_the_state(world: World) -> None:
    operator = world.client("operator")
    for state in STATES:
        contract = world.bring(f"in-{state.value}", state)
        for action, legal in ACTIONS.items():
            if state in legal or (action, state) in REPEATS:
                continue
            noun = "applications" if action in ("screen", "approve", "reject", "withdraw") else "contracts"
            before = operator.get(f"/contracts/{contract}").body
            reply = operator.post(f"/{noun}/{contract}/{action}", {"reason": "a try"})
            assert (reply.status, reply.code) == (409, "illegal_transition"), (state, action)
            assert reply.body["state"] == state.value
            assert operator.get(f"/contracts/{contract}").body == before


def test_not_renewing_and_stopping_are_asked_and_withdrawn(world: World) -> None:
    tenant, contract = world.client("aoba"), world.contract_of("aoba")
    asked = tenant.put(f"/contracts/{contract}/non-renewal", {"end_date": "2027-03-31"})
    assert asked.body["non_renewal"]["end_date"] == "2027-03-31"
    assert tenant.delete(f"/contracts/{contract}/non-renewal").body["non_renewal"] is None
    assert tenant.delete(f"/contracts/{contract}/non-renewal").status == 200
    stop = tenant.post(f"/contracts/{contract}/stop", {"stop_date": "2026-05-01", "reason": "moving"})
    assert stop.body["stop_date"] == "2026-05-01"
    assert tenant.delete(f"/contracts/{contract}/stop").body["stop_date"] is None


def test_the_number_of_ids_is_changed_and_shown_by_its_day(world: World) -> None:
    tenant, contract = world.client("aoba"), world.contract_of("aoba")
    path = f"/contracts/{contract}/ids"
    more = tenant.post(path, {"ids": 6})
    assert (more.status, more.body["ids"], more.body["id_changes"]) == (200, 6, [])
    later = tenant.post(path, {"ids": 9, "from": "2026-10-01", "reason": "a new office"}, if_match=more.etag)
    assert later.body["ids"] == 6
    assert later.body["id_changes"] == [{"from": "2026-10-01", "ids": 9, "requested_at": "2026-04-01T01:00:00Z"}]
    assert tenant.post(path, {"ids": 3}, if_match=more.etag).status == 412
    fewer = tenant.post(path, {"ids": 3})
    assert (fewer.status, fewer.code) == (422, "fewer_not_at_term_start")
    assert (fewer.body["next_term_start"], fewer.wrong()) == ("2027-04-01", {"/from": "fewer_not_at_term_start"})
    for wrong in ({}, {"ids": 0}, {"ids": "6"}, {"ids": True}, {"ids": 6, "from": "soon"}, {"ids": 6, "till": "x"}):
        assert tenant.post(path, wrong).status == 422
    world.clock.advance(days=184)
    assert tenant.get(f"/contracts/{contract}").body["ids"] == 9
    assert tenant.get(f"/contracts/{contract}/history").body["items"][-1]["reason"] == "a new office"
    for row in world.client("operator").get("/tenants/aoba/audit?limit=200").body["items"]:
        if row["facts"].get("change") == "ids_changed":
            assert (row["facts"]["ids"], row["facts"]["from"]) in {(6, "today"), (9, "2026-10-01")}
    assert world.client("midori").post(path, {"ids": 7}).status == 404


def test_a_wrong_day_is_named(world: World) -> None:
    tenant, contract = world.client("aoba"), world.contract_of("aoba")
    wrong = tenant.put(f"/contracts/{contract}/non-renewal", {"end_date": "2027-03-30"})
    assert (wrong.status, wrong.code) == (422, "end_date_not_term_end")
    assert wrong.body["next_possible_end_date"] == "2027-03-31"
    assert wrong.wrong() == {"/end_date": "end_date_not_term_end"}
    world.clock.advance(days=350)
    late = tenant.put(f"/contracts/{contract}/non-renewal", {"end_date": "2027-03-31"})
    assert (late.status, late.code) == (409, "non_renewal_too_late")
    assert (late.body["deadline"], late.body["next_possible_end_date"]) == ("2027-02-28", "2028-03-31")
    past = tenant.post(f"/contracts/{contract}/stop", {"stop_date": "2026-03-31", "reason": "moving"})
    assert (past.status, past.code) == (422, "past")
    for text in ("2026-02-30", "20260501", "tomorrow", 5):
        reply = tenant.post(f"/contracts/{contract}/stop", {"stop_date": text, "reason": "moving"})
        assert (reply.status, list(reply.wrong())) == (422, ["/stop_date"])


def test_every_bad_field_of_an_application_is_named_at_once(world: World) -> None:
    document = {**APPLICATION, "ids": 0, "start_date": "soon", "colour": "red", "corporate_number": "7000012050003"}
    document["admin_contact"] = {"name": "山田 太郎", "email": "nowhere", "affiliation": "guest"}
    reply = world.client("operator").post("/applications", document)
    assert (reply.status, reply.code) == (422, "invalid")
    assert set(reply.wrong()) == {
        "/ids",
        "/start_date",
        "/colour",
        "/corporate_number",
        "/admin_contact/email",
        "/admin_contact/affiliation",
    }
    assert reply.wrong()["/colour"] == "unknown_field"


def test_a_second_application_for_the_same_product_is_refused(world: World) -> None:
    operator = world.client("operator")
    assert operator.post("/applications", {**APPLICATION, "tenant": "aoba"}).code == "contract_exists"
    assert operator.post("/applications", {**APPLICATION, "tenant": "aoba", "product": "MDM"}).status == 201


def test_a_partner_applies_in_its_own_name(world: World) -> None:
    partner = world.client("partner")
    filed = partner.post("/applications", {**APPLICATION, "partner": "prt_somebody_else"})
    assert (filed.status, filed.body["partner"]) == (201, world.partner)
    assert partner.post(f"/applications/{filed.body['id']}/screen").status == 200
    unknown = world.client("operator").post("/applications", {**APPLICATION, "tenant": "b", "partner": "prt_none"})
    assert (unknown.status, unknown.wrong()) == (422, {"/partner": "unknown_value"})


def test_a_partner_does_not_become_responsible_for_somebody_elses_customer(world: World) -> None:
    stranger = world.client("stranger")
    for slug in ("aoba", "midori"):
        reply = stranger.post("/applications", {**APPLICATION, "tenant": slug, "product": "MDM"})
        assert (reply.status, reply.code) == (409, "contract_exists")
    own = world.client("partner").post("/applications", {**APPLICATION, "tenant": "aoba", "product": "MDM"})
    assert own.status == 201


def test_the_tenant_and_its_keys_come_into_being_on_approval(world: World) -> None:
    operator = world.client("operator")
    filed = operator.post("/applications", APPLICATION).body["id"]
    operator.post(f"/applications/{filed}/screen")
    operator.post(f"/applications/{filed}/approve")
    tenant = operator.get("/tenants/kaede").body
    assert tenant["issuer"] == "https://idp.example/t/kaede"
    with world.house.units.open(tenant["id"], actor=DESK) as unit:
        rows = unit.lane.execute(f"SELECT use, alg FROM signing_keys WHERE tenant_id = '{unit.tenant}'", {}).fetchall()
    assert sorted(tuple(row) for row in rows) == [
        ("access_token", "ES256"),
        ("id_token", "ES256"),
        ("id_token", "RS256"),
    ]


def test_a_contract_shows_what_its_dates_say(world: World) -> None:
    contract = world.bring("momiji", Status.ACTIVE, auto_renewal=False, term_months=1)
    operator = world.client("operator")
    before = operator.get(f"/contracts/{contract}")
    world.clock.advance(days=40)
    after = operator.get(f"/contracts/{contract}", if_none_match=before.etag)
    assert (after.status, after.body["status"], after.body["end_reason"]) == (200, "ended", "expired")
    assert (after.body["ended_on"], after.body["export_until"]) == ("2026-04-30", "2026-05-30")
    assert operator.get(f"/contracts/{contract}", if_none_match=after.etag).status == 304


def test_device_authentication_needs_an_active_contract_for_device_management(world: World) -> None:
    operator = world.client("operator")
    filed = operator.post("/applications", {**APPLICATION, "tenant": "aoba", "product": "DEVICE_AUTH"}).body["id"]
    operator.post(f"/applications/{filed}/screen")

    def refused() -> None:
        reply = operator.post(f"/applications/{filed}/approve")
        assert (reply.status, reply.code, reply.body["product"]) == (409, "contract_required", "MDM")
        assert operator.get(f"/contracts/{filed}").body["status"] == "screening"

    refused()
    managed = world.bring("aoba", Status.APPROVED, product="MDM")
    refused()
    assert operator.post(f"/contracts/{managed}/setup-completed").status == 200
    operator.post(f"/contracts/{managed}/suspend", {"reason": "unpaid"})
    refused()
    operator.post(f"/contracts/{managed}/resume")
    assert operator.post(f"/applications/{filed}/approve").body["status"] == "approved"
