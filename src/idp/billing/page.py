"""A statement as a page to print and keep: PDF, A4, Japanese with English beside it, its font inside.

What a qualified invoice must say stands on it (Consumption Tax Act Art. 57-4): who issued it and under which number,
for which month, what for, the sum and the tax of each rate, and to whom. The same statement gives the same bytes.
"""

from collections.abc import Sequence
from decimal import Decimal
from importlib import resources
from typing import TYPE_CHECKING

from idp.billing.model import Statement
from idp.billing.months import day_of
from idp.contracts import LegalForm
from idp.kit.clock import instant

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT = "BIZ UDPGothic"
_UNKNOWN = "〓"  # stands in Japanese print for a character that the font lacks
_INK, _FAINT, _RULE, _SHADE = (28, 32, 48), (105, 112, 130), (205, 210, 222), (243, 245, 250)
_LEFT, _WIDTH, _TOP, _FOOT = 18.0, 174.0, 20.0, 20.0
_COLUMNS = (88, 24, 22, 16, 24)
_ALIGNED = ("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT")
_HEADINGS = ("摘要 / Description", "単価 / Price", "数量 / Qty", "税率 / Tax", "金額 / Amount")
_HONORIFIC = {LegalForm.CORPORATION: "御中", LegalForm.SOLE_PROPRIETOR: "様"}
_NOTE = (
    "金額は円。消費税は税率ごとの合計に対し一度だけ端数を切り捨てています。日割り計算は行いません。\n"
    "Amounts in yen. Tax is rounded down once for each rate. Months are not prorated."
)


def to_pdf(statement: Statement) -> bytes:
    pdf = _sheet(statement)
    _head(pdf, statement)
    _due(pdf, statement)
    _lines(pdf, statement)
    _sums(pdf, statement)
    return bytes(pdf.output())


def _sheet(statement: Statement) -> "FPDF":
    from fpdf import FPDF

    class Sheet(FPDF):
        def footer(self) -> None:
            self.set_y(-_FOOT + 6)
            self.set_font(_FONT, size=7.5)
            self.set_text_color(*_FAINT)
            self.cell(w=_WIDTH / 2, text=f"No. {statement.number}")
            self.cell(w=_WIDTH / 2, text=str(self.page_no()), align="RIGHT")

    pdf = Sheet(format="A4")
    with resources.as_file(resources.files("idp.billing") / "font" / "BIZUDPGothic-Regular.ttf") as file:
        pdf.add_font(_FONT, fname=file)
    pdf.set_margins(_LEFT, _TOP)
    pdf.set_auto_page_break(auto=True, margin=_FOOT)
    pdf.set_creation_date(instant(statement.issued_at))
    pdf.set_title(f"Statement {statement.number} ({statement.month})")
    pdf.set_author(statement.seller.name or "Warifu")
    pdf.set_lang("ja")
    pdf.set_draw_color(*_RULE)
    pdf.add_page()
    return pdf


def _head(pdf: "FPDF", statement: Statement) -> None:
    """Whom it is for on the left, which one it is and whose on the right."""
    _write(pdf, "ご利用明細書", size=20)
    _write(pdf, "Statement of charges", size=9, colour=_FAINT)
    top = pdf.get_y() + 9
    pdf.set_y(top)
    buyer = statement.buyer
    _write(pdf, f"{buyer.legal_name} {_HONORIFIC[buyer.legal_form]}", size=14, width=_WIDTH * 0.55)
    left = pdf.get_y()
    month, seller = statement.month, statement.seller
    facts = [
        ("番号 / No.", str(statement.number)),
        ("対象月 / Month", f"{month.year}年{month.number}月 ({month})"),
        ("発行日 / Issued", day_of(statement.issued_at).isoformat()),
        ("発行者 / Issuer", seller.name),
        ("登録番号 / Registration no.", seller.registration_number or ""),
    ]
    pdf.set_y(top)
    for name, value in facts:
        if value:
            _fact(pdf, name, value)
    pdf.set_y(max(left, pdf.get_y()) + 8)


