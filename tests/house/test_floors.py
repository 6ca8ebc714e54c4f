"""Imports go down only, and into a room only through its front door."""

import re
import tomllib

import grimp
import pytest
from importlinter import cli
from tests.support.tree import PACKAGE, ROOT

import idp

# Not rooms: anybody above may take one tool of the kit or of the hallway by its name.
OPEN = {"kit", "web"}


def floors_in_the_docstring() -> list[set[str]]:
    """The names on each floor of the drawing in `idp.__doc__`, top to bottom."""
    lines = [line for line in (idp.__doc__ or "").splitlines() if re.match(r"    \w", line)]
    return [set(re.split(r" \| ", re.split(r" {2,}", line.strip())[0])) for line in lines]


def floors_in_the_contract() -> list[set[str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return [set(re.findall(r"\w+", layer)) for layer in contracts[0]["layers"]]


def test_imports_go_down_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.lint_imports(config_filename="pyproject.toml", no_cache=True) == cli.EXIT_STATUS_SUCCESS


def test_the_contract_is_the_drawing() -> None:
    assert floors_in_the_contract() == [{"__main__"}, *floors_in_the_docstring()]


def goes_round_the_front_door(importer: str, imported: str) -> bool:
    """Both are dotted module names. `idp.schema` gathers tables; `idp.main` and `idp.cli` build the doors."""
    parts = imported.split(".")
    if len(parts) < 3 or parts[1] in OPEN or importer.split(".")[:2] == parts[:2]:
        return False
    if importer == "idp.schema":
        return len(parts) != 3 or not parts[2].endswith("tables")
    if importer.startswith(("idp.main", "idp.cli")):
        return parts[2:] != ["app"]
    return True


def test_rooms_are_entered_through_the_front_door() -> None:
    graph = grimp.build_graph("idp", cache_dir=None)
    around = [
        f"{importer} imports {imported}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if goes_round_the_front_door(importer, imported)
    ]
    assert around == []


@pytest.mark.parametrize(
    ("importer", "imported", "expected"),
    [
        ("idp.access.gate", "idp.contracts.store", True),
        ("idp.access.gate", "idp.contracts", False),
        ("idp.contracts.actions", "idp.contracts.store", False),
        ("idp.access.gate", "idp.kit.db", False),
        ("idp.schema", "idp.contracts.tables", False),
        ("idp.schema", "idp.contracts.store", True),
        ("idp.main", "idp.oidc.app", False),
        ("idp.main", "idp.oidc.token", True),
    ],
)
def test_a_way_round_the_front_door_is_seen(importer: str, imported: str, *, expected: bool) -> None:
    assert goes_round_the_front_door(importer, imported) is expected


def test_every_package_says_what_it_owns() -> None:
    import ast

    silent = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("__init__.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
