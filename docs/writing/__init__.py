"""The pages of the reference, written from the program itself: `make reference` writes them, a test compares them.

Each module knows one source (the description of the API, the tree of commands, the settings, the vocabulary) and turns
it into Markdown. Nothing here is read by the program, and nothing under `docs/reference` is written by hand.
"""

from collections.abc import Iterator
from pathlib import Path

from docs.writing import api, codes, commands, knobs, vocabulary

REFERENCE = Path(__file__).parents[1] / "reference"
HEAD = "<!-- Written by `make reference`. Changes belong into the program. -->\n\n"


def pages() -> dict[str, str]:
    """Every page by its path below `docs/reference`."""
    return {path: HEAD + text.rstrip() + "\n" for path, text in _all()}


def _all() -> Iterator[tuple[str, str]]:
    yield from api.pages()
    yield "commands.md", commands.page()
    yield "settings.md", knobs.page()
    yield "codes.md", codes.page()
    yield "events.md", vocabulary.events()
    yield "permissions.md", vocabulary.permissions()


def write() -> None:
    wanted = pages()
    for path in REFERENCE.rglob("*.md"):
        if path.relative_to(REFERENCE).as_posix() not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
