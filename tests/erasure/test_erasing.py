"""What is gone after an erasure, what stays, and that nothing leads back."""

import json
from pathlib import Path

import pytest
from tests.erasure.conftest import PERSONAL, Desk
from tests.support.provider import Provider

from idp import audit, contracts, erasure, tenants
from idp.contracts import Event, Status
from idp.kit.actors import SYSTEM
from idp.kit.errors import Conflict
from idp.kit.sealing import KeyDestroyed, KeyStore

KEPT = {"tenants", "contracts", "contract_changes", "audit_entries", "seat_counts", "erasure_certificates"}


def test_an_erased_tenant_leaves_its_contract_its_history_and_its_trail(provider: Provider, desk: Desk) -> None:
    web = provider.party("web")
    web.tokens(provider.browser())
    assert {"users", "sessions", "grants", "services", "signing_keys", "passwords"} <= desk.rows().keys()
    desk.terminate()
    erased = desk.erase()
    assert erased.status is Status.ERASED
    assert desk.rows().keys() == KEPT
    with provider.platform() as unit:
        shown = contracts.get(unit, erased.id)
        assert (shown.application.legal_name, shown.application.corporate_number) == ("株式会社あおば", "7000012050002")
        assert shown.application.parties is None
        last = contracts.history(unit, erased.id, limit=100)[-1]
        inner = unit.inside(provider.tenant())
        assert audit.verify(inner) is None
    assert (last.event, last.before, last.after, last.actor) == (Event.ERASED, Status.ENDED, Status.ERASED, "opr_desk")
    assert last.at == erased.erased_at == provider.clock.now_us()


def test_an_erased_tenants_key_opens_nothing_in_any_process(provider: Provider, desk: Desk) -> None:
    tenant = provider.tenant()
    sealed = provider.units.keys.box(tenant).seal("users", "profile", "usr_1", b"x")
    other = KeyStore(provider.settings.master_key)
    assert other.box(tenant).open("users", "profile", "usr_1", sealed) == b"x"
    desk.terminate()
    desk.erase()
    for keys in (provider.units.keys, other, KeyStore(provider.settings.master_key)):
        with pytest.raises(KeyDestroyed):
            keys.box(tenant)
        with pytest.raises(KeyDestroyed):
            keys.create(tenant)
    assert not list(provider.settings.master_key.parent.rglob(f"{tenant}.key"))


def test_nobody_finds_an_erased_tenant_at_any_worker(provider: Provider, desk: Desk) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser())
    paths = ["/.well-known/openid-configuration", "/jwks", "/brand.css", "/authorize?client_id=x"]
    for worker in (provider.first, provider.second):
        assert worker.call("GET", "/t/aoba/jwks").status == 200
    before = web.at(provider.second).introspect(told["access_token"])
    assert before["active"] is True
    desk.terminate()
    desk.erase()
    for worker in (provider.first, provider.second):
        for path in paths:
            gone, never = worker.call("GET", f"/t/aoba{path}"), worker.call("GET", f"/t/nobody{path}")
            assert (gone.status, gone.headers.keys()) == (never.status, never.headers.keys()), path
            assert gone.status == 404, path
        for endpoint, token in (("introspect", "access_token"), ("revoke", "refresh_token")):
            assert web.at(worker).post(endpoint, token=told[token]).status == 404
        assert web.at(worker).refresh(told["refresh_token"]).status == 404
        assert web.at(worker).userinfo(told["access_token"]).status == 404
        for path in ("", "/users", "/services", "/audit", "/settings", "/deliveries", "/api-keys"):
            assert desk.ask("GET", f"/tenants/aoba{path}", worker=worker).status == 404
        listed = desk.ask("GET", "/tenants", worker=worker).json()["items"]
        assert [tenant["slug"] for tenant in listed] == ["midori"]
    assert provider.second.call("GET", "/t/midori/jwks").status == 200


def test_nothing_personal_is_left_in_the_database_nor_in_its_file(provider: Provider, desk: Desk) -> None:
    provider.party("web").tokens(provider.browser())
    desk.terminate()
    desk.erase()
    found = repr(desk.rows())
    assert [text for text in PERSONAL if text in found or text.encode().hex() in found] == []
    file = provider.settings.sqlite_file
    if file is not None:
        for part in file.parent.glob("idp.db*"):
            content = Path(part).read_bytes()
            assert [text for text in PERSONAL if text.encode() in content] == [], part


