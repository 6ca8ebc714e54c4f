"""Questions as AuthZEN 1.0 writes them (sections 5 to 7). Members that we do not know are theirs, and left alone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from idp.kit.errors import FieldError, Invalid

MOST = 100
_PARTS = ("subject", "resource", "action")


class Semantic(StrEnum):
    """AuthZEN 1.0 section 7.1.2.1: when a batch is over."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


class Question(NamedTuple):
    """Well-formed; whether it names anything that exists is for the decision. `at` is where it stands in the body."""

    subject: tuple[str, str]
    resource: tuple[str, str]
    action: str
    context: Mapping[str, Any] | None
    at: str


class Batch(NamedTuple):
    questions: tuple[Question, ...]
    semantic: Semantic = Semantic.EXECUTE_ALL


def question(body: object, *, at: str = "") -> Question:
    """Raises `Invalid`."""
    faults: list[FieldError] = []
    document = _object(body, at, faults)
    parts = {name: _object(document.get(name), f"{at}/{name}", faults) for name in _PARTS}
    context = document.get("context")
    if context is not None:
        _object(context, f"{at}/context", faults)
    subject, resource = (
        (_text(parts[name], "type", f"{at}/{name}", faults), _text(parts[name], "id", f"{at}/{name}", faults))
        for name in _PARTS[:2]
    )
    action = _text(parts["action"], "name", f"{at}/action", faults)
    if faults:
        raise Invalid("invalid", "This is no question that can be answered.", errors=faults)
    return Question(subject, resource, action, context if isinstance(context, Mapping) else None, at)


def batch(body: object) -> Batch | Question:
    """What stands at the top is meant for every question that does not say it itself. Raises `Invalid`."""
    faults: list[FieldError] = []
    document = _object(body, "", faults)
    _raise(faults)
    given = document.get("evaluations")
    if given is None or given == []:
        return question(document)
    if not isinstance(given, list) or len(given) > MOST:
        detail = f"evaluations are an array of at most {MOST} questions."
        raise Invalid("invalid", detail, errors=[FieldError("/evaluations", "invalid_type", detail)])
    shared = {name: document[name] for name in (*_PARTS, "context") if name in document}
    questions = []
    for index, each in enumerate(given):
        at = f"/evaluations/{index}"
        own = _object(each, at, faults)
        try:
            questions.append(question({**shared, **own}, at=at))
        except Invalid as wrong:
            faults.extend(wrong.errors)
    semantic = _semantic(document.get("options"), faults)
    _raise(faults)
    return Batch(tuple(questions), semantic)


def _semantic(options: object, faults: list[FieldError]) -> Semantic:
    wanted = Semantic.EXECUTE_ALL.value
    if options is not None:
        wanted = _object(options, "/options", faults).get("evaluations_semantic", wanted)
    if wanted in [each.value for each in Semantic]:
        return Semantic(wanted)
    expected = [each.value for each in Semantic]
    where = "/options/evaluations_semantic"
    faults.append(FieldError(where, "unknown_value", "This semantic is not known.", expected=expected))
    return Semantic.EXECUTE_ALL


def _object(value: object, at: str, faults: list[FieldError]) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    code = "required" if value is None else "invalid_type"
    faults.append(FieldError(at, code, "An object is needed.", expected="object"))
    return {}


def _text(document: Mapping[str, Any], name: str, at: str, faults: list[FieldError]) -> str:
    value = document.get(name)
    if isinstance(value, str) and value:
        return value
    if document:  # an absent object has been named already
        code = "required" if value is None else "invalid_type"
        faults.append(FieldError(f"{at}/{name}", code, f"{name} is needed, as a string.", expected="string"))
    return ""


def _raise(faults: list[FieldError]) -> None:
    if faults:
        raise Invalid("invalid", "These are no questions that can be answered.", errors=faults)
