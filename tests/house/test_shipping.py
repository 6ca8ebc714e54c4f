"""What is shipped: the wheel holds what running takes and nothing else; what deploys it names things that exist."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.support.tree import ROOT, tracked_files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


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