def test_the_name_of_an_erased_tenant_is_not_given_again(provider: Provider, desk: Desk) -> None:
    with provider.platform() as unit:
        filed = contracts.get(unit, provider.contract()).application
    document = {
        "product": "ID_PLUS",
        "tenant": "aoba",
        "legal_form": "sole_proprietor",
        "legal_name": "Somebody else",
        "representative": "別人",
        "admin_contact": {"name": "別人", "email": "x@else.example", "affiliation": "officer"},
        "billing_contact": {"name": "別人", "email": "x@else.example"},
        "ids": 5,
        "term_months": 12,
        "start_date": "2027-04-01",
        "auto_renewal": True,
    }
    assert filed.slug == "aoba"
    desk.terminate()
    desk.erase()
    refused = desk.ask("POST", "/applications", document)
    assert (refused.status, refused.json()["code"]) == (409, "tenant_retired")
    assert desk.ask("POST", "/applications", document | {"tenant": "kaede"}).status == 201


def test_what_is_not_over_is_not_erased(provider: Provider, desk: Desk) -> None:
    with pytest.raises(Conflict, match="illegal_transition"):
        desk.erase()
    refused = desk.ask("POST", f"/contracts/{provider.contract()}/erase", {"reason": "at once"})
    assert (refused.status, refused.json()["code"], refused.json()["state"]) == (409, "illegal_transition", "active")
    assert provider.units.keys.holds(provider.tenant())
    assert provider.first.call("GET", "/t/aoba/jwks").status == 200


def test_erasing_twice_is_erasing_once(provider: Provider, desk: Desk) -> None:
    desk.terminate()
    first = desk.erase()
    again = desk.erase()
    assert (again.status, again.version) == (Status.ERASED, first.version)
    with provider.platform() as unit:
        assert [row.event for row in contracts.history(unit, first.id, limit=100)].count(Event.ERASED) == 1
    assert erasure.complete(provider.units) == 0
    assert provider.events().count("contract.erased") == 1


def test_an_operator_erases_early_with_a_reason(provider: Provider, desk: Desk) -> None:
    contract = provider.contract()
    desk.terminate()
    unsaid = desk.ask("POST", f"/contracts/{contract}/erase", {})
    assert unsaid.status == 422
    erased = desk.ask("POST", f"/contracts/{contract}/erase", {"reason": "asked by the customer"})
    assert erased.status == 200, erased.text
    assert {name: erased.json()[name] for name in ("status", "representative", "admin_contact", "billing_contact")} == {
        "status": "erased",
        "representative": None,
        "admin_contact": None,
        "billing_contact": None,
    }
    assert erased.json()["ids_used"] == 0
    history = desk.ask("GET", f"/contracts/{contract}/history").json()["items"]
    assert (history[-1]["event"], history[-1]["reason"]) == ("erased", "asked by the customer")
    trail = desk.ask("GET", "/audit?tenant=aoba&limit=200").json()["items"]
    assert "contract.erased" in [entry["event"] for entry in trail]


def test_operator_and_partner_are_told(provider: Provider, desk: Desk) -> None:
    desk.terminate()
    desk.erase()
    with provider.platform() as unit:
        rows = unit.lane.execute(
            "SELECT tenant_id, receiver, payload FROM deliveries WHERE event = 'contract.erased'", {}
        )
        told = [tuple(row) for row in rows.fetchall()]
    assert [(tenant, receiver) for tenant, receiver, _ in told] == [("platform", "operator")]
    assert json.loads(told[0][2])["contract"] == provider.contract()


def test_what_is_erased_by_its_date_must_be_due(provider: Provider, desk: Desk) -> None:
    desk.terminate()  # on 1 April in Tokyo
    for days in (0, 30):
        with pytest.raises(Conflict, match="erasure_not_due"):
            desk.erase(grace_days=days)
    provider.clock.advance(days=30, hours=13, minutes=59)  # 1 May 23:59
    with provider.units.platform(actor=SYSTEM, write=False) as unit:
        (waiting,) = contracts.erasable(unit, grace_days=30)
    assert (waiting.contract, waiting.zone) == (provider.contract(), "Asia/Tokyo")
    assert waiting.at_us == provider.clock.now_us() + 60_000_000
    with pytest.raises(Conflict, match="erasure_not_due"):
        desk.erase(grace_days=30)
    provider.clock.advance(minutes=1)
    assert desk.erase(grace_days=30).status is Status.ERASED
    with provider.units.platform(actor=SYSTEM, write=False) as unit:
        assert contracts.erasable(unit, grace_days=30) == []


def test_the_neighbour_has_all_that_it_had(provider: Provider, desk: Desk) -> None:
    before = desk.rows(provider.tenant("midori"))
    desk.terminate()
    desk.erase()
    assert desk.rows(provider.tenant("midori")) == before
    with provider.open("midori") as unit:
        assert tenants.get(unit).slug == "midori"
