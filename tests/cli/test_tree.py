"""The whole tree of commands keeps the same promises, whatever is added to it."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from tests.cli.conftest import Idp
from typer.core import TyperArgument, TyperGroup

from idp import __version__
from idp.cli.app import build

SERVING = {"demo", "serve", "worker"}
"""They report nothing: they answer until they are told to stop."""
SCRIPTS = {"completion"}


def below(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from below(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


TREE = dict(below(typer.main.get_command(build())))


def options(command: Any) -> set[str]:
    return {name for each in command.params for name in each.opts if name.startswith("-")} | {"--help"}


@pytest.mark.parametrize("path", TREE)
def test_what_it_does_not_know_goes_to_standard_error_alone(idp: Idp, path: str) -> None:
    outcome = idp(*path.split(), "--no-such-option")
    assert (outcome.status, outcome.out) == (2, "")
    assert "--no-such-option" in outcome.err


@pytest.mark.parametrize("path", TREE)
def test_its_help_has_examples_that_it_understands(idp: Idp, path: str) -> None:
    outcome = idp(*path.split(), "--help")
    assert (outcome.status, outcome.err) == (0, "")
    # A word for what is to be given, such as FILE, where it is no choice of a few.
    assert re.findall(r"^  -.*?<[^|>\n]*>", outcome.out.partition("Options:")[2], re.MULTILINE) == []
    examples = re.findall(rf"\bidp {path}\b[^\n]*", outcome.out.partition("Examples:")[2])
    assert examples, outcome.out
    for example in examples:
        words = shlex.split(example.rstrip(')"').partition(" >")[0], comments=True)
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= options(TREE[path]), example


@pytest.mark.parametrize("path", sorted(TREE.keys() - SERVING - SCRIPTS))
def test_what_reports_does_so_for_programs_too(path: str) -> None:
    assert "--json" in options(TREE[path])


@pytest.mark.parametrize("group", ["", *sorted({path.partition(" ")[0] for path in TREE if " " in path})])
def test_in_the_list_of_commands_each_is_told_whole(idp: Idp, group: str) -> None:
    """Within eighty columns."""
    listed = idp(*group.split(), "--help").out.partition("Commands:")[2]
    assert listed
    assert "..." not in listed


def test_every_option_and_argument_says_what_it_is() -> None:
    silent = {(path, each.name) for path, command in TREE.items() for each in command.params if not each.help}
    assert silent == set()


def test_every_argument_is_named_in_capitals() -> None:
    arguments = [(path, each) for path, command in TREE.items() for each in command.params]
    assert [
        (path, each.name)
        for path, each in arguments
        if isinstance(each, TyperArgument) and (each.metavar or "").upper() != each.metavar
    ] == []


def test_it_says_its_version(idp: Idp) -> None:
    assert idp("--version").out == f"idp {__version__}\n"


def test_a_failure_is_a_problem_for_programs_and_leaves_standard_output_empty(idp: Idp) -> None:
    assert idp("migrate").status == 0
    outcome = idp("tenants", "show", "nobody", "--json")
    assert (outcome.status, outcome.out) == (1, "")
    assert json.loads(outcome.err) == {"code": "not_found", "detail": "There is nothing here."}
    plain = idp("tenants", "show", "nobody")
    assert (plain.status, plain.out, plain.err) == (1, "", "idp: There is nothing here. (not_found)\n")
    unsafe = idp("tenants", "list", "--json", IDP_WORKERS="none")
    assert (unsafe.status, unsafe.out) == (1, "")
    assert json.loads(unsafe.err)["detail"].startswith("IDP_WORKERS: ")
