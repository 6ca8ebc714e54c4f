"""An ID as the admin API, an import or a directory says it: judged, with every fault named at once."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from idp.kit.clock import rfc3339
from idp.kit.fields import Fields, merged
from idp.users import attribute_types, claims, validity
from idp.users.frames import Frame
from idp.users.model import Draft, GroupId, Identity
from idp.users.names import LONGEST
from idp.users.validity import Validity
from idp.users.vocabulary import Affiliation, Role, UserStatus

_SAID = ("attributes", "user_name", "display_name", "email", "affiliation", "roles", "groups", "locale", "claims")
MEMBERS = frozenset({*_SAID, "valid_from", "valid_until"})
_MOST_GROUPS = 500
_VARIANTS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def read(document: Mapping[str, object], frame: Frame) -> Draft:
    """Raises `Invalid`. The password is no part of it: whoever takes one hands it to `credentials`."""
    return _read(Fields(document), frame, None)


def read_change(identity: Identity, patch: Mapping[str, object], frame: Frame) -> tuple[Draft, UserStatus]:
    """What RFC 7396 makes of an ID and a patch of its document, `status` included (null asks for no other one).

    Raises `Invalid` with the faults of both.
    """
    said = {name: value for name, value in patch.items() if name != "status"}
    asked = Fields({"status": patch.get("status")})
    status = asked.choice("status", UserStatus, frozenset(), default=identity.status)
    fields = Fields(merged(writable(identity.draft), said), errors=asked.errors)
    return _read(fields, frame, identity.draft), status


def _read(fields: Fields, frame: Frame, before: Draft | None) -> Draft:
    fields.only(MEMBERS)
    fields.required("display_name")
    fields.required("affiliation")
    inner = fields.inner("claims")
    email = _said_once(fields, inner, "email")
    locale = _said_once(fields, inner, "locale")
    draft = Draft(
        user_name=_user_name(fields) or email or "",
        display_name=fields.text("display_name") or "",
        email=email,
        affiliation=fields.choice("affiliation", Affiliation, frozenset(), default=Affiliation.EMPLOYEE),
        roles=_roles(fields),
        locale=locale,
        claims=claims.read(inner),
        groups=_groups(fields),
        validity=validity.read(fields),
        attributes=attribute_types.read(fields.inner("attributes"), frame.definitions),
    )
    draft = draft._replace(validity=_limited(fields, draft, frame, before))
    if not draft.user_name and fields.clean("user_name", "email"):
        fields.refuse("user_name", "required", "A user name is needed, or an e-mail address to take its place.")
    fields.finish()
    return draft


def writable(draft: Draft) -> dict[str, Any]:
    """The document that `read` gives this draft for; left out is what is not there."""
    said: dict[str, Any] = {
        "user_name": draft.user_name,
        "display_name": draft.display_name,
        "email": draft.email,
        "affiliation": draft.affiliation.value,
        "roles": sorted(role.value for role in draft.roles),
        "groups": sorted(draft.groups),
        "locale": draft.locale,
        "claims": dict(draft.claims),
        "valid_from": _shown(draft.validity.first),
        "valid_until": _shown(draft.validity.last),
        "attributes": dict(draft.attributes),
    }
    return {name: value for name, value in said.items() if value is not None}


def to_json(identity: Identity) -> dict[str, Any]:
    """As the admin API shows it."""
    return {
        "id": identity.id,
        "email": None,
        "locale": None,
        "valid_from": None,
        "valid_until": None,
        **writable(identity.draft),
        "status": identity.shown_status.value,
        "created_at": rfc3339(identity.created_at),
        "changed_at": rfc3339(identity.changed_at),
    }


def _shown(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _limited(fields: Fields, draft: Draft, frame: Frame, before: Draft | None) -> Validity:
    """Of somebody who is dispatched the last day is the one that is said, or that it was, or the latest there may be.
    Who was there before the tenant asked for one is asked when their dates are changed."""
    said = draft.validity
    latest = frame.latest(said.first) if draft.affiliation is Affiliation.DISPATCHED else None
    if latest is None or (before is not None and _dated(before) == _dated(draft)):
        return said
    if said.last is None:
        kept = before.validity.last if before is not None and before.affiliation is draft.affiliation else None
        return said._replace(last=kept or latest)
    if said.last > latest and (before is None or said.last != before.validity.last):
        detail = "The ID of somebody who is dispatched may not last so long."
        found = said.last.isoformat()
        fields.refuse("valid_until", "out_of_range", detail, found=found, expected={"maximum": latest.isoformat()})
    return said


def _dated(draft: Draft) -> tuple[object, ...]:
    return draft.affiliation, draft.validity


def _user_name(fields: Fields) -> str | None:
    name = fields.text("user_name", longest=LONGEST)
    if name is not None and name != name.strip():
        detail = "A user name has no space around it."
        fields.refuse("user_name", "invalid_text", detail, found=name, expected=name.strip())
    elif name is not None and _VARIANTS.search(name):  # two names that look alike would be two people
        fields.refuse("user_name", "invalid_text", "user_name contains characters that cannot be seen.")
    return name


_SAID_ONCE = {
    "email": (claims.E_MAIL, "an e-mail address"),
    "locale": (claims.LOCALE, "a language tag such as ja or en-GB"),
}


def _said_once(fields: Fields, inner: Fields, name: str) -> str | None:
    """It has a member of its own, and is a standard claim: said at either place, or alike at both."""
    own = claims.text_of_form(fields, name, *_SAID_ONCE[name])
    claim = claims.text_of_form(inner, name, *_SAID_ONCE[name])
    if own is not None and claim is not None and own != claim:
        inner.refuse(name, "inconsistent", f"{name} is said twice, and not alike.", found=claim, expected=own)
    return own or claim


def _roles(fields: Fields) -> frozenset[Role]:
    roles = fields.choices("roles", Role, frozenset())
    if roles is None:
        return frozenset({Role.MEMBER})
    return roles


def _groups(fields: Fields) -> frozenset[GroupId]:
    """Ids; whether there are such groups is not seen from here."""
    found = fields.texts("groups", most=_MOST_GROUPS, longest=64)
    return frozenset(GroupId(each) for each in (found or {}).values())
