"""What is committed in src/idp/web is what web/ builds: nobody edits a built file, nobody forgets to build."""

import subprocess
from pathlib import Path

import pytest
from tests.support.tree import ROOT

WEB = ROOT / "src" / "idp" / "web"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert (ROOT / "web" / "node_modules").is_dir(), "run `npm --prefix web ci` first: the built files are checked"
    directory = tmp_path_factory.mktemp("built")
    subprocess.run(["node", "build.mjs", directory], cwd=ROOT / "web", check=True, capture_output=True, timeout=120)
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


@pytest.mark.parametrize("folder", ["static", "templates/icons"])
def test_the_committed_files_are_what_the_sources_make(built: Path, folder: str) -> None:
    assert contents(built / folder) == contents(WEB / folder)


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text("utf-8")


def test_every_icon_that_is_shipped_is_used() -> None:
    templates = "".join(path.read_text("utf-8") for path in (WEB / "templates").glob("*.html"))
    unused = [path.stem for path in (WEB / "templates" / "icons").iterdir() if f'"{path.stem}"' not in templates]
    assert unused == []
