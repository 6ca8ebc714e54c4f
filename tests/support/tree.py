"""The repository as the house tests read it: paths, parsed sources, tracked files."""

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "idp"


@functools.cache
def sources() -> dict[str, ast.Module]:
    """Every module of the package by its path below `src/idp`."""
    return {path.relative_to(PACKAGE).as_posix(): _parsed(path) for path in sorted(PACKAGE.rglob("*.py"))}


def _parsed(path: Path) -> ast.Module:
    """A second time where CPython 3.11 now and then miscounts its own depth (gh-106905)."""
    try:
        return ast.parse(path.read_text(), str(path))
    except SystemError:
        return ast.parse(path.read_text(), str(path))


@functools.cache
def tracked_files() -> list[Path]:
    """What git keeps, and what it would if everything here were added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]
