from datetime import date
from typing import Any

import pytest
from tests.contracts.conftest import form

from idp.contracts import Application, Contact, LegalForm, Parties, Product, read_application
from idp.kit.errors import Invalid
from idp.users import Affiliation


def faults(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_application(document)
    assert refused.value.code == "invalid"
    return sorted((error.pointer, error.code) for error in refused.value.errors)


def test_a_right_application_is_read_whole() -> None:
    assert read_application(form()) == Application(
        product=Product.ID_PLUS,
        slug="kaede",
        legal_form=LegalForm.CORPORATION,
        legal_name="株式会社かえで",
        corporate_number="7000012050002",
        parties=Parties(
            "楓 花子",
            Contact("山田 太郎", "taro@kaede.example", None, Affiliation.EMPLOYEE),
            Contact("経理部", "billing@kaede.example", "+81 3-0000-0000", None),
        ),
        ids=50,
        term_months=12,
        start_date=date(2026, 4, 1),
        auto_renewal=True,
        time_zone="Asia/Tokyo",
    )


def test_an_empty_one_is_told_everything_that_is_required() -> None:
    required = "admin_contact auto_renewal billing_contact corporate_number ids legal_form legal_name product "
    required += "representative start_date tenant term_months"
    assert faults({}) == [(f"/{name}", "required") for name in required.split()]


def test_a_contact_is_told_what_it_lacks() -> None:
    assert faults(form(admin_contact={}, billing_contact={})) == [
        ("/admin_contact/affiliation", "required"),
        ("/admin_contact/email", "required"),
        ("/admin_contact/name", "required"),
        ("/billing_contact/email", "required"),
        ("/billing_contact/name", "required"),
    ]


def test_a_sole_proprietor_needs_no_corporate_number() -> None:
    assert read_application(form(legal_form="sole_proprietor", corporate_number=None)).corporate_number is None
    assert faults(form(corporate_number=None)) == [("/corporate_number", "required")]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("product", "id_plus", "unknown_value"),
        ("product", 1, "invalid_type"),
        ("tenant", "Kaede", "invalid_slug"),
        ("tenant", "-", "invalid_slug"),
        ("tenant", "a" * 64, "invalid_slug"),
        ("tenant", "../etc", "invalid_slug"),
        ("legal_form", "partnership", "unknown_value"),
        ("legal_name", "", "invalid_length"),
        ("legal_name", "x" * 201, "invalid_length"),
        ("legal_name", "a\u202eb", "invalid_text"),
        ("legal_name", "half \ud800", "invalid_text"),
        ("corporate_number", "1000012050002", "invalid_check_digit"),
        ("corporate_number", "700001205000", "invalid_format"),
        ("corporate_number", 7000012050002, "invalid_type"),
        ("representative", ["x"], "invalid_type"),
        ("admin_contact", "taro", "invalid_type"),
        ("billing_contact", [], "invalid_type"),
        ("ids", 0, "out_of_range"),
        ("ids", 1_000_001, "out_of_range"),
        ("ids", 10**400, "out_of_range"),
        ("ids", True, "invalid_type"),
        ("ids", 50.0, "invalid_type"),
        ("ids", "50", "invalid_type"),
        ("term_months", 0, "out_of_range"),
        ("term_months", 121, "out_of_range"),
        ("start_date", "2026-02-30", "invalid_format"),
        ("start_date", "20260401", "invalid_format"),
        ("start_date", "2026-04-01T00:00:00Z", "invalid_format"),
        ("start_date", "２０２６-04-01", "invalid_format"),
        ("start_date", "9999-12-31", "out_of_range"),
        ("start_date", "1999-12-31", "out_of_range"),
        ("auto_renewal", "true", "invalid_type"),
        ("auto_renewal", 1, "invalid_type"),
        ("time_zone", "Asia/Edo", "unknown_value"),
        ("time_zone", "../../etc/passwd", "unknown_value"),
        ("time_zone", "localtime", "unknown_value"),
        ("status", "active", "unknown_field"),
        ("id", "con_1", "unknown_field"),
        ("a/b~c", 1, "unknown_field"),
    ],
)
def test_a_wrong_field_is_named(name: str, value: object, code: str) -> None:
    pointer = name.replace("~", "~0").replace("/", "~1")
    assert faults(form(**{name: value})) == [(f"/{pointer}", code)]


@pytest.mark.parametrize(
    ("contact", "changes", "pointer", "code"),
    [
        ("admin_contact", {"email": "taro"}, "email", "invalid_format"),
        ("admin_contact", {"email": "a b@kaede.example"}, "email", "invalid_format"),
        ("admin_contact", {"affiliation": "student"}, "affiliation", "unknown_value"),
        ("admin_contact", {"roles": ["admin"]}, "roles", "unknown_field"),
        ("billing_contact", {"affiliation": "employee"}, "affiliation", "unknown_field"),
        ("billing_contact", {"phone": "call me"}, "phone", "invalid_format"),
        ("billing_contact", {"name": "x\x00"}, "name", "invalid_text"),
    ],
)
def test_a_wrong_field_of_a_contact_is_named(contact: str, changes: dict[str, object], pointer: str, code: str) -> None:
    document = form()
    document[contact] = document[contact] | changes
    assert faults(document) == [(f"/{contact}/{pointer}", code)]


def test_all_faults_are_told_at_once() -> None:
    document = form(ids=0, legal_name="", corporate_number="1000012050002", extra=1, start_date="soon")
    assert faults(document) == [
        ("/corporate_number", "invalid_check_digit"),
        ("/extra", "unknown_field"),
        ("/ids", "out_of_range"),
        ("/legal_name", "invalid_length"),
        ("/start_date", "invalid_format"),
    ]


def test_a_fault_says_what_was_found_and_what_is_expected() -> None:
    with pytest.raises(Invalid) as refused:
        read_application(form(legal_form="partnership"))
    (fault,) = refused.value.errors
    assert (fault.found, fault.expected) == ("partnership", ["corporation", "sole_proprietor"])
