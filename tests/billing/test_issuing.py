"""Statements of real contracts, issued when their months have ended."""

import json
import sqlite3
from datetime import date

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.billing.conftest import SELLER, Office
from tests.contracts.conftest import OPERATOR

from idp import audit, billing, erasure, migrate, settings
from idp.contracts import LegalForm


def test_a_month_is_stated_once_it_has_ended_in_japan(office: Office) -> None:
    office.plan()
    office.sell(ids=40)
    assert office.at(2026, 4, 30, 23, 59, 59).issue() == 0
    assert office.at(2026, 5, 1).issue() == 1
    (statement,) = office.issued()
    assert (statement.number, str(statement.month), statement.seller) == (1, "2026-04", SELLER)
    assert (statement.buyer.legal_name, statement.buyer.legal_form) == ("株式会社かえで", LegalForm.CORPORATION)
    (line,) = statement.bill.lines
    assert (line.unit_price, line.quantity, line.amount) == (300, 40, 12_000)
    assert statement.bill.total == 13_200


def test_a_second_run_and_one_for_an_earlier_day_issue_nothing(office: Office) -> None:
    office.plan()
    office.sell()
    assert office.at(2026, 6, 15).issue(on=date(2026, 5, 1)) == 1
    assert office.issue(on=date(2026, 5, 31)) == 0
    assert office.issue(on=date(2026, 4, 1)) == 0
    assert office.issue() == 1
    assert office.issue() == 0
    assert office.months() == [(1, "2026-04"), (2, "2026-05")]


def test_months_that_were_missed_are_made_up_in_order(office: Office) -> None:
    office.plan()
    tenants = [office.sell(slug).tenant for slug in ("kaede", "aoi", "momiji")]
    assert office.at(2027, 5, 6).issue() == 39
    found = office.issued()
    assert [statement.number for statement in found] == list(range(1, 40))
    assert [str(statement.month) for statement in found] == sorted(str(statement.month) for statement in found)
    assert [statement.number for statement in office.of(tenants[0])] == list(range(1, 40, 3))


def test_what_is_free_leaves_no_statement_and_no_gap(office: Office) -> None:
    office.plan()
    office.plan(name="free", price_per_id=0)
    office.sell("kaede")
    office.sell("aoi", plan=None)
    office.sell("sumire", plan="free")
    held = office.sell("momiji")
    office.at(2026, 5, 1).act("suspend", held.id)
    office.at(2026, 6, 1).act("resume", held.id)
    assert office.at(2026, 7, 1).issue() == 5
    assert office.months() == [(1, "2026-04"), (2, "2026-04"), (3, "2026-05"), (4, "2026-06"), (5, "2026-06")]
    assert [str(each.month) for each in office.of(held.tenant)] == ["2026-04", "2026-06"]


def test_the_dates_count_though_no_run_has_written_them(office: Office) -> None:
    """It ends with June, and nobody has recorded the end when the months are stated."""
    office.plan()
    contract = office.sell(term_months=3, auto_renewal=False)
    assert office.at(2026, 12, 1).issue() == 3
    assert [str(each.month) for each in office.of(contract.tenant)] == ["2026-04", "2026-05", "2026-06"]


def test_a_stop_is_charged_to_the_end_of_its_month(office: Office) -> None:
    office.plan()
    contract = office.sell()
    office.at(2026, 4, 10, 12).act("ask_stop", contract.id, stop_date=date(2026, 5, 2))
    assert office.at(2026, 9, 1).issue() == 2


def test_a_contract_that_begins_later_is_charged_from_then_on(office: Office) -> None:
    office.plan()
    office.sell(start_date="2026-06-30")
    assert office.at(2026, 8, 1).issue() == 2
    assert office.months() == [(1, "2026-06"), (2, "2026-07")]


def test_all_contracts_of_a_tenant_stand_on_one_statement_this_service_first(office: Office) -> None:
    office.plan(add_ons=[{"name": "24h", "price_per_month": 5000}])
    office.plan(name="devices", product="MDM", price_per_id=55, tax_rate="0.08")
    office.sell(product="MDM", plan="devices", ids=3)
    office.sell(ids=2)
    office.at(2026, 5, 1).issue()
    (statement,) = office.issued()
    lines = [(line.product, line.amount) for line in statement.bill.lines]
    assert lines == [("ID_PLUS", 600), ("ID_PLUS", 5000), ("MDM", 165)]
    assert [(str(tax.rate), tax.base, tax.tax) for tax in statement.bill.taxes] == [
        ("0.10", 5600, 560),
        ("0.08", 165, 13),
    ]
    assert statement.bill.total == 6338


