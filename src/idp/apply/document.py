"""From fields of a form to the document that the admin API takes, and from its faults back to the fields.

A field is named as the member of the document that it fills, with a slash where that lies deeper.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from idp.kit.errors import Conflict, Failure, Invalid
from idp.web.forms import Form

PRODUCTS = ("ID_PLUS", "MDM", "DEVICE_AUTH", "PLATFORM")
TEXTS = (
    "product",
    "tenant",
    "legal_form",
    "legal_name",
    "corporate_number",
    "representative",
    "admin_contact/name",
    "admin_contact/email",
    "admin_contact/phone",
    "admin_contact/affiliation",
    "billing_contact/name",
    "billing_contact/email",
    "billing_contact/phone",
    "ids",
    "term_months",
    "start_date",
    "auto_renewal",
    "time_zone",
    "partner",
    "plan",
    "continues",
)
_NUMBERS = frozenset({"ids", "term_months"})
_LONGEST = 1_000
_AT = {
    "contract_exists": "tenant",
    "tenant_taken": "tenant",
    "tenant_retired": "tenant",
    "cannot_continue": "continues",
}


class Fault(NamedTuple):
    code: str
    expected: str = ""


def entered(form: Form) -> dict[str, str]:
    """What was typed, to be shown again; an unknown field is nothing."""
    return {name: (form.get(name) or "").strip()[:_LONGEST] for name in TEXTS}


def document(values: Mapping[str, str]) -> dict[str, Any]:
    """What is empty is left out."""
    made: dict[str, Any] = {"admin_contact": {}, "billing_contact": {}}
    for name in TEXTS:
        outer, _, inner = name.rpartition("/")
        if text := values[name]:
            (made[outer] if outer else made)[inner] = _value(name, text)
    if values["legal_form"] == "sole_proprietor":
        made.pop("corporate_number", None)
    return made


def faults(failure: Failure) -> dict[str, Fault]:
    """By field, in the order of the form. Raises `failure` where it is about no field."""
    if isinstance(failure, Conflict) and failure.code in _AT:
        return {_AT[failure.code]: Fault(failure.code)}
    if not isinstance(failure, Invalid) or not failure.errors:
        raise failure
    found: dict[str, Fault] = {}
    for error in failure.errors:
        found.setdefault(error.pointer.removeprefix("/"), Fault(error.code, _shown(error.expected)))
    return {name: found[name] for name in (*TEXTS, *found) if name in found}


def _value(name: str, text: str) -> object:
    if name == "auto_renewal":
        return text == "yes"
    if name in _NUMBERS and text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return text


def _shown(expected: object) -> str:
    if isinstance(expected, Mapping):
        return f"{expected.get('minimum')} – {expected.get('maximum')}"
    return expected if isinstance(expected, str) else ""
