"""Row-level security stands around every table that holds a tenant's data, in the schema that migrations lay."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support import schema
from tests.support.postgres import Cluster

from idp.kit.postgres import ROLE, TENANTS
from idp.schema import metadata

COLUMN = {
    table.name: "id" if table.name == "tenants" else "tenant_id"
    for table in metadata.tables.values()
    if table.name == "tenants" or "tenant_id" in table.c
}
# Rows that belong to nobody: the schema's own, and
OPEN = {"alembic_version"}
# the operator's networks, which every tenant's decisions read, and its terms.
READ_BY_ALL = {"operator_networks", "terms_versions"}


@pytest.fixture
def owner(cluster: Cluster, run_home: Path) -> Iterator[psycopg.Connection[Any]]:
    name = schema.create_in(cluster, home=run_home)
    with psycopg.connect(cluster.url(name)) as owner:
        yield owner
    cluster.drop(name)


def test_every_table_is_walled(owner: psycopg.Connection[Any]) -> None:
    walled = owner.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND relrowsecurity AND relforcerowsecurity"
    ).fetchall()
    tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert {name for (name,) in tables} - {name for (name,) in walled} == OPEN
    assert {name for (name,) in walled} == set(COLUMN) | READ_BY_ALL


def test_every_wall_lets_through_what_names_its_tenant_and_nothing_else(
    owner: psycopg.Connection[Any],
) -> None:
    found = owner.execute(
        "SELECT tablename, cmd, permissive, qual, with_check FROM pg_policies"
        " WHERE schemaname = 'public' AND tablename <> ALL(%s)",
        (sorted(READ_BY_ALL),),
    ).fetchall()
    assert sorted(name for name, *_ in found) == sorted(COLUMN)  # one each
    for name, *rule in found:
        mine = f"((current_setting('{TENANTS}'::text, true) = '*'::text) OR (current_setting('{TENANTS}'::text, true) "
        mine += f"= {COLUMN[name]}))"
        assert rule == ["ALL", "PERMISSIVE", mine, mine], name


def test_what_all_may_read_only_the_platform_writes(owner: psycopg.Connection[Any]) -> None:
    found = owner.execute(
        "SELECT tablename, cmd, permissive, qual, with_check FROM pg_policies WHERE tablename = ANY(%s)",
        (sorted(READ_BY_ALL),),
    ).fetchall()
    platform = f"(current_setting('{TENANTS}'::text, true) = '*'::text)"
    rules = [("ALL", "PERMISSIVE", platform, platform), ("SELECT", "PERMISSIVE", "true", None)]
    assert sorted(found) == [(name, *rule) for name in sorted(READ_BY_ALL) for rule in rules]


def test_the_trail_takes_rows_and_never_changes_them(owner: psycopg.Connection[Any]) -> None:
    rights = owner.execute(
        "SELECT privilege_type FROM information_schema.role_table_grants"
        " WHERE table_name = 'audit_entries' AND grantee = %s",
        (ROLE,),
    ).fetchall()
    assert {right for (right,) in rights} == {"SELECT", "INSERT"}
