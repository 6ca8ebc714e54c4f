"""A real bash completes commands, options and tenants; the other shells get scripts of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Idp
from tests.contracts.conftest import Desk
from tests.support.built import PLACES

from idp import main
from idp import settings as knobs
from idp.contracts import Status

TRY = """
eval "$(idp completion bash)"
for line in "$@"; do
  read -ra COMP_WORDS <<<"$line"; [[ $line = *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  "$(complete -p idp | sed 's/.*-F \\([^ ]*\\) .*/\\1/')" idp
  echo "${COMPREPLY[@]}"
done
"""


def completed(home: Path, settings: dict[str, str], *lines: str) -> list[str]:
    program = home / "idp"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m idp "$@"\n')
    program.chmod(0o755)
    environment = {**PLACES, "PATH": f"{home}:{os.environ['PATH']}", **settings}
    command = ["bash", "--norc", "-c", TRY, "bash", *lines]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_bash_completes_commands_options_and_tenants(idp: Idp, settings: dict[str, str], tmp_path: Path) -> None:
    assert idp("migrate").status == 0
    Desk(main.open_units(knobs.load())).bring(Status.ACTIVE, ids=3)
    lines = ("idp ten", "idp contracts s", "idp doctor --", "idp users list --tenant k")
    assert completed(tmp_path, settings, *lines) == [
        "tenants",
        "show suspend",
        "--json --config --help",
        "kaede",
    ]


def test_without_an_installation_nothing_is_completed_and_nothing_is_said(
    settings: dict[str, str], tmp_path: Path
) -> None:
    assert completed(tmp_path, settings, "idp tenants show k") == [""]
    assert not Path(settings["IDP_DATA_DIR"]).exists()


@pytest.mark.parametrize(("shell", "word"), [("bash", "complete -o"), ("zsh", "#compdef idp"), ("fish", "complete ")])
def test_each_shell_has_its_script(idp: Idp, shell: str, word: str) -> None:
    outcome = idp("completion", shell)
    assert (outcome.status, outcome.err) == (0, "")
    assert word in outcome.out
    assert "_IDP_COMPLETE" in outcome.out
