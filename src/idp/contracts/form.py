"""The application as a document: read member by member, with every fault remembered, so that whoever filled it in
learns all of them at once."""

import re
from collections.abc import Mapping
from datetime import date
from zoneinfo import available_timezones

from idp import tenants
from idp.contracts import corporate_number
from idp.contracts.model import Application, Contact, ContractId, LegalForm, Parties
from idp.contracts.requests import LAST_DATE
from idp.kit.errors import Invalid
from idp.kit.fields import Fields
from idp.plans import Product
from idp.users import Affiliation

_FIRST_DATE = date(2000, 1, 1)
_MOST_IDS = 1_000_000
_LONGEST_TERM = 120
_HOME = "Asia/Tokyo"
# What the machine is set to is no place that a contract could name; it differs from one server to the next.
_NO_PLACES = {"localtime", "Factory"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,189}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,30}")
_REQUIRED = (
    "product",
    "tenant",
    "legal_form",
    "legal_name",
    "representative",
    "admin_contact",
    "billing_contact",
    "ids",
    "term_months",
    "start_date",
    "auto_renewal",
)
_OPTIONAL = ("corporate_number", "time_zone", "partner", "plan", "continues")
_NO_WORDS: frozenset[str] = frozenset()


def read_application(document: Mapping[str, object]) -> Application:
    """Raises Invalid with `errors` for each field that is missing, wrong or unknown."""
    fields = Fields(document)
    fields.only((*_REQUIRED, *_OPTIONAL))
    for name in _REQUIRED:
        fields.required(name)
    form = fields.choice("legal_form", LegalForm, _NO_WORDS, default=LegalForm.CORPORATION)
    application = Application(
        product=fields.choice("product", Product, _NO_WORDS, default=Product.ID_PLUS),
        slug=_slug(fields),
        legal_form=form,
        legal_name=fields.text("legal_name") or "",
        corporate_number=_corporate_number(fields, required=form is LegalForm.CORPORATION),
        parties=read_parties(fields),
        ids=fields.number("ids", default=1, lowest=1, highest=_MOST_IDS),
        term_months=fields.number("term_months", default=1, lowest=1, highest=_LONGEST_TERM),
        start_date=_day(fields, "start_date"),
        auto_renewal=fields.flag("auto_renewal", default=False),
        time_zone=_time_zone(fields),
        partner=fields.text("partner"),
        plan=fields.text("plan"),
        continues=_contract(fields),
    )
    fields.finish()
    return application


def _slug(fields: Fields) -> str:
    slug = fields.text("tenant")
    try:
        if slug is not None:
            tenants.check_slug(slug)
    except Invalid as wrong:
        fields.errors.extend(wrong.errors)
    return slug or ""


def _corporate_number(fields: Fields, *, required: bool) -> str | None:
    number = fields.text("corporate_number")
    if number is None:
        if required:
            fields.required("corporate_number")
    elif not corporate_number.is_well_formed(number):
        detail = "A corporate number has 13 digits and does not begin with 0."
        fields.refuse("corporate_number", "invalid_format", detail, found=number, expected="13 digits")
    elif not corporate_number.is_right(number):
        detail = "The first digit does not check the other twelve."
        digit = str(corporate_number.check_digit(number[1:]))
        fields.refuse("corporate_number", "invalid_check_digit", detail, found=number[0], expected=digit)
    return number


def read_parties(fields: Fields) -> Parties:
    """What is wrong is remembered in `fields`."""
    admin, billing = fields.inner("admin_contact"), fields.inner("billing_contact")
    admin.only(["name", "email", "phone", "affiliation"])
    billing.only(["name", "email", "phone"])
    person = _contact(admin, given=_is_object(fields, "admin_contact"))
    if _is_object(fields, "admin_contact"):
        admin.required("affiliation")
        affiliation = admin.choice("affiliation", Affiliation, _NO_WORDS, default=Affiliation.EMPLOYEE)
        person = person._replace(affiliation=affiliation)
    return Parties(
        representative=fields.text("representative") or "",
        admin=person,
        billing=_contact(billing, given=_is_object(fields, "billing_contact")),
    )


def _is_object(fields: Fields, name: str) -> bool:
    """What is missing or nothing of the kind is refused as a whole: its members need no word each."""
    return isinstance(fields.given(name), Mapping)


def _contact(fields: Fields, *, given: bool) -> Contact:
    if given:
        fields.required("name")
        fields.required("email")
    return Contact(
        name=fields.text("name") or "",
        email=_formed(fields, "email", _EMAIL, "name@domain") or "",
        phone=_formed(fields, "phone", _PHONE, "digits, spaces and + - ( )"),
    )


def _day(fields: Fields, name: str) -> date:
    text = _formed(fields, name, _DAY, "YYYY-MM-DD")
    try:
        day = _FIRST_DATE if text is None else date.fromisoformat(text)
    except ValueError:
        fields.refuse(name, "invalid_format", "There is no such day.", found=text, expected="YYYY-MM-DD")
        return _FIRST_DATE
    if not _FIRST_DATE <= day <= LAST_DATE:
        bounds = {"minimum": _FIRST_DATE.isoformat(), "maximum": LAST_DATE.isoformat()}
        fields.refuse(name, "out_of_range", "The day is too far away.", found=text, expected=bounds)
    return day


def _time_zone(fields: Fields) -> str:
    zone = fields.text("time_zone")
    if zone is not None and zone not in available_timezones() - _NO_PLACES:
        fields.refuse("time_zone", "unknown_value", "This time zone is not known.", found=zone, expected=_HOME)
    return zone or _HOME


def _contract(fields: Fields) -> ContractId | None:
    contract = fields.text("continues")
    return None if contract is None else ContractId(contract)


def _formed(fields: Fields, name: str, form: re.Pattern[str], expected: str) -> str | None:
    text = fields.text(name)
    if text is not None and form.fullmatch(text) is None:
        fields.refuse(name, "invalid_format", f"{name} has another form.", found=text, expected=expected)
        return None
    return text
