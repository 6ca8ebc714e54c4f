"""A planned change as the admin API says it."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from idp import users
from idp.kit import clock
from idp.kit.clock import SECOND, rfc3339
from idp.kit.errors import FieldError, Invalid
from idp.kit.fields import Fields, shortened
from idp.planning.model import Act, Plan, Wish
from idp.users import Frame, Identity, UserStatus

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LONGEST = 10 * 366 * 86_400 * SECOND
_WORDS = [each.value for each in Act if each is not Act.CHANGE]


def read(document: Mapping[str, object], identity: Identity, frame: Frame, *, now_us: int) -> Wish:
    """Raises `Invalid`. The patch is judged as if it came now."""
    fields = Fields(document)
    fields.only(("at", "change", "reason"))
    at = _at(fields, frame, now_us)
    change, patch, act = fields.given("change"), dict[str, Any](), Act.CHANGE
    if isinstance(change, Mapping):
        patch = dict(change)
        fields.errors += _faults(identity, patch, frame)
        act, patch = _stopping(fields, patch)
    elif isinstance(change, str) and change in _WORDS:
        act = Act(change)
    else:
        code, expected = ("required" if change is None else "invalid_type"), ["a merge patch", *_WORDS]
        fields.refuse("change", code, "A change is a patch or a word.", found=shortened(change), expected=expected)
    reason = fields.text("reason", longest=500, lines=True)
    fields.finish()
    return Wish(at, act, patch, reason)


def to_json(plan: Plan) -> dict[str, Any]:
    wish = plan.wish
    return {
        "id": plan.id,
        "user": plan.user_id,
        "at": rfc3339(wish.at),
        "change": dict(wish.patch) if wish.act is Act.CHANGE else wish.act.value,
        "reason": wish.reason,
        "status": plan.status.value,
        "failure": plan.failure,
        "planned_by": plan.planner.id,
        "created_at": rfc3339(plan.created_at),
        "settled_at": None if plan.settled_at is None else rfc3339(plan.settled_at),
    }


def _at(fields: Fields, frame: Frame, now_us: int) -> int:
    """A day is meant from its beginning in the tenant's zone."""
    fields.required("at", expected="an instant (RFC 3339) or a day (YYYY-MM-DD)")
    text = fields.text("at", longest=40)
    if text is None:
        return 0
    try:
        at = (
            users.start_of_day(date.fromisoformat(text), frame.zone)
            if _DAY.fullmatch(text)
            else clock.micros(clock.parse(text))
        )
    except (ValueError, OverflowError):
        expected = "an instant (RFC 3339) or a day (YYYY-MM-DD)"
        fields.refuse("at", "invalid_format", f"at is not {expected}.", found=text, expected=expected)
        return 0
    if not now_us < at <= now_us + _LONGEST:
        bounds = {"exclusiveMinimum": rfc3339(now_us), "maximum": rfc3339(now_us + _LONGEST)}
        code = "past" if at <= now_us else "out_of_range"
        fields.refuse("at", code, "A change is planned for an instant to come.", found=text, expected=bounds)
    return at


def _stopping(fields: Fields, patch: dict[str, Any]) -> tuple[Act, dict[str, Any]]:
    """To disable holds by the clock, so it is planned by itself: with other members it would wait for them."""
    if patch.get("status") != UserStatus.DISABLED:
        return Act.CHANGE, patch
    if len(patch) > 1:
        detail = 'To disable somebody is planned by itself, as "disable".'
        fields.refuse("change/status", "not_combinable", detail, found=patch["status"], expected=Act.DISABLE.value)
    return Act.DISABLE, {}


def _faults(identity: Identity, patch: Mapping[str, object], frame: Frame) -> list[FieldError]:
    try:
        users.read_change(identity, patch, frame)
    except Invalid as wrong:
        return [error._replace(pointer=f"/change{error.pointer}") for error in wrong.errors]
    return []
