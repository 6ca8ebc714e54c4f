"""Statements over the API: whose they are, and in which form."""

import csv
import io
from dataclasses import dataclass

import pypdfium2
import pytest
from tests.admin.conftest import DESK, Client, World
from tests.billing.conftest import issue_all, japan

from idp import erasure
from idp.contracts import Status


@dataclass(frozen=True)
class Shop:
    """`aoba`, of the partner, and `sumire`, of nobody, after two months: 1 and 3 are aoba's."""

    world: World

    def client(self, name: str) -> Client:
        return self.world.client(name)


@pytest.fixture
def shop(world: World) -> Shop:
    world.bring("sumire", Status.ACTIVE, plan="standard")
    world.clock.set(japan(2026, 6, 1))
    assert issue_all(world.house.units) == 4
    return Shop(world)


def numbers(client: Client, path: str) -> list[int]:
    return [item["number"] for item in client.get(path).body["items"]]


def test_a_statement_is_shown_as_it_was_agreed(shop: Shop) -> None:
    reply = shop.client("aoba").get("/tenants/aoba/statements/1")
    assert (reply.status, reply.headers["vary"]) == (200, "Accept")
    assert reply.body == {
        "number": 1,
        "month": "2026-04",
        "issued_at": "2026-05-31T15:00:00Z",
        "issuer": "株式会社割符",
        "registration_number": "T7000012050002",
        "addressee": "株式会社かえで",
        "lines": [
            {
                "contract": reply.body["lines"][0]["contract"],
                "product": "ID_PLUS",
                "description": "ID_PLUS standard 月額利用料（契約ID数） / Monthly fee (contracted IDs)",
                "unit_price": 300,
                "quantity": 5,
                "amount": 1500,
                "tax_rate": "0.10",
            }
        ],
        "taxes": [{"rate": "0.10", "base": 1500, "tax": 150}],
        "subtotal": 1500,
        "total": 1650,
        "final": True,
    }
    assert shop.client("aoba").get("/tenants/aoba/statements/1", if_none_match=reply.etag).status == 304
    assert shop.client("operator").get("/statements/1").body == reply.body
    assert shop.client("operator").get("/statements").body["items"][0] == reply.body


def test_each_caller_sees_its_own(shop: Shop) -> None:
    own, others = "/tenants/aoba/statements", "/tenants/sumire/statements"
    for name in ("operator", "partner", "aoba"):
        assert numbers(shop.client(name), own) == [1, 3]
        assert shop.client(name).get(f"{own}/1").status == 200
        assert shop.client(name).get(f"{own}/2").status == 404  # sumire's
    for name in ("partner", "stranger", "aoba"):
        assert shop.client(name).get(others).status == 404
        assert shop.client(name).get(f"{others}/2").status == 404
    assert numbers(shop.client("operator"), "/statements") == [1, 2, 3, 4]
    assert numbers(shop.client("partner"), "/statements") == [1, 3]
    assert numbers(shop.client("stranger"), "/statements") == []
    assert shop.client("aoba").get("/statements").status == 403


def test_those_of_one_tenant_are_chosen_by_its_name(shop: Shop) -> None:
    assert numbers(shop.client("operator"), "/statements?tenant=sumire") == [2, 4]
    assert numbers(shop.client("partner"), "/statements?tenant=aoba") == [1, 3]
    absent = shop.client("partner").get("/statements?tenant=nobody")
    foreign = shop.client("partner").get("/statements?tenant=sumire")
    assert (foreign.status, foreign.anonymous()) == (404, absent.anonymous())
    assert shop.client("stranger").get("/statements?tenant=aoba").status == 404


def test_one_of_somebody_else_is_not_there(shop: Shop) -> None:
    assert shop.client("partner").get("/statements/1").status == 200
    assert shop.client("aoba").get("/statements/1").status == 403  # its own, which it reads below itself
    for name, number in (("partner", "2"), ("stranger", "1"), ("aoba", "2"), ("operator", "99")):
        assert shop.client(name).get(f"/statements/{number}").status == 404, name
    for number in ("0", "-1", "1.0", "x", "9" * 30):
        assert shop.client("operator").get(f"/statements/{number}").status == 404, number
        assert shop.client("operator").get(f"/tenants/aoba/statements/{number}").status == 404, number


def test_pages_follow_the_numbers(shop: Shop) -> None:
    operator = shop.client("operator")
    first = operator.get("/statements?limit=3").body
    rest = operator.get(f"/statements?limit=3&cursor={first['next']}").body
    assert [item["number"] for item in [*first["items"], *rest["items"]]] == [1, 2, 3, 4]
    assert rest["next"] is None


