"""What only one place may do: reach a database, sign, let somebody in. And every statement names its tenant."""

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.tree import sources

import idp
from idp.kit.db import POSTGRESQL, SQLITE, Command, Query, Statement
from idp.schema import metadata
from idp.users.tables import users

Found = Iterator[int]
Rule = Callable[[ast.Module], Found]


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _imports(tree: ast.Module, *packages: str) -> Found:
    for node in ast.walk(tree):
        if any(name == each or name.startswith(f"{each}.") for name in _modules(node) for each in packages):
            yield node.lineno


def reaches_a_database(tree: ast.Module) -> Found:
    yield from _imports(tree, "sqlite3", "psycopg", "psycopg_pool", "asyncpg", "aiosqlite")


def makes_an_engine(tree: ast.Module) -> Found:
    """A second way to the rows, past the units and their tenant."""
    engines = {"create_engine", "create_async_engine", "sessionmaker", "Session"}
    for node in ast.walk(tree):
        if any(name.rpartition(".")[2] in engines for name in _modules(node) if name.startswith("sqlalchemy")):
            yield node.lineno


def signs_or_verifies(tree: ast.Module) -> Found:
    yield from _imports(tree, "joserfc", "authlib", "jwt", "jose", "cryptography.hazmat.primitives.asymmetric")


def enciphers(tree: ast.Module) -> Found:
    yield from _imports(tree, "cryptography.hazmat.primitives.ciphers", "cryptography.fernet", "hmac.new")


def lets_somebody_in(tree: ast.Module) -> Found:
    """Makes an Admission, or changes one that was made."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            copied = {"replace", "_replace", "_make", "__replace__", "copy", "deepcopy"} & {called}
            if called == "Admission" or (copied and "admission" in ast.unparse(node).lower()):
                yield node.lineno


# Where each may be. `samples` are relying parties, who stand outside; `migrate` runs before there is a schema.
HOME: dict[Rule, tuple[str, ...]] = {
    reaches_a_database: ("kit/sqlite.py", "kit/group_commit.py", "kit/postgres.py", "migrate.py"),
    makes_an_engine: ("migrate.py",),
    signs_or_verifies: ("signing/", "samples/"),
    enciphers: ("kit/sealing.py", "signing/xml_keys.py"),
    lets_somebody_in: ("access/gate.py",),
}

BROKEN: list[tuple[Rule, str]] = [
    (reaches_a_database, "import sqlite3"),
    (reaches_a_database, "def f():\n    from psycopg import errors"),
    (reaches_a_database, "import psycopg_pool as pool"),
    (makes_an_engine, "from sqlalchemy import create_engine"),
    (makes_an_engine, "from sqlalchemy.orm import Session"),
    (signs_or_verifies, "from joserfc import jwt"),
    (signs_or_verifies, "from cryptography.hazmat.primitives.asymmetric import rsa"),
    (enciphers, "from cryptography.hazmat.primitives.ciphers.aead import AESGCM"),
    (lets_somebody_in, "from idp.access import Admission\nx = Admission(tenant=t)"),
    (lets_somebody_in, "x = access.model.Admission(**y)"),
    (lets_somebody_in, "x = dataclasses.replace(admission, user=None)"),
]
KEPT: list[tuple[Rule, str]] = [
    (reaches_a_database, "from idp.kit.sqlite import Sqlite"),
    (makes_an_engine, "from sqlalchemy import select"),
    (signs_or_verifies, "from cryptography.hazmat.primitives.hashes import SHA256"),
    (enciphers, "import hmac"),
    (lets_somebody_in, "def f(admission: Admission) -> Admission: return gate.admit(facts)"),
    (lets_somebody_in, "x = replace(grant, ended_at=1)"),
]


@pytest.mark.parametrize("rule", HOME)
def test_only_its_home_does_it(rule: Rule) -> None:
    found = {name: list(rule(tree)) for name, tree in sources().items() if not name.startswith(HOME[rule])}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("rule", HOME)
def test_its_home_does_it(rule: Rule) -> None:
    for home in HOME[rule]:
        assert any(list(rule(tree)) for name, tree in sources().items() if name.startswith(home)), home


@pytest.mark.parametrize(("rule", "source"), BROKEN)
def test_a_breach_is_seen(rule: Rule, source: str) -> None:
    assert list(rule(ast.parse(source)))


@pytest.mark.parametrize(("rule", "source"), KEPT)
def test_honest_code_is_left_alone(rule: Rule, source: str) -> None:
    assert not list(rule(ast.parse(source)))


def _named(value: object) -> Iterator[Statement]:
    """A statement, or those kept in a table of statements."""
    if isinstance(value, Statement):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _named(each)
    elif isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        for each in value:
            yield from _named(each)


def statements() -> dict[str, Statement]:
    found: dict[str, Statement] = {}
    for module in pkgutil.walk_packages(idp.__path__, "idp."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for at, statement in enumerate(_named(value)):
                if statement not in found.values():
                    found[f"{module.name}.{name}.{at}"] = statement
    return found


def faults(found: dict[str, Statement]) -> dict[str, str]:
    wrong = {}
    for name, statement in found.items():
        for dialect in (SQLITE, POSTGRESQL):
            try:
                statement.sql(dialect)
            except Exception as error:  # whatever is wrong with it
                wrong[f"{name} on {dialect}"] = str(error)
    return wrong


def test_every_statement_compiles_for_both_databases_and_names_its_tenant() -> None:
    found = statements()
    assert len(found) > 60
    assert faults(found) == {}


def test_a_statement_that_forgets_its_tenant_is_seen() -> None:
    forgetful: Any = {"forgetful": Query(select(users.c.id), lambda *row: row, platform=False)}
    assert set(faults(forgetful)) == {"forgetful on sqlite", "forgetful on postgresql"}


def statements_made_in_functions(tree: ast.Module) -> Found:
    """Those escape the test above, and are compiled anew at each call."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"query", "command", "add_new"}:
                    yield node.lineno


