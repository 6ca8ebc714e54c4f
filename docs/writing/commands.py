"""The command line, from the tree of commands that the program itself reads."""

import re
from collections.abc import Iterator

import typer
from docs.writing.markdown import anchored, block, code, table
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from idp.cli.app import build

_ABOUT = """# Commands

`idp COMMAND --help` tells what stands here. `python -m idp` is the same program.

Exit status
: 0: it is done. 1: it failed, or found what should not be; one line on standard error says why. 2: the command was not
  understood; nothing was done, and nothing is on standard output. 3: `idp diff` found differences.

Output
: Plain lines; with `--json` one JSON document on standard output. Long work shows its progress on a terminal and
  prints plain lines in a pipe. Colours are for terminals alone, and never where `NO_COLOR` is set.

Settings
: `--config FILE` (or `IDP_CONFIG`) names a TOML file; each setting can be an environment variable too: see
  [Settings](settings.md).
"""


def page() -> str:
    root = typer.main.get_command(build())
    return "\n".join([_ABOUT, *_below(root, ("idp",))])


def _below(group: object, path: tuple[str, ...]) -> Iterator[str]:
    assert isinstance(group, TyperGroup)
    for name, command in sorted(group.commands.items()):
        here = (*path, name)
        if isinstance(command, TyperGroup):
            yield from _below(command, here)
        else:
            assert isinstance(command, TyperCommand)
            yield _one(command, here)


def _one(command: TyperCommand, path: tuple[str, ...]) -> str:
    context = typer.Context(command, info_name=" ".join(path))
    usage = " ".join(command.collect_usage_pieces(context))
    rows = [_parameter(each, context) for each in command.params]
    label = f"command-{'-'.join(path[1:])}"
    return "\n".join(
        [
            anchored(label, f"## `{' '.join(path)}`"),
            block("text", f"{' '.join(path)} {usage}"),
            _prose(command.help or ""),
            table(("", ""), rows),
        ]
    )


def _parameter(each: TyperArgument | TyperOption, context: typer.Context) -> tuple[str, str]:
    """As `--help` shows it; what is behind two spaces in brackets stands in a sentence of its own."""
    record = each.get_help_record(context)
    assert record is not None
    names, about = record
    if isinstance(each, TyperArgument):
        names = re.sub(r" <\w+>$", "", names)
    told, _, extra = about.partition("  [")
    return code(names), f"{told} *{_bounds(extra.removesuffix(']'))}*" if extra else told


def _bounds(text: str) -> str:
    return re.sub(r"x>=(\d+)", r"at least \1", re.sub(r"(\d+)<=x<=(\d+)", r"\1 to \2", text))


def _prose(text: str) -> str:
    """Paragraphs joined; examples, which `--help` leaves as they are, in a block that can be pasted."""
    parts = []
    for part in re.split(r"\n\s*\n", text.strip("\n")):
        told, _, examples = part.removeprefix("\b\n").partition("Examples:\n")
        parts.append(" ".join(told.split()) + "\n" if told else "")
        parts.append(block("sh", "\n".join(line.strip() for line in examples.splitlines())) if examples else "")
    return "\n".join(filter(None, parts))
