"""Importing the application is cheap and has no effect: what is heavy waits for who needs it."""

import json
import subprocess
import sys

import pytest
from tests.support.built import PLACES
from tests.support.tree import PACKAGE

HEAVY = {
    "httpcore2",
    "httpx2",
    "saml2",
    "reportlab",
    "fpdf",
    "xlsxwriter",
    "lxml",
    "xmlschema",
    "cedarpy",
    "holidays",
    "iptocc",
    "maxminddb",
    "webauthn",
    "zxcvbn",
    "alembic",
    "PIL",
}

PROBE = """
import json, sys, threading, importlib
importlib.import_module(sys.argv[1])
modules = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps({"modules": modules, "threads": threading.active_count()}))
"""


def after_import(module: str) -> tuple[set[str], int]:
    """The top-level modules loaded and the threads alive once a fresh interpreter has imported `module`."""
    environment = {**PLACES, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE, module],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    seen = json.loads(done.stdout)
    return set(seen["modules"]), seen["threads"]


APPLICATION = "idp.main" if (PACKAGE / "main.py").exists() or (PACKAGE / "main").is_dir() else "idp"


def test_importing_the_application_loads_nothing_heavy_and_starts_nothing() -> None:
    modules, threads = after_import(APPLICATION)
    assert modules & HEAVY == set()
    assert threads == 1


def test_whoever_watches_over_the_workers_does_not_load_the_api() -> None:
    """Every table there is takes it along, and `idp serve` would load both before it starts its first worker."""
    assert "fastapi" not in after_import("idp.cli.serving")[0]
    assert "fastapi" in after_import("idp.schema")[0]


@pytest.mark.parametrize("module", ["alembic", "zxcvbn"])
def test_a_heavy_import_is_seen(module: str) -> None:
    modules, _ = after_import(module)
    assert module in modules & HEAVY
