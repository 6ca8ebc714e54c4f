"""Types and lint, in the command that runs the tests."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.tree import ROOT


def run(*arguments: str, source: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, input=source, capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", [("mypy",), ("ruff", "check"), ("ruff", "format", "--check")], ids=" ".join)
def test_the_tool_finds_nothing(command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "source"),
    [
        (("ruff", "check", "--stdin-filename", "src/idp/x.py", "-"), "import os\n"),
        (("ruff", "format", "--check", "--stdin-filename", "src/idp/x.py", "-"), "x=1\n"),
    ],
    ids=["ruff check", "ruff format"],
)
def test_a_fault_is_found(command: tuple[str, ...], source: str) -> None:
    assert run(*command, source=source).returncode == 1


def test_an_untyped_function_is_found(tmp_path: Path) -> None:
    untyped = tmp_path / "untyped.py"
    untyped.write_text("def f(x): return x")
    assert run("mypy", str(untyped)).returncode == 1
