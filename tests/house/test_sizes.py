"""Files and functions stay small: one that will not fit wants a second noun."""

import ast
from collections.abc import Iterator
from statistics import median, quantiles

from tests.support.tree import PACKAGE, sources

MEDIAN_FILE = 100
LARGE_FILE = 300
FUNCTION = 40


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def long_functions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) >= FUNCTION:
            yield f"{node.name}: {length(node)} lines"


def test_functions_are_short() -> None:
    assert {name: found for name, tree in sources().items() if (found := list(long_functions(tree)))} == {}


def test_a_long_function_is_seen() -> None:
    def function(lines: int) -> ast.Module:
        body = "\n".join(f"    x = {number}" for number in range(lines - 1))
        return ast.parse(f'def f():\n    """Says\n\n    much."""\n{body}\n')

    assert list(long_functions(function(FUNCTION))) == [f"f: {FUNCTION} lines"]
    assert list(long_functions(function(FUNCTION - 1))) == []


def test_files_are_small() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py"))
    assert median(lengths) < MEDIAN_FILE
    if len(lengths) > 1:
        assert quantiles(lengths, n=20, method="inclusive")[-1] < LARGE_FILE
