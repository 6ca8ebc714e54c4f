"""What the README says to type is typed, in one shell beside a demonstration, and answers as it says."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer
from playwright.sync_api import Error, Page
from tests.support.installation import PASSWORD, Installation, demo, free_port
from tests.support.tree import ROOT
from tests.support.typing import Shell, agrees, typed

from idp import settings
from idp.cli.app import build

README = (ROOT / "README.md").read_text("utf-8")
DEMO_HOME = "$(echo /tmp/warifu-demo-*)"
DEMO_BASE = "http://localhost:8080"


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with demo(tmp_path / "data") as running:
        (running.data_dir / "operator.key").write_text(running.api_key)
        yield running


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path)
    yield opened
    opened.close()


def test_everything_under_use_it_answers_as_it_says(
    installation: Installation, shell: Shell, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    """And who follows it is signed in to an application that nobody here wrote, which is told how long that took."""
    steps = typed(section("Use it"))
    assert len(steps) > 8
    application = free_port()
    started = 0.0
    shell.type(f'idp() {{ {sys.executable} -m idp "$@"; }}')
    for step in steps:
        if '"name": "Tana"' in step.command:
            started = time.monotonic()
        answer = shell.type(here(step.command, installation, application))
        assert agrees(here(step.answer, installation, application), answer), f"{step.command}: {answer}"
        if step.command.endswith("&"):
            known = signed_in(page, f"http://localhost:{application}")
            shell.type("kill %1; wait %1")
            assert known["email"] == "taro@aoba.example"
            with capsys.disabled():
                print(f" registered and signed in within {time.monotonic() - started:.1f} s", end="")
    assert started


def here(text: str, installation: Installation, application: int) -> str:
    """What is typed there, with where things are here."""
    text = text.replace(DEMO_HOME, str(installation.data_dir)).replace(DEMO_BASE, installation.base_url)
    text = text.replace("localhost:3000", f"localhost:{application}")
    return re.sub(r"(?<![^\s=])\.venv/bin/(\w+)", rf"{sys.prefix}/bin/\1", text)


def signed_in(page: Page, application: str) -> Any:
    """What it shows to somebody who opens it, once it listens, and signs in."""
    for _ in range(100):
        with suppress(Error):
            page.goto(application)
            break
        time.sleep(0.2)
    page.fill("#login-username", "taro@aoba.example")
    page.fill("#login-password", PASSWORD)
    page.click("#login-submit")
    page.wait_for_url(f"{application}/")
    return json.loads(page.locator("body").inner_text())


def test_an_installation_is_set_up_and_backed_up_as_it_says(tmp_path: Path, shell: Shell) -> None:
    """But for the places: a directory of its own, and SQLite."""
    shell.type(f'idp() {{ {sys.executable} -m idp "$@"; }}; export IDP_DATA_DIR={tmp_path}')
    shell.type("export IDP_BASE_URL=https://id.example.com")
    steps = typed(section("Run it"))
    answers = {step.command.splitlines()[-1].replace("/var/backups", str(tmp_path)): step.answer for step in steps}
    checked = [each for each in answers if re.match("idp (migrate|bootstrap|backup) ?", each)]
    assert len(checked) == 3
    for command in checked:
        said = answers[command].replace("/var/backups", str(tmp_path))
        said = re.sub(r"2026-11-22T|(?<=SHA-256 )[0-9a-f]{12}", "…", said)
        answer = shell.type(command)
        assert agrees(said, answer), f"{command}: {answer}"
    (schema,) = [line for line in answers["idp doctor"].splitlines() if " schema " in line]
    assert agrees(schema, shell.type("idp doctor"))


def test_an_answer_that_is_not_what_it_says_is_seen() -> None:
    said = '{"id":"con_00000000000000000000000000000000",…"status":"active"…'
    assert agrees(said, '{"id":"con_0123456789abcdef0123456789abcdef","ids":1,"status":"active"}')
    assert not agrees(said, '{"id":"con_0123456789abcdef0123456789abcdef","ids":1,"status":"suspended"}')


def test_what_it_links_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert len(targets) > 15
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_every_setting_and_every_command_that_it_names_exists() -> None:
    named = set(re.findall(r"\bIDP_[A-Z_]*[A-Z]\b", README))
    assert named
    assert named <= settings.reference().keys()
    commands = set(typer.main.get_command(build()).commands)  # type: ignore[attr-defined]
    used = set(re.findall(r"(?:`|^)idp ([a-z]+)", README, flags=re.MULTILINE))
    assert used
    assert used <= commands
