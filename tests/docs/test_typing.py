"""What the pages say to type is typed, each page in a shell of its own beside one demonstration, and answers so."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import typer
from tests.support.installation import Installation, demo
from tests.support.sign_in import Person
from tests.support.tree import ROOT
from tests.support.typing import Shell, agrees, typed
from tests.support.warm import warm

from idp import settings
from idp.cli.app import build

DOCS = ROOT / "docs"
DEMO_KEY = "$(cat /tmp/warifu-demo-*/operator.key)"
DEMO_HOME = "$(echo /tmp/warifu-demo-*)"
DEMO_BASE = "http://localhost:8080"
BEFORE = "```{include} "
BESIDE_A_DEMO = [
    "first-steps.md",
    *(f"how-to/developers/{page}.md" for page in ("oidc", "saml", "apis", "logout", "stronger")),
    *(f"how-to/administrators/{page}.md" for page in ("people", "applications", "access", "roles", "keys")),
    *(f"how-to/administrators/{page}.md" for page in ("audit", "support")),
    "how-to/partners/customers.md",
    *(f"how-to/operators/{page}.md" for page in ("applications", "statements", "files", "backup")),
    *(f"how-to/operators/{page}.md" for page in ("monitoring", "contracts")),
]
"""In this order: what one leaves behind the next one finds, and the last one erases a tenant."""
INSTALLED = "how-to/operators/install.md"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with demo(tmp_path_factory.mktemp("pages") / "data") as running:
        yield running


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
    text = (DOCS / page).read_text("utf-8")
    steps = [*(typed((DOCS / "_before.md").read_text("utf-8")) if BEFORE in text else []), *typed(text)]
    assert steps
    answer = ""
    for step in steps:
        if step.command == "CODE=ac_…":  # in the browser
            with Person(installation.base_url) as taro:
                back = urlsplit(taro.callback(answer))
            shell.type(f"CODE={parse_qs(back.query)['code'][0]}")
            continue
        asked = step.command.replace(DEMO_KEY, installation.api_key).replace(DEMO_BASE, installation.base_url)
        asked = asked.replace(DEMO_HOME, str(installation.data_dir))
        answer = shell.type(asked)
        assert agrees(step.answer.replace(DEMO_BASE, installation.base_url), answer), f"{step.command}: {answer}"


def test_an_installation_is_made_as_it_says(command: str, shell: Shell, tmp_path: Path) -> None:
    """But for the directory."""
    home = tmp_path / "warifu"
    shell.type(command)
    for step in typed((DOCS / INSTALLED).read_text("utf-8")):
        said, asked = (text.replace("/var/lib/warifu", str(home)) for text in (step.answer, step.command))
        answer = shell.type(asked)
        assert agrees(said, answer), f"{asked}: {answer}"


def test_no_page_with_something_to_type_is_left_out() -> None:
    pages = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in DOCS.rglob("[!_]*.md")}
    told = {path for path, text in pages.items() if typed(text) and not path.startswith("reference/")}
    assert told == {*BESIDE_A_DEMO, INSTALLED}


def test_what_is_typed_over_several_lines_is_one_command() -> None:
    assert [step.command for step in typed("```console\n$ one '{\n> two\n> }'\nanswer\n$ three\n```\n")] == [
        "one '{\ntwo\n}'",
        "three",
    ]


def test_every_setting_and_every_command_that_they_name_exists() -> None:
    text = "\n".join(path.read_text("utf-8") for path in (DOCS / "how-to").rglob("*.md"))
    named = set(re.findall(r"\bIDP_[A-Z_]*[A-Z]\b", text))
    assert len(named) > 20
    assert named <= settings.reference().keys()
    used = set(re.findall(r"(?:`|^\$ )idp ([a-z]+)", text, flags=re.MULTILINE))
    assert len(used) > 15
    assert used <= set(typer.main.get_command(build()).commands)  # type: ignore[attr-defined]


def test_links_to_the_demonstration_are_of_its_ports() -> None:
    text = "\n".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    assert set(re.findall(r"<http://localhost:(\d+)", text)) == {"8080", "8081", "8082"}
