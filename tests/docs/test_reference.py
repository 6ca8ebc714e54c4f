"""The reference says what the program is: written anew it is what is committed."""

import re

from docs.writing import REFERENCE, pages
from tests.support.tree import ROOT

from idp.admin.app import ROUTES
from idp.audit import Event


def test_the_reference_does_not_lag_behind_the_program() -> None:
    wanted = pages()
    found = {path.relative_to(REFERENCE).as_posix(): path.read_text("utf-8") for path in REFERENCE.rglob("*.md")}
    late = sorted({*wanted, *found} - {path for path, text in wanted.items() if found.get(path) == text})
    assert late == [], "run `make reference`, and read the difference"


def test_every_route_stands_in_it_with_its_permission() -> None:
    text = "\n".join(text for path, text in pages().items() if path.startswith("api/"))
    for route in ROUTES:
        told = text.partition(f"## `{route.method} {route.path}`\n")[2].partition("\n## ")[0]
        assert f"| Permission | `{route.right.permission}`" in told, route


def test_every_event_stands_in_it() -> None:
    named = set(re.findall(r"`(\w+\.\w+)`", pages()["events.md"]))
    assert {event.value for event in Event} <= named


def test_the_command_that_writes_it_is_the_one_that_is_named() -> None:
    assert "\n\t$(PYTHON) -m docs.writing\n" in (ROOT / "Makefile").read_text()
