"""Statements: what each tenant owes for each month, by its contracts and their plans (Art. 7).

Owns the statements, which are final once issued and numbered without a gap over all tenants, and their forms as a
document, CSV and PDF. It reads contracts, plans and the count of IDs and changes none of them; it takes no payment and
knows no person, so that what it wrote stays when a tenant is erased.
"""

from idp.billing.document import to_json
from idp.billing.issuing import due, issue
from idp.billing.model import Buyer, Due, Seller, Statement
from idp.billing.months import Month
from idp.billing.page import to_pdf
from idp.billing.registration import is_registration_number
from idp.billing.sheet import to_csv
from idp.billing.statement import Bill, Line, Tax
from idp.billing.store import LISTED, find, page, skip_given

__all__ = [
    "LISTED",
    "Bill",
    "Buyer",
    "Due",
    "Line",
    "Month",
    "Seller",
    "Statement",
    "Tax",
    "due",
    "find",
    "is_registration_number",
    "issue",
    "page",
    "skip_given",
    "to_csv",
    "to_json",
    "to_pdf",
]
