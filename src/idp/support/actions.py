from collections.abc import Collection, Mapping
from typing import Any

from idp import audit, tenants
from idp.audit import Event
from idp.kit import clock, ids
from idp.kit.clock import SECOND, rfc3339
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.support import store
from idp.support.model import Draft, Grant, Level, Party

LONGEST = 72
_HOUR = 3600 * SECOND
_MOST = 100


def read(document: Mapping[str, object], *, now_us: int) -> Draft:
    """`{"hours" | "until", "level"? | "permissions", "to"?, "reason"}`, at most 72 hours. Raises `Invalid` with every
    fault; what the permissions mean is for the caller to judge."""
    fields = Fields(document)
    fields.only({"hours", "until", "level", "permissions", "to", "reason"})
    fields.required("reason")
    until = _until(fields, now_us)
    texts = fields.texts("permissions", most=_MOST, longest=100)
    if texts is not None and fields.given("level") is not None:
        fields.refuse("level", "inconsistent", "Either a level or permissions are said.")
    if fields.given("permissions") == []:
        fields.refuse("permissions", "required", "Without a permission nothing is granted.")
    draft = Draft(
        party=fields.choice("to", Party, frozenset(), default=Party.OPERATOR),
        level=fields.choice("level", Level, frozenset(), default=Level.READ),
        permissions=None if texts is None else tuple(texts.values()),
        until=until,
        reason=fields.text("reason", longest=500) or "",
    )
    fields.finish()
    return draft


def grant(unit: Unit, draft: Draft, permissions: Collection[str]) -> Grant:
    """`permissions` are those of the draft, or of its level."""
    tenants.touch(unit)
    made = Grant(
        id=ids.new("sup"),
        party=draft.party,
        permissions=frozenset(permissions),
        reason=draft.reason,
        granted_by=unit.actor.id,
        granted_at=unit.now_us,
        until=draft.until,
        revoked_at=None,
    )
    store.add(unit, made)
    audit.record(
        unit,
        Event.SUPPORT_GRANTED,
        subject=made.id,
        to=made.party.value,
        permissions=sorted(made.permissions),
        until=rfc3339(made.until),
    )
    return made


def revoke(unit: Unit, grant_id: str) -> None:
    """From this commit on nobody is let in by it; again changes nothing. Raises `NotFound`."""
    tenants.touch(unit)
    found = store.get(unit, grant_id)
    if store.revoke(unit, found.id):
        audit.record(unit, Event.SUPPORT_REVOKED, subject=found.id)


def in_force(unit: Unit, party: Party) -> list[Grant]:
    """In the order of their making."""
    return store.open_to(unit, party)


def use(unit: Unit, found: Grant, *, did: str, by: str) -> None:
    """Each request under a grant stands in the tenant's own trail, what was only read too."""
    audit.record(unit, Event.SUPPORT_USED, subject=found.id, did=did, by=by)


def to_json(found: Grant, now_us: int) -> dict[str, Any]:
    return {
        "id": found.id,
        "to": found.party.value,
        "permissions": sorted(found.permissions),
        "reason": found.reason,
        "granted_by": found.granted_by,
        "granted_at": rfc3339(found.granted_at),
        "until": rfc3339(found.until),
        "revoked_at": None if found.revoked_at is None else rfc3339(found.revoked_at),
        "in_force": found.is_in_force(now_us),
    }


def _until(fields: Fields, now_us: int) -> int:
    hours = fields.number("hours", default=0, lowest=1, highest=LONGEST)
    text = fields.text("until")
    if (fields.given("hours") is None) is (text is None):
        if text is not None:
            fields.refuse("until", "inconsistent", "Either hours or an instant are said.")
        elif fields.clean("until"):
            fields.refuse("hours", "required", "It has to end: say hours, or until when.")
        return now_us
    if text is None:
        return now_us + hours * _HOUR
    try:
        at = clock.micros(clock.parse(text))
    except (ValueError, OverflowError):
        detail = "It is no instant with its offset from UTC."
        fields.refuse("until", "invalid_format", detail, found=text, expected="2027-03-31T15:00:00Z")
        return now_us
    if at <= now_us:
        fields.refuse("until", "past", "It lies in the past.", found=text)
    elif at > now_us + LONGEST * _HOUR:
        detail = f"Access for support ends within {LONGEST} hours."
        fields.refuse("until", "out_of_range", detail, found=text, expected=rfc3339(now_us + LONGEST * _HOUR))
    return at
