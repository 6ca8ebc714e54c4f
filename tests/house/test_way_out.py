"""One way out: no module but the egress client calls a server by HTTP."""

import ast
from collections.abc import Iterator

import pytest
from tests.support.tree import sources

CLIENTS = {
    "httpx2",
    "httpcore2",
    "httpx",
    "httpcore",
    "requests",
    "urllib3",
    "aiohttp",
    "http.client",
    "urllib.request",
}

# The egress client itself; a program outside of the provider that comes with it; and the question of `idp demo` whether
# the server that it started answers, at its own loopback address.
THEIRS = ("kit/egress/", "samples/", "cli/demo/telling.py")


def calls_by_http(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        if any(name == client or name.startswith(f"{client}.") for name in names for client in CLIENTS):
            yield node.lineno


def test_nobody_else_calls_by_http() -> None:
    found = {name: list(calls_by_http(tree)) for name, tree in sources().items() if not name.startswith(THEIRS)}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    ["import httpx", "def f():\n    from httpcore2 import request", "from urllib import request", "import http.client"],
)  # fmt: skip
def test_another_way_out_is_seen(source: str) -> None:
    assert list(calls_by_http(ast.parse(source)))


@pytest.mark.parametrize(
    "source", ["from http import HTTPStatus", "from urllib.parse import urlsplit", "import httptools"]
)
def test_what_only_looks_like_one_is_left_alone(source: str) -> None:
    assert not list(calls_by_http(ast.parse(source)))
