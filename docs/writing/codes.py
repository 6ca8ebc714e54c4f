"""The codes of failures, as they stand in the source: where one is raised, its sentence stands beside it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docs.writing.markdown import code, table

import idp
from idp.access import Reason
from idp.admin.app import ROUTES

_ABOUT = """(codes)=
# Codes of failures

What fails is answered as a problem (RFC 9457): `code` is stable and for programs, `detail` a sentence for people,
`reference` finds the request in the log. Wrong fields stand in `errors`, all of them at once, each with a `pointer`
into the body, a `code`, and what was `found` and `expected`. New codes may be added: treat one that you do not know by
its status.
"""
_FIELDS = """## At a field

In `errors[].code`, with status 422; a failure with a code of its own that is about a field repeats that one there.
Where the sentence is left out it names the field and what it may be.
"""
_REASONS = """## Why somebody is not let in

The gate gives one reason: to a person on the page, to the administrator in the explanation of the decision, and to a
program as `error_description`.
"""
# Which failures of `idp.kit.errors` are said with which status by the admin API.
_STATUS = {"Invalid": 422, "Unauthenticated": 401, "Refused": 403, "Conflict": 409, "TooMany": 429, "Refusal": 0}
_EVERYWHERE = {
    ("not_found", 404): "There is nothing here, or it is somebody else's: the answer is the same.",
    ("precondition_failed", 412): "It has changed since you read it.",
    ("temporarily_unavailable", 503): "The service cannot answer at the moment; `Retry-After` says when to try again.",
    ("too_many_requests", 429): "Too many requests; `Retry-After` says when to try again.",
}
_MALFORMED = {"malformed_json", "malformed_form", "invalid_cursor"}
_DOORS = ("oidc", "saml", "signin", "portal", "apply")  # they speak to browsers and by their protocols' own codes


class Said(NamedTuple):
    code: str
    status: int
    sentence: str


def page() -> str:
    problems: dict[tuple[str, int], set[str]] = defaultdict(set)
    fields: dict[str, set[str]] = defaultdict(set)
    for tree in _sources():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call):
                if isinstance(call.func, ast.Name) and call.func.id == "FieldError":
                    _note_field(fields, call)
                elif said := _problem(call):
                    problems[said.code, said.status].add(said.sentence)
    for (word, status), sentence in _EVERYWHERE.items():
        problems[word, status] = {sentence}
    for word in {each for route in ROUTES for each in route.conflicts}:
        problems[word, 409].add("")
    shown = ((code(word), str(status), _sentences(said)) for (word, status), said in sorted(problems.items()))
    at_fields = ((code(word), _sentences(said)) for word, said in sorted(fields.items()))
    reasons = [(code(reason.value),) for reason in Reason]
    return "\n".join(
        [
            _ABOUT,
            table(("Code", "Status", "Said"), shown),
            _FIELDS,
            table(("Code", "Said"), at_fields),
            _REASONS,
            table(("Reason",), reasons),
        ]
    )


def _sources() -> Iterator[ast.Module]:
    home = Path(idp.__file__).parent
    for path in sorted(home.rglob("*.py")):
        if path.relative_to(home).parts[0] not in _DOORS:
            yield ast.parse(path.read_text("utf-8"))


def _problem(call: ast.Call) -> Said | None:
    kind, at = _kind(call.func)
    if kind not in _STATUS:
        return None
    word = _literal(call.args, at)
    status = call.args[0].value if kind == "Refusal" and isinstance(call.args[0], ast.Constant) else _STATUS[kind]
    if word is None or not isinstance(status, int):
        return None
    return Said(word, 400 if word in _MALFORMED else status, _literal(call.args, at + 1) or "")


def _kind(called: ast.expr) -> tuple[str, int]:
    """Of `Conflict(…)`, of `Conflict.at(…)`, which names a field first, and of a refusal, which says its status first;
    and which argument is the code."""
    if isinstance(called, ast.Attribute) and called.attr == "at" and isinstance(called.value, ast.Name):
        return called.value.id, 1
    name = called.id if isinstance(called, ast.Name) else ""
    return name, 1 if name == "Refusal" else 0


def _note_field(fields: dict[str, set[str]], call: ast.Call) -> None:
    word = _literal(call.args, 1)
    if word is not None:
        fields[word].add(_literal(call.args, 2) or "")


def _literal(arguments: list[ast.expr], at: int) -> str | None:
    """Text as it stands there, with … for what is filled in; None for what is only known when it runs."""
    found = arguments[at] if len(arguments) > at else None
    if isinstance(found, ast.Constant) and isinstance(found.value, str):
        return found.value
    if isinstance(found, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "…" for each in found.values)
        return "".join(map(str, parts))
    return None


def _sentences(said: set[str]) -> str:
    return " / ".join(sorted(each for each in said if each))