def test_statements_are_made_once_where_modules_are() -> None:
    found = {name: list(statements_made_in_functions(tree)) for name, tree in sources().items()}
    made_for_others = {
        "kit/db.py",
        "kit/dumping.py",
        "kit/emptying.py",
        "kit/listing.py",  # once for each way of asking, all of which tests/admin/test_lists.py tries
        "kit/sweeping.py",
    }  # made once, from tables and where modules are
    assert {name: lines for name, lines in found.items() if lines and name not in made_for_others} == {}
    assert list(statements_made_in_functions(ast.parse("def f():\n    return unit.all(query(select(x), Row))")))


def raw_sql(tree: ast.Module) -> Found:
    """`lane.execute` takes any text; only the kit and what is asked of a whole database may use it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"lane", "raw"}:
            yield node.lineno


def test_rooms_and_doors_keep_off_the_connection() -> None:
    allowed = ("kit/", "audit/trail.py")  # the trail is chained for each connection
    found = {name: list(raw_sql(tree)) for name, tree in sources().items() if not name.startswith(allowed)}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert list(raw_sql(ast.parse("unit.lane.execute('SELECT 1')")))


def test_the_tables_of_tenants_are_all_behind_the_wall_of_the_compiler() -> None:
    """A table with neither `tenant_id` nor the name `tenants` would be anybody's, as two are meant to be."""
    open_tables = {table.name for table in metadata.tables.values() if "tenant_id" not in table.c}
    assert open_tables == {"tenants", "operator_networks", "terms_versions"}


def test_what_is_anybodys_to_read_only_the_platform_writes() -> None:
    writes = [
        statement
        for statement in statements().values()
        if isinstance(statement, Command)
        and statement.build(SQLITE).table.name in {"operator_networks", "terms_versions"}
    ]
    assert len(writes) >= 6
    assert all(statement.platform for statement in writes)