def _fact(pdf: "FPDF", name: str, value: str) -> None:
    y = pdf.get_y()
    pdf.set_xy(_LEFT + _WIDTH * 0.55, y)
    _style(pdf, size=7.5, colour=_FAINT)
    pdf.cell(w=32, h=5, text=name)
    _style(pdf, size=9)
    pdf.multi_cell(w=_WIDTH * 0.45 - 32, h=5, text=_printable(pdf, value), align="RIGHT", new_x="LMARGIN", new_y="NEXT")


def _due(pdf: "FPDF", statement: Statement) -> None:
    y = pdf.get_y()
    pdf.set_fill_color(*_SHADE)
    pdf.rect(_LEFT, y, _WIDTH, 16, style="F", round_corners=True, corner_radius=2)
    pdf.set_fill_color(255)
    pdf.set_xy(_LEFT + 5, y + 5)
    _style(pdf, size=9, colour=_FAINT)
    pdf.cell(w=80, h=6, text="合計金額（税込） / Total incl. tax")
    _style(pdf, size=18)
    pdf.set_xy(_LEFT, y + 4)
    pdf.cell(w=_WIDTH - 5, h=8, text=_yen(statement.bill.total), align="RIGHT")
    pdf.set_y(y + 24)


def _lines(pdf: "FPDF", statement: Statement) -> None:
    from fpdf.enums import TableBordersLayout, TableHeadingsDisplay
    from fpdf.fonts import FontFace

    rows = [
        (line.description, _yen(line.unit_price), f"{line.quantity:,}", _percent(line.tax_rate), _yen(line.amount))
        for line in statement.bill.lines
    ]
    _style(pdf, size=8.5)
    with pdf.table(
        width=int(_WIDTH),
        col_widths=_COLUMNS,
        text_align=_ALIGNED,
        line_height=5,
        padding=(1.6, 1),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(color=_FAINT, size_pt=7.5),
        repeat_headings=TableHeadingsDisplay.ON_TOP_OF_EVERY_PAGE,
    ) as table:
        for row in [_HEADINGS, *rows]:
            table.row([_printable(pdf, cell) for cell in row])
    pdf.ln(6)


def _sums(pdf: "FPDF", statement: Statement) -> None:
    """Each rate with what it is taken from; the tax of a rate is rounded down once."""
    bill = statement.bill
    sums = [("小計 / Subtotal", _yen(bill.subtotal), False)]
    for tax in bill.taxes:
        rate = _percent(tax.rate)
        sums.append((f"{rate} 対象 / Taxed at {rate}", _yen(tax.base), False))
        sums.append((f"消費税 {rate} / Consumption tax", _yen(tax.tax), False))
    sums.append(("合計 / Total", _yen(bill.total), True))
    if pdf.will_page_break(6 * len(sums) + 24):
        pdf.add_page()
    for name, amount, last in sums:
        _style(pdf, size=11 if last else 8.5)
        pdf.set_x(_LEFT + _WIDTH * 0.5)
        height = 8 if last else 6
        border = "T" if last else ""
        pdf.cell(w=_WIDTH * 0.3, h=height, text=name, border=border)
        pdf.cell(w=_WIDTH * 0.2, h=height, text=amount, border=border, align="RIGHT", new_x="LMARGIN", new_y="NEXT")
    _style(pdf, size=7.5, colour=_FAINT)
    pdf.ln(6)
    pdf.multi_cell(w=_WIDTH, h=4, text=_NOTE)


def _write(pdf: "FPDF", text: str, *, size: float, colour: Sequence[int] = _INK, width: float = _WIDTH) -> None:
    _style(pdf, size=size, colour=colour)
    pdf.multi_cell(w=width, h=size * 0.5, text=_printable(pdf, text), align="LEFT", new_x="LMARGIN", new_y="NEXT")


def _style(pdf: "FPDF", *, size: float, colour: Sequence[int] = _INK) -> None:
    pdf.set_font(_FONT, size=size)
    pdf.set_text_color(*colour)


def _printable(pdf: "FPDF", text: str) -> str:
    from fpdf.fonts import TTFFont

    font = pdf.fonts[_FONT.lower()]
    assert isinstance(font, TTFFont)
    return "".join(each if ord(each) in font.cmap else _UNKNOWN for each in text)


def _yen(amount: int) -> str:
    return f"¥{amount:,}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
