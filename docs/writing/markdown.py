"""Pieces of Markdown, as MyST reads it."""

import json
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Nothing for no rows."""
    lines = [_row(row) for row in rows]
    if not lines:
        return ""
    return "\n".join([_row(heads), "|" + "---|" * len(heads), *lines, ""])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("\n", " ").replace("|", "\\|") for cell in cells) + " |"


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def codes(words: Iterable[str]) -> str:
    return ", ".join(map(code, words))


def block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


def json_block(value: object) -> str:
    return block("json", json.dumps(value, ensure_ascii=False, indent=2))


def anchored(label: str, heading: str) -> str:
    """A heading that other pages name by `label`, in lower case."""
    return f"({label.lower()})=\n{heading}\n"


def link(text: str, label: str) -> str:
    return f"[{text}](#{label.lower()})"
