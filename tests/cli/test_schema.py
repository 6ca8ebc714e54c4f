"""Migrating and the first key, on both databases."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from tests.cli.conftest import Idp
from tests.support.tree import ROOT

from idp import main, migrate, users
from idp.kit.actors import SYSTEM
from idp.kit.asking import Asked
from idp.kit.listing import Question
from idp.settings import load


@pytest.fixture
def installation(settings: dict[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("IDP_DATABASE_URL", database_url)
    return settings | {"IDP_DATABASE_URL": database_url}


def test_an_empty_database_is_migrated_once_and_back(idp: Idp, installation: dict[str, str]) -> None:
    first = json.loads(idp("migrate", "--json").out)
    assert first["before"] is None
    assert first["after"]
    again = json.loads(idp("migrate", "--json").out)
    assert again == {"before": first["after"], "after": first["after"]}
    down = json.loads(idp("migrate", "--down", "base", "--json").out)
    assert down == {"before": first["after"], "after": None}
    assert json.loads(idp("migrate", "--json").out) == first


def test_ids_from_before_there_was_a_search_can_be_found(idp: Idp, installation: dict[str, str]) -> None:
    idp("migrate")
    roles = frozenset({users.Role.MEMBER})
    person = users.Draft("taro", "山田 太郎", None, users.Affiliation.EMPLOYEE, roles, None, {})
    with main.opened(load()) as units, units.platform(actor=SYSTEM) as unit:
        made = users.create(unit, person, limit=1)
    idp("migrate", "--down", "imports")
    assert idp("migrate").status == 0
    with main.opened(load()) as units, units.platform(actor=SYSTEM, write=False) as unit:
        assert users.LISTED.page(unit, Question(Asked({"q": "太"}))).items == [made]


def test_an_unknown_revision_fails_in_one_line(idp: Idp, installation: dict[str, str]) -> None:
    outcome = idp("migrate", "--down", "nonsense")
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)


def test_of_three_who_migrate_at_once_all_succeed(idp: Idp, installation: dict[str, str]) -> None:
    environment = {**os.environ, **installation}
    command = [sys.executable, "-m", "idp", "migrate", "--json"]
    started = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], answers
    told = [json.loads(out) for out, _ in answers]
    assert len({each["after"] for each in told}) == 1
    assert sum(each["before"] is None for each in told) == 1
    assert idp("doctor").status == 0, idp("doctor").out


@pytest.mark.parametrize("command", ["serve", "bootstrap", "audit verify"])
def test_a_command_refuses_a_database_without_the_schema(idp: Idp, installation: dict[str, str], command: str) -> None:
    outcome = idp(*command.split())
    assert outcome.status == 1
    assert "idp migrate" in outcome.err


def test_the_first_key_is_made_once(idp: Idp, installation: dict[str, str]) -> None:
    idp("migrate")
    made = idp("bootstrap")
    assert made.status == 0
    assert made.out.startswith("ak_")
    again = idp("bootstrap", "--json")
    assert (again.status, again.out) == (1, "")


def test_the_first_key_goes_to_a_file_for_its_owner(idp: Idp, installation: dict[str, str], tmp_path: Path) -> None:
    idp("migrate")
    file = tmp_path / "key"
    assert json.loads(idp("bootstrap", "--api-key-file", str(file), "--json").out) == {"api_key_file": str(file)}
    assert file.read_text().startswith("ak_")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_down_is_told_in_one_line(idp: Idp) -> None:
    outcome = idp("migrate", IDP_DATABASE_URL="postgresql://idp@127.0.0.1:9/idp")
    assert outcome.status == 1
    assert outcome.err.startswith("idp: IDP_DATABASE_URL: ")


def test_the_head_that_a_starting_server_compares_with_is_alembics() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert migrate.head() == scripts.get_current_head()


def test_a_file_that_is_no_database_is_told_in_one_line(idp: Idp, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, however long it may be" * 100)
    outcome = idp("serve", IDP_DATABASE_URL=f"sqlite:///{file}")
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert outcome.err.startswith("idp: IDP_DATABASE_URL: ")
