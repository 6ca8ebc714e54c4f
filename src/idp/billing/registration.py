"""The number under which the issuers of qualified invoices are registered: T and 13 digits, of which the first checks
the others as in a corporate number."""

from idp import contracts

_MARK = "T"


def is_registration_number(text: str) -> bool:
    return text.startswith(_MARK) and contracts.is_corporate_number(text.removeprefix(_MARK))
