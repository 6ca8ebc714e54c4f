"""The standard claims about a person: what may be said (OpenID Connect Core 5.1) and what a scope asks for (5.4)."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from idp.kit.clock import SECOND
from idp.kit.fields import Fields
from idp.users.model import Identity

CLAIMS_OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}

# Members of their own, which are claims too: said once, not twice.
OWN = frozenset({"email", "locale"})

_TEXTS = ("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "gender")
_ADDRESS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
_FORMS = {
    "profile": (re.compile(r"https?://[\x21-\x7e]+"), "an http or https address"),
    "picture": (re.compile(r"https?://[\x21-\x7e]+"), "an http or https address"),
    "website": (re.compile(r"https?://[\x21-\x7e]+"), "an http or https address"),
    "birthdate": (re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))?", re.ASCII), "YYYY-MM-DD or YYYY"),
    "zoneinfo": (re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}"), "a time zone such as Asia/Tokyo"),
    "phone_number": (
        re.compile(r"\+?[0-9(). -]{3,40}(?:;ext=[0-9]{1,10})?"),
        "a telephone number such as +81 3 1234 5678",
    ),
}
_LONGEST_ADDRESS = 2_048
LOCALE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
E_MAIL = re.compile(r"[^\s@<>\x00-\x1f]{1,64}@[^\s@<>\x00-\x1f]{1,255}")


def read(fields: Fields) -> dict[str, Any]:
    """The members of `claims`; those with a member of their own are read by whoever reads that."""
    fields.only([*OWN, *(name for names in CLAIMS_OF_SCOPE.values() for name in names)])
    said: dict[str, Any] = {name: fields.text(name) for name in _TEXTS}
    said |= {name: _formed(fields, name) for name in _FORMS}
    for name in ("email_verified", "phone_number_verified"):
        said[name] = fields.flag(name, default=False) if fields.given(name) is not None else None
    if fields.given("updated_at") is not None:
        said["updated_at"] = fields.number("updated_at", default=0, lowest=0, highest=2**40)
    said["address"] = _address(fields.inner("address"))
    return {name: value for name, value in said.items() if value is not None}


def text_of_form(fields: Fields, name: str, form: re.Pattern[str], expected: str) -> str | None:
    value = fields.text(name, longest=_LONGEST_ADDRESS)
    if value is not None and not form.fullmatch(value):
        fields.refuse(name, "invalid_format", f"{name} is not {expected}.", found=value, expected=expected)
    return value


def _formed(fields: Fields, name: str) -> str | None:
    return text_of_form(fields, name, *_FORMS[name])


def _address(fields: Fields) -> dict[str, str] | None:
    fields.only(_ADDRESS)
    parts = {name: fields.text(name, longest=500, lines=True) for name in _ADDRESS}
    return {name: value for name, value in parts.items() if value is not None} or None


def claims_for(identity: Identity, scopes: AbstractSet[str], also: Iterable[str] = ()) -> dict[str, Any]:
    """What these scopes, and these claims asked for by name (5.5), give. Nothing is null and nothing is empty.

    `sub` is not among them: it is for whoever signs.
    """
    known = _known(identity)
    asked = {name for scope in scopes for name in CLAIMS_OF_SCOPE.get(scope, ())}
    asked.update(also)
    return {name: value for name, value in known.items() if name in asked}


def _known(identity: Identity) -> dict[str, Any]:
    known: dict[str, Any] = {
        "name": identity.display_name,
        "preferred_username": identity.user_name,
        "updated_at": identity.changed_at // SECOND,
        **identity.claims,
    }
    if identity.locale is not None:
        known["locale"] = identity.locale
    if identity.email is not None:
        known["email"] = identity.email
        known.setdefault("email_verified", False)
    else:
        known.pop("email_verified", None)
    if "phone_number" in known:
        known.setdefault("phone_number_verified", False)
    else:
        known.pop("phone_number_verified", None)
    return known
