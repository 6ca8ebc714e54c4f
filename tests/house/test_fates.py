"""Every table of a tenant's data says what becomes of its rows when the tenant is erased."""

import ast

import pytest
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text
from tests.support.tree import sources

from idp.kit.db import ERASED, FATE, KEPT, ON_RESTORE, OnRestore, tenant_id
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
    "audit_marks",
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


# Bearer secrets that are dead after a restore without a word of their tables: each row names the generation of its
# tenant, or hangs on one that does, and the new epoch begins above them all.
DIE_WITH_THE_EPOCH = {"access_tokens", "refresh_tokens", "sessions"}
_ONCE = {"consumed_at", "finished_at", "redeemed_at", "spent_at", "used_at"}


def once(table: Table) -> bool:
    """Whether its rows are used up: by the time of that, or by the digest of a secret that is presented."""
    return bool(_ONCE & set(table.c.keys())) or isinstance(getattr(table.c.get("digest"), "type", None), LargeBinary)


def silent(tables: MetaData) -> set[str]:
    """Those that would come back unused with a database that is put back."""
    found = {table.name for table in tables.tables.values() if once(table)}
    return {name for name in found if tables.tables[name].info.get(ON_RESTORE) is None} - DIE_WITH_THE_EPOCH


def test_what_is_used_once_is_not_usable_again_after_a_restore() -> None:
    assert silent(metadata) == set()
    assert {name for name in DIE_WITH_THE_EPOCH if ON_RESTORE in metadata.tables[name].info} == set()
    spent = {table.name for table in metadata.tables.values() if table.info.get(ON_RESTORE) is OnRestore.SPENT}
    assert spent >= {"authorization_codes", "interactions"}


def test_a_table_of_links_that_says_nothing_of_restores_is_found() -> None:
    forgotten = MetaData()
    Table("links", forgotten, Column("id", Text, primary_key=True), Column("used_at", BigInteger))
    Table("tickets", forgotten, Column("id", Text, primary_key=True), Column("digest", LargeBinary))
    Table("pages", forgotten, Column("id", Text, primary_key=True), Column("digest", Text))
    assert silent(forgotten) == {"links", "tickets"}
