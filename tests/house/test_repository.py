"""What is committed speaks of the project alone, and what it tells people to type exists."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.tree import ROOT, tracked_files

# Split, so that this file does not name them. Registries are found by the ordinary clients' own configuration.
PLACES = [
    *(f"/{name}/" for name in ("work", "root")),
    *(f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs", "deb.debian", "crates")),
    "/opt/" + "wheels",
    "proxy." + "golang",
]


def places_named(text: str) -> list[str]:
    return [place for place in PLACES if place in text]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = {}
    for path in tracked_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if places := places_named(text):
            found[str(path.relative_to(ROOT))] = places
    assert found == {}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_is_seen(place: str) -> None:
    assert places_named(f"see https://{place}/simple") == [place]


FOLDERS = {".ci", "bench", "deploy", "docs", "keys", "migrations", "src", "tests", "web"}
LARGEST = 3 * 2**19  # bytes; the golden description of the API is the largest that belongs here


def test_nothing_was_committed_by_mistake() -> None:
    tracked = [path.relative_to(ROOT) for path in tracked_files()]
    assert {path.parts[0] for path in tracked if len(path.parts) > 1} == FOLDERS
    fonts = {path for path in tracked if path.suffix == ".ttf"}
    assert [str(path) for path in tracked if path not in fonts and (ROOT / path).stat().st_size > LARGEST] == []


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", (ROOT / lock).read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("lock", "tables"),
    [
        ("requirements.lock", ["dependencies"]),
        ("requirements-dev.lock", ["dependencies", "dev"]),
        ("requirements-build.lock", ["build"]),
    ],
)
def test_the_lock_satisfies_the_project(lock: str, tables: list[str]) -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = {
        "dependencies": document["project"]["dependencies"],
        "dev": document["project"]["optional-dependencies"]["dev"],
        "build": document["build-system"]["requires"],
    }
    locked = pins(lock)
    wanted = [Requirement(line) for table in tables for line in groups[table]]
    late = [
        str(requirement)
        for requirement in wanted
        if locked.get(canonicalize_name(requirement.name)) not in requirement.specifier
    ]
    assert late == [], "run `make lock`"


def test_every_locked_package_has_a_hash() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        entries = re.split(r"\n(?=[a-z0-9])", lock.read_text())
        assert [entry.split()[0] for entry in entries[1:] if "--hash=sha256:" not in entry] == []


def commands_in(markdown: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", markdown, flags=re.MULTILINE | re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def is_there(command: str) -> bool:
    """Whether a command line of the README is one of our scripts or make targets."""
    program, *arguments = command.split()
    if program == "bash":
        return (ROOT / arguments[0]).is_file()
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
        return arguments[0] in targets
    return False


def test_the_readme_names_only_commands_that_exist() -> None:
    commands = commands_in((ROOT / "README.md").read_text())
    assert len(commands) >= 2
    assert [command for command in commands if not is_there(command)] == []


@pytest.mark.parametrize("command", ["bash deploy/no-such.sh", "make nothing", "curl x | sh"])
def test_a_command_that_does_not_exist_is_seen(command: str) -> None:
    assert not is_there(command)


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    first, second = commands_in((ROOT / "README.md").read_text())[:2]
    script = Path(ROOT / ".ci" / "run").read_text().splitlines()
    assert f"{first} &" in script
    assert script[-1] == second
