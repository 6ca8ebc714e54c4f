"""A statement as a document."""

from typing import Any

from idp.billing.model import Statement
from idp.billing.statement import Line, Tax
from idp.kit.clock import rfc3339


def to_json(statement: Statement) -> dict[str, Any]:
    """Amounts are whole yen, rates decimals."""
    bill = statement.bill
    return {
        "number": statement.number,
        "month": str(statement.month),
        "issued_at": rfc3339(statement.issued_at),
        "issuer": statement.seller.name or None,
        "registration_number": statement.seller.registration_number,
        "addressee": statement.buyer.legal_name,
        "lines": [_line(line) for line in bill.lines],
        "taxes": [_tax(tax) for tax in bill.taxes],
        "subtotal": bill.subtotal,
        "total": bill.total,
        "final": True,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "contract": line.contract,
        "product": line.product.value,
        "description": line.description,
        "unit_price": line.unit_price,
        "quantity": line.quantity,
        "amount": line.amount,
        "tax_rate": str(line.tax_rate),
    }


def _tax(tax: Tax) -> dict[str, Any]:
    return {"rate": str(tax.rate), "base": tax.base, "tax": tax.tax}
