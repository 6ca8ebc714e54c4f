"""The forms of a statement, against ones that were read and approved; written anew from `found` after a change that is
meant."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest
from tests.billing.conftest import SELLER, japan

from idp import billing
from idp.billing import Buyer, Month, Seller, Statement
from idp.billing.statement import Charge, bill
from idp.contracts import ContractId, LegalForm
from idp.kit.clock import micros
from idp.plans import AddOn, Basis, Plan, PlanId, Product

GOLDEN = Path(__file__).parents[1] / "golden"


def charge(name: str = "standard", *, support: str = "24時間サポート") -> Charge:
    extras = (
        AddOn(support, 5000, per_id=False, tax_rate=Decimal("0.10")),
        AddOn("手引き書", 108, per_id=True, tax_rate=Decimal("0.08")),
    )
    plan = Plan(
        PlanId("pln_1"), name, Product.ID_PLUS, 300, Basis.CONTRACTED_IDS, Decimal("0.10"), extras, created_at=0
    )
    return Charge(ContractId("con_1"), plan, contracted=123, peak=100)


def statement(*charges: Charge, seller: Seller = SELLER, name: str = "株式会社あおば") -> Statement:
    made = bill(charges or (charge(),))
    assert made is not None
    return Statement(
        number=42,
        month=Month(2026, 4),
        issued_at=micros(japan(2026, 5, 1)),
        seller=seller,
        buyer=Buyer(name, LegalForm.CORPORATION),
        bill=made,
    )


def text_of(pdf: bytes) -> str:
    """Page by page, as a reader would copy it."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = []
        for page in document:
            words = page.get_textpage()
            texts.append(words.get_text_range().replace("\r\n", "\n"))
            words.close()
            page.close()
        return "\n\f\n".join(texts) + "\n"


def test_the_document_is_the_one_that_was_reviewed() -> None:
    found = json.dumps(billing.to_json(statement()), indent=1, ensure_ascii=False) + "\n"
    assert found == (GOLDEN / "statement.json").read_text("utf-8")


def test_the_sheet_is_the_one_that_was_reviewed() -> None:
    found = billing.to_csv(statement())
    assert found == (GOLDEN / "statement.csv").read_bytes()


def test_the_page_says_what_was_reviewed() -> None:
    found = text_of(billing.to_pdf(statement()))
    assert found == (GOLDEN / "statement.txt").read_text("utf-8")


def test_the_same_statement_is_the_same_page() -> None:
    assert billing.to_pdf(statement()) == billing.to_pdf(statement())


def test_a_long_statement_takes_further_pages() -> None:
    pages = text_of(billing.to_pdf(statement(*[charge()] * 20))).split("\f")
    assert len(pages) > 2
    assert all("摘要" in page for page in pages[:-1])
    assert sum("小計" in page for page in pages) == 1


def test_an_operator_without_a_number_shows_none() -> None:
    plain = text_of(billing.to_pdf(statement(seller=Seller())))
    assert "登録番号" not in plain
    assert billing.to_json(statement(seller=Seller()))["registration_number"] is None


def test_a_character_that_the_font_lacks_is_seen_to_be_missing() -> None:
    assert "〓野家" in text_of(billing.to_pdf(statement(name="𠮷野家")))


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(1)"])
def test_a_name_is_no_formula_to_a_spreadsheet(formula: str) -> None:
    sheet = billing.sheet._plain(formula)
    assert sheet == f"'{formula}"
    assert billing.sheet._plain(-5) == -5


def test_quotes_commas_and_lines_survive_the_sheet() -> None:
    name = 'a "b", c\nd'
    sheet = billing.to_csv(statement(charge(support=name)))
    rows = list(csv.reader(io.StringIO(sheet.decode(), newline=""), strict=True))
    assert len({len(row) for row in rows}) == 1
    assert rows[2][3].endswith(name)
    assert sheet.endswith(b"\r\n")


def test_only_one_that_is_asked_for_it_bears_the_mark() -> None:
    assert billing.to_csv(statement(), marked=True) == b"\xef\xbb\xbf" + billing.to_csv(statement())


@pytest.mark.parametrize("number", ["T7000012050002", "T9000000000000"])
def test_a_registration_number_checks_itself(number: str) -> None:
    assert billing.is_registration_number(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "T",
        "7000012050002",
        "t7000012050002",
        "T8000012050002",
        "T700001205000",
        "T70000120500022",
        "TT7000012050002",
    ],
)
def test_what_is_none_is_refused(number: str) -> None:
    assert not billing.is_registration_number(number)
