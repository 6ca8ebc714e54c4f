"""A plan, and what is wrong with a file, for people and for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from idp.cli.saying import warn
from idp.configurations import ABSENT, Action, Applied, Change, Document, Plan, Step, Unreadable
from idp.kit.errors import FieldError

_SIGNS = {Action.CREATE: "+", Action.CHANGE: "~", Action.DELETE: "-"}
_DONE = {Action.CREATE: "created", Action.CHANGE: "updated", Action.DELETE: "deleted"}
_SHOWN = 12  # of a list
_LONGEST = 100


def lines(plan: Plan) -> Iterator[str]:
    """Each step with its fields, as before and as after."""
    for slug, step in plan.steps:
        yield f"{_SIGNS[step.action]} {slug}: {_called(step)}"
        if step.action is not Action.DELETE:
            for change in step.changes:
                yield from _change(change)


def outcome(done: Applied, *, dry_run: bool) -> Iterator[str]:
    if dry_run:
        yield from lines(done.plan)
    counts = ", ".join(f"{done.plan.count(action):,} {word}" for action, word in _DONE.items())
    would = "Would be: " if dry_run and done.plan.steps else ""
    if done.plan.steps and not (done.done or dry_run):
        yield "Nothing was changed."
        return
    yield f"{would}{counts}, {done.plan.unchanged:,} unchanged."
    left = [each for tenant in done.plan.tenants for each in tenant.left]
    if left:
        yield f"Not in the file, and left as they are: {len(left):,}. `idp diff` shows them, --prune deletes them."
    for each in done.revealed:
        known = each.client_id if each.client_id.startswith("whk_") else f"client_id {each.client_id}"
        whose = f"{each.service} ({each.tenant}, {known})"
        yield f"Secret of {whose}, shown this once: {each.client_secret}"


def comparison(plan: Plan) -> Iterator[str]:
    """From what there is to what the file says."""
    yield from lines(plan)
    deleted = plan.count(Action.DELETE)
    if not plan.steps:
        yield f"No differences; {plan.unchanged:,} alike."
        return
    counts = f"{plan.count(Action.CREATE):,} missing, {plan.count(Action.CHANGE):,} different"
    yield f"{counts}, {deleted:,} not in the file; {plan.unchanged:,} alike."


def plan_to_json(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "tenant": slug,
            "kind": step.kind,
            "action": step.action.value,
            "id": step.id,
            "name": step.name,
            "changes": [_to_json(change) for change in step.changes],
        }
        for slug, step in plan.steps
    ]


def applied_to_json(done: Applied, *, dry_run: bool) -> dict[str, Any]:
    return {
        **{word: done.plan.count(action) for action, word in _DONE.items()},
        "unchanged": done.plan.unchanged,
        "dry_run": dry_run,
        "plan": plan_to_json(done.plan),
        "secrets": [each._asdict() for each in done.revealed],
    }


def refuse(name: str, document: Document, faults: Sequence[FieldError], *, as_json: bool) -> None:
    placed = sorted(((document.line_of(fault.pointer), fault) for fault in faults), key=lambda each: each[0])
    if as_json:
        _problem([_fault(line, fault) for line, fault in placed])
        return
    for line, fault in placed:
        found = "" if fault.found is None else f" Found: {_short(fault.found)}."
        expected = "" if fault.expected is None else f" Expected: {_short(fault.expected)}."
        warn(f"{name}:{line}: {fault.pointer or '/'}: {fault.detail}{found}{expected}")
    warn("Nothing was changed.")


def refuse_unreadable(name: str, unreadable: Unreadable, *, as_json: bool) -> None:
    if as_json:
        fault = FieldError("", "unreadable", str(unreadable))
        _problem([_fault(unreadable.line, fault)])
    else:
        warn(f"{name}:{unreadable.line}: {unreadable}")


def _problem(errors: list[dict[str, Any]]) -> None:
    problem = {"code": "invalid", "detail": "The file is refused; nothing was changed.", "errors": errors}
    warn(json.dumps(problem, ensure_ascii=False))


def _called(step: Step) -> str:
    kind = (
        step.kind
        if step.kind == "settings"
        else step.kind.removesuffix("ies") + "y"
        if step.kind.endswith("ies")
        else step.kind.removesuffix("s")
    )
    return kind if step.kind == "settings" else f"{kind} {step.name} ({step.id})"


def _change(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if isinstance(before, list) or isinstance(after, list):
        old, new = _items(before), _items(after)
        signs = [("-", each) for each in old if each not in new] + [("+", each) for each in new if each not in old]
        if signs or old == new:
            yield f"    {change.path}:"
            yield from (f"      {sign} {_short(each)}" for sign, each in signs[:_SHOWN])
            if len(signs) > _SHOWN:
                yield f"      … and {len(signs) - _SHOWN:,} more"
            return
    if before is ABSENT:
        yield f"    {change.path}: {_short(after)}"
    elif after is ABSENT:
        yield f"    {change.path}: {_short(before)} → (none)"
    else:
        yield f"    {change.path}: {_short(before)} → {_short(after)}"


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is ABSENT else [value]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) and value.startswith("(") else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _to_json(change: Change) -> dict[str, Any]:
    said = {"path": change.path, "before": change.before, "after": change.after}
    return {name: value for name, value in said.items() if value is not ABSENT}


def _fault(line: int, fault: FieldError) -> dict[str, Any]:
    return {"line": line, **fault.to_json()}
