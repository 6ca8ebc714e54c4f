"""Nothing ambient: no clock but the kit's, no randomness but the operating system's, no environment but the settings'.

Each rule is a function from a parsed module to the lines that break it, and is shown both ways.
"""

import ast
from collections.abc import Callable, Iterator

import pytest
from tests.support.tree import sources

Rule = Callable[[ast.Module], Iterator[int]]


def _dotted(node: ast.AST) -> str:
    """`datetime.datetime.now` for that expression, "" for one that is not only names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


_CLOCKS = {
    *(f"{owner}.{call}" for owner in ("datetime", "datetime.datetime") for call in ("now", "utcnow", "today")),
    *(f"{owner}.today" for owner in ("date", "datetime.date")),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "func.now", "func.current_timestamp"),
}


def reads_a_clock(tree: ast.Module) -> Iterator[int]:
    """Monotonic clocks are free to use: timeouts keep to them whatever the time is said to be."""
    for node in ast.walk(tree):
        if _dotted(node) in _CLOCKS or _CLOCKS & set(_imported(node)):
            yield node.lineno


def guesses_randomness(tree: ast.Module) -> Iterator[int]:
    """`random` and `uuid` predict or reveal; secrets and ids come from `idp.kit.ids`."""
    for node in ast.walk(tree):
        if any(name.split(".")[0] in {"random", "uuid"} for name in _imported(node)):
            yield node.lineno


def reads_the_environment(tree: ast.Module) -> Iterator[int]:
    names = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
    for node in ast.walk(tree):
        if _dotted(node) in names or names & set(_imported(node)):
            yield node.lineno


_BUILDERS = {
    *("create_engine", "FastAPI", "Starlette", "Settings", "ThreadPoolExecutor", "ProcessPoolExecutor", "Thread"),
    *("Client", "AsyncClient", "Environment", "Jinja2Templates", "ConnectionPool", "connect", "open", "PasswordHasher"),
    *("read_text", "read_bytes", "getLogger", "get_logger", "Lock", "Semaphore"),
}


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below `node` that runs when the module is imported: not the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for outside in (*child.decorator_list, child.args):
                yield outside
                yield from _at_import(outside)
        elif not isinstance(child, ast.Lambda):
            yield from _at_import(child)


def builds_at_import(tree: ast.Module) -> Iterator[int]:
    for node in _at_import(tree):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
        if name in _BUILDERS:
            yield node.lineno


# The one module for which each rule is not, because it is the one that does it for all others.
EXCEPT = {reads_a_clock: "kit/clock.py", reads_the_environment: "settings.py"}
RULES: list[Rule] = [reads_a_clock, guesses_randomness, reads_the_environment, builds_at_import]

BROKEN: list[tuple[Rule, str]] = [
    (reads_a_clock, "from datetime import datetime, UTC\ndef f(): return datetime.now(UTC)"),
    (reads_a_clock, "import datetime\nx = datetime.datetime.utcnow"),
    (reads_a_clock, "import time\ndef f(): return time.time()"),
    (reads_a_clock, "from time import time"),
    (reads_a_clock, "q = select(func.now())"),
    (guesses_randomness, "import random"),
    (guesses_randomness, "from uuid import uuid4"),
    (reads_the_environment, "import os\ndef f(): return os.environ['HOME']"),
    (reads_the_environment, "from os import environ"),
    (builds_at_import, "engine = create_engine('sqlite://')"),
    (builds_at_import, "class A:\n    pool = futures.ThreadPoolExecutor(2)"),
    (builds_at_import, "def f(client=httpx2.Client()): ..."),
    (builds_at_import, "TEXT = Path('x').read_text()"),
]

KEPT: list[tuple[Rule, str]] = [
    (reads_a_clock, "import time\ndef f(unit): return unit.now, time.monotonic()"),
    (guesses_randomness, "import secrets\ndef f(): return secrets.token_bytes(32)"),
    (reads_the_environment, "import os\ndef f(): return os.fsync(3)"),
    (builds_at_import, "def f(): return create_engine('sqlite://')"),
    (builds_at_import, "make = lambda: open('x')"),
]


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    found = {name: list(rule(tree)) for name, tree in sources().items() if name != EXCEPT.get(rule)}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(("rule", "source"), BROKEN)
def test_a_breach_is_seen(rule: Rule, source: str) -> None:
    assert list(rule(ast.parse(source)))


@pytest.mark.parametrize(("rule", "source"), KEPT)
def test_honest_code_is_left_alone(rule: Rule, source: str) -> None:
    assert not list(rule(ast.parse(source)))
