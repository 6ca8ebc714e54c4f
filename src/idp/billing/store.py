import json
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, or_, select, update

from idp.billing import months
from idp.billing.model import Buyer, Seller, Statement
from idp.billing.months import Month
from idp.billing.statement import Bill, Line, Tax
from idp.billing.tables import statement_months, statement_numbers, statements
from idp.contracts import ContractId, LegalForm
from idp.kit import compact
from idp.kit.asking import Filter, Text, asked
from idp.kit.db import add_new, command, own, query
from idp.kit.ids import TenantId
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit
from idp.plans import Product


class StatementRow(NamedTuple):
    number: int
    month: str
    issued_at: int
    document: str


class _Number(NamedTuple):
    last: int


class _Month(NamedTuple):
    month: str | None


class _Tenant(NamedTuple):
    tenant_id: str


_COLUMNS = [statements.c[name] for name in StatementRow._fields]
_CHOSEN = or_(bindparam("of_partner") == "", statements.c.partner == bindparam("of_partner"))
_ONE = (statements.c.number == bindparam("number"), _CHOSEN)
_FIND = query(select(*_COLUMNS).where(own(statements), *_ONE), StatementRow)
_FIND_OF_ALL = query(select(*_COLUMNS).where(*_ONE), StatementRow, platform=True)
_ISSUED = query(select(statements.c.tenant_id).where(statements.c.month == bindparam("month")), _Tenant, platform=True)
_OF_MONTH = query(
    select(statements.c.tenant_id).where(own(statements), statements.c.month == bindparam("month")), _Tenant
)
_ADD = command(insert(statements))
_HOLD = command(update(statement_numbers).where(own(statement_numbers)).values(last=statement_numbers.c.last))
_COUNT = command(update(statement_numbers).where(own(statement_numbers)).values(last=statement_numbers.c.last + 1))
_SET = command(update(statement_numbers).where(own(statement_numbers)).values(last=bindparam("new_last")))
_LAST = query(select(statement_numbers.c.last).where(own(statement_numbers)), _Number)
_CLOSE = add_new(statement_months)
_CLOSED = query(select(func.max(statement_months.c.month).label("month")).where(own(statement_months)), _Month)


def find(unit: Unit, number: int, *, partner: str = "") -> Statement | None:
    """The tenant's, in a unit of the platform anybody's; `partner` leaves those whom it was responsible for then."""
    row = unit.one(_FIND_OF_ALL if unit.platform else _FIND, number=number, of_partner=partner)
    return None if row is None else _statement(row)


def page(unit: Unit, *, partner: str = "", after: int = 0, limit: int = 50) -> list[Statement]:
    """As `find`, in the order of their numbers; `after` is the number of the last one seen."""
    question = Question(after=str(after) if after else "", limit=limit)
    return LISTED.page(unit, question, of_partner=partner).items


def issued(unit: Unit, month: Month) -> set[TenantId]:
    """Who has the statement of that month. Needs a unit of the platform."""
    return {TenantId(row.tenant_id) for row in unit.all(_ISSUED, month=str(month))}


def is_issued(unit: Unit, month: Month) -> bool:
    return unit.one(_OF_MONTH, month=str(month)) is not None


def hold_numbers(unit: Unit) -> None:
    """Until the commit nobody else issues. Needs a unit of the platform."""
    unit.run(_HOLD)


def next_number(unit: Unit) -> int:
    """Given for good with the commit, and not at all without it; noted beside the keys before. Needs a unit of the
    platform in which `hold_numbers` was called."""
    unit.run(_COUNT)
    last = _last(unit)
    unit.keys.statements.raise_to(last)
    return last


def skip_given(unit: Unit) -> tuple[int, int] | None:
    """In a database that was put back: the first and the last of the numbers that may have been given since, and are
    not given again. Needs a unit of the platform."""
    hold_numbers(unit)
    last, given = _last(unit), unit.keys.statements.value()
    if given <= last:
        return None
    unit.run(_SET, new_last=given)
    return last + 1, given


def _last(unit: Unit) -> int:
    row = unit.one(_LAST)
    assert row is not None
    return row.last


def add(unit: Unit, statement: Statement, *, partner: str | None) -> None:
    unit.run(
        _ADD,
        number=statement.number,
        month=str(statement.month),
        partner=partner,
        issued_at=statement.issued_at,
        document=_pack(statement),
    )


def close(unit: Unit, month: Month) -> None:
    """Everybody has the statement of that month. Needs a unit of the platform."""
    unit.run(_CLOSE, month=str(month), done_at=unit.now_us)


def last_closed(unit: Unit) -> Month | None:
    row = unit.one(_CLOSED)
    return None if row is None or row.month is None else months.parse(row.month)


def _pack(statement: Statement) -> str:
    bill = statement.bill
    document = {
        "seller": [*statement.seller],
        "buyer": [statement.buyer.legal_name, statement.buyer.legal_form.value],
        "lines": [[*line[:-1], str(line.tax_rate)] for line in bill.lines],
        "taxes": [[str(tax.rate), tax.base, tax.tax] for tax in bill.taxes],
    }
    return compact.encode(document).decode()


def _statement(row: StatementRow) -> Statement:
    document = json.loads(row.document)
    buyer, form = document["buyer"]
    return Statement(
        number=row.number,
        month=months.parse(row.month),
        issued_at=row.issued_at,
        seller=Seller(*document["seller"]),
        buyer=Buyer(buyer, LegalForm(form)),
        bill=Bill(
            tuple(_line(*line) for line in document["lines"]),
            tuple(Tax(Decimal(rate), base, tax) for rate, base, tax in document["taxes"]),
        ),
    )


def _line(contract: str, product: str, description: str, unit_price: int, quantity: int, rate: str) -> Line:
    return Line(ContractId(contract), Product(product), description, unit_price, quantity, Decimal(rate))


LISTED: Listing[Statement] = Listing(
    rows=select(*_COLUMNS).where(own(statements), _CHOSEN),
    of_all=select(*_COLUMNS).where(_CHOSEN),
    row=StatementRow,
    make=lambda _, row: _statement(row),
    key="number",
    natural="number",
    place=int,
    orders={"month": "month"},
    filters={
        "month": Filter(
            takes=Text("2026-04", longest=7), meaning="Those of one month.", where=statements.c.month == asked("month")
        )
    },
)
