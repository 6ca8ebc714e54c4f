"""Registered information (Art. 8) is changed by the customer, kept with its history, and told to who looks after it."""

from tests.admin.conftest import World

from idp.contracts import Status

AOBA = "/tenants/aoba"


def test_the_customer_changes_its_registered_information_and_the_contract_shows_it(world: World) -> None:
    tenant, contract = world.client("aoba"), world.contract_of("aoba")
    before = tenant.get(AOBA)
    assert (before.body["legal_name"], before.body["corporate_number"]) == ("株式会社かえで", "7000012050002")
    changed = tenant.patch(
        AOBA,
        {
            "legal_name": "株式会社あおば",
            "representative": "青葉 一郎",
            "admin_contact": {"email": "hanako@aoba.example", "phone": "+81 3-0000-0001"},
        },
        if_match=before.etag,
    )
    assert changed.status == 200, changed.body
    assert changed.body["admin_contact"] == {
        "name": "山田 太郎",
        "email": "hanako@aoba.example",
        "phone": "+81 3-0000-0001",
        "affiliation": "employee",
    }
    assert tenant.get(AOBA).etag == changed.etag != before.etag
    shown = tenant.get(f"/contracts/{contract}").body
    for name in ("legal_name", "representative", "admin_contact", "billing_contact"):
        assert shown[name] == changed.body[name]
    assert shown["legal_name"] == "株式会社あおば"
    assert tenant.patch(AOBA, {"representative": "X"}, if_match=before.etag).status == 412
    assert world.client("midori").get("/tenants/midori").body["legal_name"] == "株式会社かえで"


def test_the_history_says_who_changed_what_and_when(world: World) -> None:
    tenant = world.client("aoba")
    tenant.patch(AOBA, {"display_name": "あおば", "representative": "青葉 一郎"})
    tenant.patch(AOBA, {"colour": "#000000"})  # how it looks is not registered information
    world.clock.advance(days=1)
    tenant.patch(AOBA, {"billing_contact": {"phone": "03-0000-0000"}})
    tenant.patch(AOBA, {"billing_contact": {"phone": "03-0000-0000"}})  # says nothing new
    rows = world.client("operator").get(f"{AOBA}/history").body["items"]
    assert [(row["seq"], row["at"]) for row in rows] == [(1, "2026-04-01T01:00:00Z"), (2, "2026-04-02T01:00:00Z")]
    assert rows[0]["changes"] == [
        {"field": "display_name", "from": "株式会社かえで", "to": "あおば"},
        {"field": "representative", "from": "楓 花子", "to": "青葉 一郎"},
    ]
    assert rows[1]["changes"][0]["to"]["phone"] == "03-0000-0000"
    assert rows[0]["actor"].startswith("key_")
    page = world.client("partner").get(f"{AOBA}/history?limit=1").body
    assert len(page["items"]) == 1
    following = world.client("partner").get(f"{AOBA}/history?limit=1&cursor={page['next']}").body
    assert [row["seq"] for row in following["items"]] == [2]
    assert world.client("stranger").get(f"{AOBA}/history").status == 404


def test_whoever_looks_after_the_customer_is_told_without_a_name(world: World) -> None:
    for slug, receiver in (("aoba", world.partner), ("midori", "operator")):
        world.client(slug).patch(f"/tenants/{slug}", {"representative": "青葉 一郎"})
        notes = [
            item
            for item in world.client(slug).get(f"/tenants/{slug}/deliveries").body["items"]
            if item["event"] == "tenant.registered_information_changed"
        ]
        assert [(note["receiver"], note["payload"]["fields"]) for note in notes] == [(receiver, ["representative"])]
        assert "青葉" not in str(notes)
        trail = world.client(slug).get(f"/tenants/{slug}/audit?limit=200").body["items"]
        assert "registration.changed" in {entry["event"] for entry in trail}
        assert "青葉" not in str(trail)


def test_it_works_while_the_contract_is_suspended_and_not_after_its_end(world: World) -> None:
    operator, tenant, contract = world.client("operator"), world.client("aoba"), world.contract_of("aoba")
    operator.post(f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    assert tenant.patch(AOBA, {"representative": "青葉 一郎"}).status == 200
    operator.post(f"/contracts/{contract}/terminate", {"reason": "unpaid"})
    refused = tenant.patch(AOBA, {"representative": "青葉 二郎"})
    assert (refused.status, refused.code, refused.body["state"]) == (409, "contract_not_active", "ended")
    assert operator.get(AOBA).body["representative"] == "青葉 一郎"


def test_every_contract_that_is_not_over_says_the_same(world: World) -> None:
    further = world.bring("aoba", Status.ACTIVE, product="MDM")
    world.client("aoba").patch(AOBA, {"legal_name": "新あおば株式会社"})
    for contract in (further, world.contract_of("aoba")):
        assert world.client("aoba").get(f"/contracts/{contract}").body["legal_name"] == "新あおば株式会社"


def test_what_cannot_be_registered_is_named_and_changes_nothing(world: World) -> None:
    tenant = world.client("aoba")
    before = tenant.get(AOBA).body
    wrong = tenant.patch(
        AOBA,
        {
            "legal_name": None,
            "corporate_number": "1",
            "admin_contact": {"email": "nowhere", "affiliation": "guest"},
            "billing_contact": None,
        },
    )
    assert wrong.status == 422
    assert wrong.wrong() == {
        "/legal_name": "required",
        "/corporate_number": "unknown_field",
        "/admin_contact/email": "invalid_format",
        "/admin_contact/affiliation": "unknown_value",
        "/billing_contact": "required",
    }
    assert tenant.get(AOBA).body == before
    assert tenant.get(f"{AOBA}/history").body["items"] == []


def test_a_change_of_registered_information_does_not_overtake_an_act_on_the_contract(world: World) -> None:
    contract = world.contract_of("aoba")
    seen = world.client("aoba").get(f"/contracts/{contract}")
    world.client("aoba").patch(AOBA, {"representative": "青葉 一郎"})
    held = world.client("operator").post(f"/contracts/{contract}/suspend", {"reason": "unpaid"}, if_match=seen.etag)
    assert held.status == 412
    held = world.client("operator").post(f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    assert held.body["representative"] == "青葉 一郎"
