"""What may be asked of the lists of contracts, of applications and of tenants.

A state is what the dates say at the instant of reading. The database knows what was recorded: only of a contract for
which the calendar has something to do that nobody has written down yet can the two differ.
"""

from collections.abc import Mapping

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, or_, select

from idp.contracts import store
from idp.contracts.lifecycle import Status
from idp.contracts.model import Contract
from idp.contracts.record import Record, agreement, contract
from idp.contracts.standing import RUNNING, status_at, window
from idp.contracts.tables import contracts
from idp.kit.asking import Filter, Text, Words, asked, named_like
from idp.kit.db import own
from idp.kit.listing import Listing
from idp.kit.units import Unit
from idp.plans import Product


def recorded(status: Status) -> ColumnElement[bool]:
    """That it may be in this state now, whatever the dates say."""
    found = contracts.c.status == status.value
    if status is not Status.ENDED:
        return found
    running = or_(*(contracts.c.status == each.value for each in RUNNING))
    return or_(found, and_(running, contracts.c.due_at <= bindparam("asked_now", type_=BigInteger)))


def now(unit: Unit, _: object) -> dict[str, int]:
    """What `recorded` names."""
    return {"asked_now": unit.now_us}


def _is_in(unit: Unit, row: Record, wanted: str) -> bool:
    return status_at(window(agreement(row)), unit.now_us) == wanted


def _read(unit: Unit, record: Record) -> Contract:
    return contract(record, store.parties(unit, record), unit.now_us)


PARTNER = "ptn_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"
"""An example."""
FILTERS: Mapping[str, Filter] = {
    "q": named_like(
        "slug",
        "legal_name",
        example="kaede",
        meaning="Those in whose legal name, or name of the tenant, it stands, in any case and width.",
    ),
    "tenant": Filter(
        takes=Text("kaede"),
        meaning="Those of one tenant, by the name in its URLs.",
        where=contracts.c.slug == asked("tenant"),
    ),
    "status": Filter(
        takes=Words(Status),
        meaning="Those in it now.",
        where={each.value: recorded(each) for each in Status},
        binds=now,
        sieve=_is_in,
    ),
    "product": Filter(takes=Words(Product), meaning="Those for it.", where=contracts.c.product == asked("product")),
    "partner": Filter(
        takes=Text(PARTNER),
        meaning="Those that one partner is responsible for.",
        where=contracts.c.partner == asked("partner"),
    ),
    "plan": Filter(
        takes=Text("standard"),
        meaning="Those that name it so, by its id or its name.",
        where=contracts.c.plan == asked("plan"),
    ),
}
_VISIBLE = or_(bindparam("of_partner") == "", contracts.c.partner == bindparam("of_partner"))
_ORDERS = {"tenant": "slug", "legal_name": "legal_name"}

LISTED: Listing[Contract] = Listing(
    rows=select(contracts).where(own(contracts), _VISIBLE),
    of_all=select(contracts).where(_VISIBLE),
    row=Record,
    make=_read,
    orders=_ORDERS,
    filters=FILTERS,
)
_FILED = contracts.c.established_at.is_(None)
APPLICATIONS: Listing[Contract] = Listing(
    rows=select(contracts).where(own(contracts), _VISIBLE, _FILED),
    of_all=select(contracts).where(_VISIBLE, _FILED),
    row=Record,
    make=_read,
    orders=_ORDERS,
    filters=FILTERS,
)
