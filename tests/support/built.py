"""What is tested is what stands in src, as it ships.

A build of other sources ends the run before it begins; and a test that would change what is compiled, in vain, fails
unless it is marked `rewired` and so runs from src. Where nothing is installed, everything does.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from filecmp import cmp
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.support.tree import PACKAGE, ROOT

if importlib.util.find_spec("idp") is None:
    sys.path.append(str(PACKAGE.parent))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])

PLACES = {name: os.environ[name] for name in ["PYTHONPATH"] if name in os.environ}
"""What a process with an environment of its own has to be given to find the program."""
WITH_TESTS = {"PYTHONPATH": os.pathsep.join([str(ROOT), *PLACES.values()])}
"""And the tests beside it."""
INSTALLED = Path(importlib.import_module("idp").__file__ or "").parent


def changed_since(installed: Path) -> list[str]:
    """The modules that are not as they were when `installed` was built."""
    ours = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")}
    theirs = {path.relative_to(installed) for path in installed.rglob("*.py")}
    theirs -= {path for path in theirs if path.parts[0] == "migrations"}
    same = {path for path in ours & theirs if cmp(PACKAGE / path, installed / path, shallow=False)}
    return sorted(map(str, (ours | theirs) - same))


def pytest_configure() -> None:
    if INSTALLED != PACKAGE and (changed := changed_since(INSTALLED)):
        raise pytest.UsageError(
            f"What is installed was built of another {changed[0]} (and {len(changed) - 1} more). deploy/setup.sh test "
            f"builds it anew; WARIFU_BUILD=source deploy/setup.sh test links to src, for as long as you change it."
        )


def is_compiled(thing: Any) -> bool:
    """A module, or something that one defines."""
    module = thing if isinstance(thing, ModuleType) else sys.modules.get(getattr(thing, "__module__", None) or "")
    return module is not None and module.__name__.startswith("idp.") and not str(module.__file__).endswith(".py")


class Rewiring(pytest.MonkeyPatch):
    """Refuses what would have no effect."""

    def setattr(self, target: Any, name: Any, *rest: Any, **options: Any) -> None:  # type: ignore[override]
        if not isinstance(target, str) and (is_compiled(target) or is_compiled(getattr(target, name, None))):
            pytest.fail(f"{name} is compiled: mark this test `rewired`")
        super().setattr(target, name, *rest, **options)


@pytest.fixture
def monkeypatch() -> Iterator[pytest.MonkeyPatch]:
    patching = Rewiring()
    yield patching
    patching.undo()
