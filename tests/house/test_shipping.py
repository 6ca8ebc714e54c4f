"""What is shipped: the wheel holds what running takes and nothing else; what deploys it names things that exist."""

import importlib
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from tests.support.built import INSTALLED
from tests.support.tree import PACKAGE, ROOT, tracked_files


def build(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    assert build(folder, WARIFU_BUILD="source").returncode == 0
    return next(folder.glob("*.whl"))


def compiled_modules() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    modules: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["modules"]
    return modules


def test_what_is_tested_is_compiled_unless_it_is_linked_to_the_sources() -> None:
    listed = compiled_modules()
    assert listed == sorted(set(listed))
    places = {name: importlib.import_module(name).__file__ or "" for name in listed}
    linked = INSTALLED == PACKAGE
    assert [name for name, place in places.items() if place.endswith(".py") is not linked] == []


def test_without_a_compiler_the_sources_are_shipped_as_they_are_and_that_is_said(tmp_path: Path) -> None:
    built = build(tmp_path, PATH=str(tmp_path))
    assert built.returncode == 0
    assert "Not compiled, so about a quarter slower: there is no C compiler" in built.stdout + built.stderr
    assert [each.name for each in tmp_path.glob("*.whl")] == ["warifu-0.1.0-py3-none-any.whl"]


def test_where_it_has_to_be_compiled_nothing_else_is_shipped(tmp_path: Path) -> None:
    built = build(tmp_path, PATH=str(tmp_path), WARIFU_BUILD="compiled")
    assert built.returncode != 0
    assert "there is no C compiler" in built.stdout + built.stderr
    assert list(tmp_path.glob("*.whl")) == []


def test_the_wheel_holds_the_package_and_its_migrations(wheel: Path) -> None:
    wanted = set()
    for path in tracked_files():
        place = path.relative_to(ROOT)
        if place.is_relative_to("src/idp"):
            wanted.add(place.relative_to("src").as_posix())
        elif place.is_relative_to("migrations"):
            wanted.add(f"idp/{place.as_posix()}")
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert shipped == wanted


def test_what_the_image_copies_exists() -> None:
    lines = [line.split() for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    sources = [name for words in lines if not words[1].startswith("--") for name in words[1:-1]]
    assert [name for name in sources if not (ROOT / name).exists()] == []
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_in == set(sources)
