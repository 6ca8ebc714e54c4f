"""The pages are built as `make docs` builds them: without a warning, and to be read without a network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.tree import ROOT

BUILD = ["-m", "sphinx", "--builder", "html", "--fail-on-warning", "--keep-going", "--quiet"]
ELSEWHERE = re.compile(r"""(?:src|href)="(https?:)?//[^"]*"|url\((?:https?:)?//""")
# Where a reader may go by a click; what a page loads by itself comes with it.
LINK = re.compile(r"<a [^>]*>")


def build(source: Path, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *BUILD, "--doctree-dir", str(home / "trees"), str(source), str(home / "html")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("docs")
    done = build(ROOT / "docs", home)
    assert (done.returncode, done.stderr) == (0, "")
    return home / "html"


def test_the_pages_load_nothing_from_elsewhere(built: Path) -> None:
    pages = sorted(built.rglob("*.html"))
    assert len(pages) > 30
    found = {page.name: hits for page in pages if (hits := ELSEWHERE.findall(LINK.sub("", page.read_text())))}
    assert found == {}
    assert [each.name for each in built.rglob("*.css") if ELSEWHERE.search(each.read_text())] == []


def test_every_page_of_the_sources_is_built(built: Path) -> None:
    sources = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("[!_]*.md")}
    assert {path for path in sources if not (built / path).is_file()} == set()


def test_a_link_that_leads_nowhere_fails(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["myst_parser"]\nnitpicky = True\n')
    (source / "index.md").write_text("# One\n\n[two](two.md)\n")
    done = build(source, tmp_path)
    assert done.returncode == 1
    assert "two.md" in done.stderr


def test_the_command_that_builds_is_the_one_of_this_test() -> None:
    assert f"$(PYTHON) {' '.join(BUILD)}" in (ROOT / "Makefile").read_text()


def test_options_stay_as_they_are_typed(built: Path) -> None:
    """Two hyphens are no dash, and examples stand in boxes of their own."""
    text = (built / "reference" / "commands.html").read_text("utf-8")
    assert "–" not in re.sub(r"<title>.*?</title>", "", text)
    assert "Examples:" not in text