def test_the_peak_of_existing_ids_is_the_most_at_once_in_the_month(office: Office) -> None:
    office.plan(basis="peak_ids", price_per_id=100)
    tenant = office.sell().tenant  # with its administrator
    first = office.hire(tenant, "a")
    office.hire(tenant, "b")
    office.at(2026, 4, 30, 23, 59, 59).dismiss(tenant, first)  # 3, then 2
    office.at(2026, 5, 1)
    second = office.hire(tenant, "c")
    office.dismiss(tenant, second)  # 3 again, for a moment
    office.at(2026, 7, 31, 23, 59, 59)
    office.hire(tenant, "d")
    office.at(2026, 8, 1).issue()
    quantities = [line.quantity for each in office.of(tenant) for line in each.bill.lines]
    assert quantities == [3, 3, 2, 3]


def test_a_statement_is_in_the_trail_of_its_tenant(office: Office) -> None:
    office.plan()
    tenant = office.sell().tenant
    office.at(2026, 5, 1).issue()
    with office.units.open(tenant, actor=OPERATOR, write=False) as unit:
        found = [entry for entry in audit.page(unit, limit=200) if entry.event == "statement.issued"]
        assert audit.verify(unit) is None
    (entry,) = found
    assert (entry.subject, entry.source, json.loads(entry.facts)["total"]) == ("1", "schedule", 16_500)


@pytest.mark.parametrize("change", ["UPDATE statements SET month = '2026-03'", "DELETE FROM statements"])
def test_a_statement_is_final(office: Office, change: str) -> None:
    office.plan()
    tenant = office.sell().tenant
    office.at(2026, 5, 1).issue()
    before = office.issued()
    with pytest.raises((sqlite3.DatabaseError, psycopg.Error)), office.units.open(tenant, actor=OPERATOR) as unit:
        unit.lane.execute(change, {})
    assert office.issued() == before


def test_not_even_the_owner_of_the_tables_changes_one(office: Office, installed_url: str) -> None:
    office.plan()
    office.sell()
    office.at(2026, 5, 1).issue()
    with migrate.connect(settings.load(database_url=installed_url, environment="test")) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        with pytest.raises(DBAPIError, match="final"):
            connection.execute(text("DELETE FROM statements"))


def test_months_are_stated_after_the_tenant_was_erased(office: Office) -> None:
    """The month of a stop ends when the tenant is gone already; what its IDs were counts all the same."""
    office.plan(basis="peak_ids")
    contract = office.sell()
    office.hire(contract.tenant, "a")
    office.act("ask_stop", contract.id, stop_date=date(2026, 5, 14))
    office.at(2026, 5, 15)
    with office.units.platform(actor=OPERATOR) as unit:
        erasure.erase(unit, contract.id, reason="due")
    assert office.at(2026, 7, 1).issue() == 2
    quantities = [(str(each.month), each.bill.lines[0].quantity) for each in office.of(contract.tenant)]
    assert quantities == [("2026-04", 2), ("2026-05", 2)]
    assert "山田" not in str(office.issued())


def test_what_fails_for_one_keeps_the_month_open_and_nobody_else_waiting(office: Office) -> None:
    office.plan()
    first, second = (office.sell(slug).tenant for slug in ("kaede", "aoi"))
    office.at(2026, 6, 1)
    with office.units.platform(actor=OPERATOR) as unit:
        (failing, other, closing) = billing.due(unit, upto_us=unit.now_us)
        assert [failing.tenant, other.tenant, closing.tenant] == [first, second, None]
        assert billing.issue(unit, other, SELLER) is not None
        assert billing.issue(unit, closing, SELLER) is None
        assert billing.due(unit, upto_us=unit.now_us, after=closing.place) == []
    with office.units.platform(actor=OPERATOR) as unit:
        assert [each.tenant for each in billing.due(unit, upto_us=unit.now_us)] == [first, None]
    assert office.issue() == 3
    assert office.months() == [(1, "2026-04"), (2, "2026-04"), (3, "2026-05"), (4, "2026-05")]
