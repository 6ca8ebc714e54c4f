"""What the modules of the hot path must keep to, so that they mean the same compiled (deploy/compiling.py says why)."""

import ast
import importlib
import inspect
from collections.abc import Iterator

import pytest
from tests.house.test_shipping import compiled_modules
from tests.support.tree import sources


def hot() -> dict[str, ast.Module]:
    paths = {name: f"{name.removeprefix('idp.').replace('.', '/')}.py" for name in compiled_modules()}
    return {name: sources()[path] for name, path in paths.items()}


def waits_while_handling(tree: ast.AST) -> list[int]:
    """The lines."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            handling = [*node.finalbody, *(each for handler in node.handlers for each in handler.body)]
            found += [each.lineno for part in handling for each in ast.walk(part) if _waits(each)]
        elif isinstance(node, ast.AsyncFor) or (isinstance(node, ast.AsyncWith) and not _is_timeout(node)):
            found.append(node.lineno)
    return found


def _waits(node: ast.AST) -> bool:
    return isinstance(node, ast.Await | ast.Yield | ast.YieldFrom)


def _is_timeout(node: ast.AsyncWith) -> bool:
    """`asyncio.timeout` waits for nothing when it is left."""
    return all(ast.unparse(item.context_expr).startswith("asyncio.timeout(") for item in node.items)


def names_for_two(tree: ast.AST) -> Iterator[str]:
    """What one function's handlers call exceptions of different types."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            types: dict[str, set[str]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.ExceptHandler) and node.name and node.type:
                    types.setdefault(node.name, set()).add(ast.unparse(node.type))
            yield from (name for name, kinds in types.items() if len(kinds) > 1)


def test_nothing_waits_while_an_exception_is_handled() -> None:
    assert {name: lines for name, tree in hot().items() if (lines := waits_while_handling(tree))} == {}


def test_different_exceptions_have_different_names() -> None:
    assert {name: names for name, tree in hot().items() if (names := list(names_for_two(tree)))} == {}


def test_nothing_uncompiled_inherits_from_what_is_compiled() -> None:
    compiled = set(compiled_modules())
    places = {path.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in sources()}
    modules = [importlib.import_module(f"idp.{place}") for place in places if not place.startswith("__")]
    heirs = {
        f"{kind.__module__}.{kind.__qualname__}"
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind) and kind.__module__.startswith("idp.") and kind.__module__ not in compiled
        if any(base.__module__ in compiled for base in kind.__mro__)
    }
    assert heirs == set()


HANDLING = """
async def one():
    try:
        await a()
    except E:
        {}
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [("await b()", [6]), ("return [await b()]", [6]), ("kept = 1", []), ("raise", [])],
)
def test_waiting_is_seen(line: str, found: list[int]) -> None:
    assert waits_while_handling(ast.parse(HANDLING.format(line))) == found


def test_a_name_for_two_is_seen() -> None:
    handlers = "def f():\n  try: a()\n  except {}: b()\n  except {}: c()\n"
    assert list(names_for_two(ast.parse(handlers.format("E as e", "F as e")))) == ["e"]
    assert list(names_for_two(ast.parse(handlers.format("E as e", "F as f")))) == []