def test_the_key_needs_the_permission(shop: Shop) -> None:
    assert shop.world.key("aoba", "statements:read").get("/tenants/aoba/statements/1").status == 200
    assert shop.world.key("aoba", "contracts:read").get("/tenants/aoba/statements/1").status == 403


FORMS = {
    "application/json": "application/json",
    "*/*": "application/json",
    "text/html, */*;q=0.1": "application/json",
    "text/csv": "text/csv",
    "text/*": "text/csv",
    "TEXT/CSV; q=0.5, application/json;q=0.4": "text/csv",
    "application/pdf": "application/pdf",
    "application/json;q=0, application/*": "application/pdf",
    "application/pdf, application/json": "application/json",
}


def test_the_form_is_the_one_that_is_asked_for(shop: Shop) -> None:
    for accept, kind in FORMS.items():
        reply = shop.client("aoba").get("/tenants/aoba/statements/1", accept=accept)
        assert reply.status == 200
        assert reply.headers["content-type"].partition(";")[0] == kind, accept
        assert reply.headers["vary"] == "Accept"


def test_another_form_is_not_to_be_had(shop: Shop) -> None:
    for accept in ("text/html", "application/xml", "application/json;q=0", "nonsense", "image/*", "text/csv;q=x"):
        reply = shop.client("aoba").get("/tenants/aoba/statements/1", accept=accept)
        assert (reply.status, reply.code) == (406, "not_acceptable"), accept
        assert reply.headers["content-type"] == "application/problem+json"


def test_csv_adds_up(shop: Shop) -> None:
    reply = shop.client("operator").get("/statements/1", accept="text/csv")
    assert reply.headers["content-disposition"] == 'attachment; filename="statement-1-2026-04.csv"'
    rows = list(csv.DictReader(io.StringIO(reply.raw.decode(), newline="")))
    assert [(row["record"], row["amount"]) for row in rows] == [("line", "1500"), ("tax", "150"), ("total", "1650")]
    assert shop.client("operator").get("/statements/1", accept="text/csv", if_none_match=reply.etag).status == 304
    marked = shop.client("operator").get("/statements/1?bom=true", accept="text/csv")
    assert marked.raw == b"\xef\xbb\xbf" + reply.raw
    assert shop.client("operator").get("/statements/1?bom=1", accept="text/csv").status == 422


def test_pdf_is_a_page_with_its_font(shop: Shop) -> None:
    reply = shop.client("operator").get("/statements/1", accept="application/pdf")
    assert reply.headers["content-disposition"] == 'attachment; filename="statement-1-2026-04.pdf"'
    assert reply.raw.startswith(b"%PDF-")
    assert shop.client("operator").get("/statements/1", accept="application/pdf").raw == reply.raw
    with pypdfium2.PdfDocument(reply.raw) as document:
        assert len(document) == 1


def test_statements_stay_when_the_contract_has_ended(shop: Shop) -> None:
    contract = shop.world.contract_of("aoba")
    shop.client("operator").post(f"/contracts/{contract}/terminate", {"reason": "breach"})
    assert numbers(shop.client("operator"), "/statements?tenant=aoba") == [1, 3]
    assert numbers(shop.client("partner"), "/statements?tenant=aoba") == [1, 3]
    assert shop.client("aoba").get("/tenants/aoba/statements").status == 409  # it may export, and nothing else


def test_statements_of_an_erased_tenant_are_read_from_the_platform(shop: Shop) -> None:
    world, contract = shop.world, shop.world.contract_of("aoba")
    before = shop.client("operator").get("/statements/1").body
    world.clock.set(japan(2026, 6, 10))
    shop.client("operator").post(f"/contracts/{contract}/terminate", {"reason": "breach"})
    with world.house.units.platform(actor=DESK) as unit:
        erasure.erase(unit, contract, reason="asked for")
    world.clock.set(japan(2026, 8, 1))
    assert issue_all(world.house.units) == 3  # June of both, July of one
    for name in ("operator", "partner"):
        assert numbers(shop.client(name), "/statements?tenant=aoba") == [1, 3, 5]
        assert shop.client(name).get("/statements/1").body == before
        assert shop.client(name).get("/statements/5", accept="application/pdf").status == 200
        assert shop.client(name).get("/tenants/aoba/statements/1").status == 404
    assert shop.client("stranger").get("/statements?tenant=aoba").status == 404
    assert shop.client("stranger").get("/statements/1").status == 404
