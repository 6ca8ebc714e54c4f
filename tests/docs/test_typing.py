"""What the pages say to type is typed, each page in a shell of its own, and answers so: beside one demonstration, after
the README, and in whatever order pytest-randomly brings them (`make pages` has more orders)."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import typer
from tests.support.installation import Installation, demo, free_port
from tests.support.sign_in import Person
from tests.support.tree import ROOT
from tests.support.typing import Shell, agrees, typed
from tests.support.warm import warm

from idp import settings
from idp.cli.app import build

DOCS = ROOT / "docs"
DEMO_HOME = "$(echo /tmp/warifu-demo-*)"
DEMO_BASE = "http://localhost:8080"
RECEIVERS = ("3002", "3003")
BEFORE = "```{include} "
INSTALLED = "how-to/operators/install.md"
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in DOCS.rglob("[!_]*.md")}
BESIDE_A_DEMO = sorted(path for path, text in PAGES.items() if typed(text) and path != INSTALLED)
# As a failure looks that nothing announced.
PROBLEM = re.compile(r'"status":\s?[45]\d\d,|Traceback|command not found|^idp: ', re.MULTILINE)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, command: str) -> Iterator[Installation]:
    """Where somebody has done already what the README says."""
    calls = {"IDP_EGRESS_ALLOW": "localhost"}  # as the page about webhooks has it started
    with demo(tmp_path_factory.mktemp("pages") / "data", settings=calls) as running:
        (running.data_dir / "operator.key").write_text(running.api_key)
        shell = Shell(tmp_path_factory.mktemp("readme"))
        shell.type(command)
        readme = (ROOT / "README.md").read_text("utf-8").partition("\n## Use it\n")[2].partition("\n## ")[0]
        for step in typed(readme):
            if not step.command.endswith("&"):
                shell.type(here(step.command, running))
        shell.close()
        yield running


def here(text: str, installation: Installation) -> str:
    """What is typed there, with where the demonstration is here, and what it calls."""
    for port in RECEIVERS:
        text = re.sub(rf"\b{port}\b", str(receivers()[port]), text)
    return text.replace(DEMO_BASE, installation.base_url).replace(DEMO_HOME, str(installation.data_dir))


@cache
def receivers() -> dict[str, int]:
    return {port: free_port() for port in RECEIVERS}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with warm(tmp_path_factory.mktemp("warm")) as definition:
        yield definition


@pytest.mark.parametrize("page", BESIDE_A_DEMO)
def test_a_page_answers_as_it_says(page: str, installation: Installation, command: str, shell: Shell) -> None:
    shell.type(command)
    text = PAGES[page]
    steps = [*(typed((DOCS / "_before.md").read_text("utf-8")) if BEFORE in text else []), *typed(text)]
    answer = ""
    for step in steps:
        if step.command == "CODE=ac_…":  # in the browser
            with Person(installation.base_url) as taro:
                back = urlsplit(taro.callback(answer))
            shell.type(f"CODE={parse_qs(back.query)['code'][0]}")
            continue
        answer = shell.type(here(step.command, installation))
        assert agrees(here(step.answer, installation), answer), f"{step.command}: {answer}"
        assert PROBLEM.search(step.answer) or not PROBLEM.search(answer), f"{step.command}: {answer}"


def test_an_installation_is_made_as_it_says(command: str, shell: Shell, tmp_path: Path) -> None:
    """But for the directory."""
    home = tmp_path / "warifu"
    shell.type(command)
    for step in typed(PAGES[INSTALLED]):
        said, asked = (text.replace("/var/lib/warifu", str(home)) for text in (step.answer, step.command))
        answer = shell.type(asked)
        assert agrees(said, answer), f"{asked}: {answer}"


def test_the_pages_that_somebody_begins_with_are_among_them() -> None:
    assert {"first-steps.md", "how-to/developers/oidc.md", "how-to/operators/contracts.md"} < set(BESIDE_A_DEMO)
    assert len(BESIDE_A_DEMO) >= 20


def test_what_stands_below_is_the_answer_unless_something_is_said_in_between() -> None:
    text = "```bash\none '{\n  two }'\n```\n\n```text\nanswer\n```\n\n```bash\nthree\n```\nSo:\n\n```text\nfour\n```\n"
    assert typed(text) == [("one '{\n  two }'", "answer"), ("three", "")]


def test_every_command_can_be_pasted_as_it_stands() -> None:
    """Without a prompt in front of it, on the pages and in the README."""
    for path in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        text = path.read_text("utf-8")
        assert "```console" not in text, path
        assert [step.command for step in typed(text) if re.search(r"^[$>] ", step.command, re.MULTILINE)] == [], path


def test_every_setting_and_every_command_that_they_name_exists() -> None:
    text = "\n".join(path.read_text("utf-8") for path in (DOCS / "how-to").rglob("*.md"))
    named = set(re.findall(r"\bIDP_[A-Z_]*[A-Z]\b", text))
    assert len(named) > 20
    assert named <= settings.reference().keys()
    used = set(re.findall(r"(?:`|^)idp ([a-z]+)", text, flags=re.MULTILINE))
    assert len(used) > 15
    assert used <= set(typer.main.get_command(build()).commands)  # type: ignore[attr-defined]


def test_links_to_the_demonstration_are_of_its_ports() -> None:
    text = "\n".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    assert set(re.findall(r"<http://localhost:(\d+)", text)) == {"8080", "8081", "8082"}
