"""Contracts as they stand at the instant of reading. A unit of the platform reads all, a tenant's its own."""

from idp.contracts import store
from idp.contracts.engine import locate
from idp.contracts.lifecycle import LIVE
from idp.contracts.model import Change, Contract
from idp.contracts.record import Record, contract
from idp.contracts.store import Filter
from idp.kit.units import Unit
from idp.plans import Product

_EVERY = Filter()


def get(unit: Unit, contract_id: str) -> Contract:
    """Raises NotFound, for another tenant's too."""
    return _read(*locate(unit, contract_id))


def find_live(unit: Unit, product: Product = Product.ID_PLUS) -> Contract | None:
    """The tenant's contract that is or may come into force; of two, where one continues the other, the earlier."""
    found = (_read(unit, record) for record in store.of_product(unit, product))
    return next((each for each in found if each.status in LIVE), None)


def page(unit: Unit, *, chosen: Filter = _EVERY, after: str = "", limit: int = 50) -> list[Contract]:
    """In the order of creation; `after` is the id of the last one seen."""
    return [_read(unit, record) for record in store.page(unit, chosen, after=after, limit=limit)]


def history(unit: Unit, contract_id: str, *, after: int = 0, limit: int = 50) -> list[Change]:
    """Oldest first; `after` is the `seq` of the last row seen. Raises NotFound."""
    inner, record = locate(unit, contract_id)
    return store.history(inner, record.id, after=after, limit=limit)


def _read(unit: Unit, record: Record) -> Contract:
    return contract(record, store.parties(unit, record), unit.now_us)
