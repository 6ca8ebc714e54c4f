"""The small documents that come with an action."""

from datetime import date
from typing import Any

from idp.kit.fields import Fields

_LONGEST = 1000
_MOST_IDS = 1_000_000


def reason_of(document: dict[str, Any], *, needed: bool = False) -> str:
    """Of `{"reason"}`. Raises `Invalid`."""
    fields = Fields(document)
    fields.only({"reason"})
    reason = _reason(fields, needed=needed)
    fields.finish()
    return reason


def day_and_reason_of(document: dict[str, Any], name: str, *, reason_needed: bool = False) -> tuple[date, str]:
    """Of `{name: "YYYY-MM-DD", "reason"}`. Raises `Invalid`."""
    fields = Fields(document)
    fields.only({name, "reason"})
    fields.required(name)
    reason = _reason(fields, needed=reason_needed)
    day = _day(fields, name)
    fields.finish()
    assert day is not None
    return day, reason


def ids_of(document: dict[str, Any]) -> tuple[int, date | None, str]:
    """Of `{"ids", "from"?, "reason"?}`. Raises `Invalid`; the bounds of the number are for the room to judge."""
    fields = Fields(document)
    fields.only({"ids", "from", "reason"})
    fields.required("ids")
    ids = fields.number("ids", default=1, lowest=1, highest=_MOST_IDS)
    start, reason = _day(fields, "from"), _reason(fields, needed=False)
    fields.finish()
    return ids, start, reason


def _reason(fields: Fields, *, needed: bool) -> str:
    given = fields.given("reason")
    if given is None or (isinstance(given, str) and not given.strip()):
        if needed:
            fields.refuse("reason", "required", "A reason is required.")
        return ""
    return fields.text("reason", longest=_LONGEST, lines=True) or ""


def _day(fields: Fields, name: str) -> date | None:
    text = fields.text(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        fields.refuse(name, "invalid_format", "There is no such day.", found=text, expected="YYYY-MM-DD")
        return None
    return day
