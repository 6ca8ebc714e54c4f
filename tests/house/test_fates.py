"""Every table of a tenant's data says what becomes of its rows when the tenant is erased."""

import ast

import pytest
from sqlalchemy import Column, MetaData, Table, Text
from tests.support.tree import sources

from idp.kit.db import ERASED, FATE, KEPT, tenant_id
from idp.kit.emptying import Emptying, Undeclared
from idp.schema import metadata

# What stays (Art. 9.2): the contract's own record and history, statements and what they are counted from, the
# pseudonymous trail, the certificate, what was laid before the tenant and what it accepted. Partners, plans and
# approvals belong to the platform alone. A table that is to be kept is added here with its reason.
STAY = {
    "acceptances",
    "application_terms",
    "approvals",
    "audit_entries",
    "contract_changes",
    "contracts",
    "erasure_certificates",
    "notices",
    "partners",
    "plans",
    "receipts",
    "seat_counts",
    "statement_months",
    "statement_numbers",
    "statements",
}


def test_every_table_of_a_tenant_declares_its_fate() -> None:
    owned = {table.name: table.info.get(FATE) for table in metadata.tables.values() if "tenant_id" in table.c}
    assert {name for name, fate in owned.items() if fate not in {ERASED[FATE], KEPT[FATE]}} == set()
    assert {name for name, fate in owned.items() if fate == KEPT[FATE]} == STAY
    Emptying(metadata)


def test_a_table_that_declares_nothing_stops_every_erasure() -> None:
    forgotten = MetaData()
    Table("tenants", forgotten, Column("id", Text, primary_key=True))
    Table("diaries", forgotten, tenant_id(), Column("text", Text))
    with pytest.raises(Undeclared, match="diaries"):
        Emptying(forgotten)


def test_only_an_erasure_destroys_keys() -> None:
    allowed = ("erasure/", "kit/")
    found = [
        name for name, tree in sources().items() if not name.startswith(allowed) and "keys.destroy" in ast.unparse(tree)
    ]
    assert found == []
