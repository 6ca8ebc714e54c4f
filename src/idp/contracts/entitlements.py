"""A tenant's contracts as the gate keeps them in memory: windows of integers, read against the time of each request."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, Protocol

from idp.contracts import store
from idp.contracts.lifecycle import Status
from idp.contracts.record import Dated, agreement
from idp.contracts.standing import Reason, Window, reason_at, status_at, window
from idp.kit.errors import Conflict
from idp.kit.units import Unit
from idp.plans import Product

# Where a product has several contracts, one continuing another, the first of these that fits speaks for it.
_PRECEDENCE: Final = {None: 0, Reason.SUSPENDED: 1, Reason.NOT_STARTED: 2, Reason.ENDED: 3, Reason.NOT_ESTABLISHED: 4}
_READY: Final = frozenset({Status.ACTIVE})
_READY_OR_PREPARING: Final = frozenset({Status.ACTIVE, Status.APPROVED})
_NOTHING: Final = frozenset({Status.REJECTED, Status.WITHDRAWN})
_KNOWN: Final = frozenset({Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED})


class Entitling(Dated, Protocol):
    @property
    def product(self) -> str: ...


class ContractFacts(NamedTuple):
    windows: Mapping[Product, tuple[Window, ...]]


_OURS: Final = ContractFacts({Product.ID_PLUS: (Window(Status.ACTIVE, starts_us=0, ends_us=None),)})


def facts(unit: Unit) -> ContractFacts:
    """Of the platform: that nothing stands in the way of our own people, who sign in under no contract. The
    applications that wait there are other people's, and no word about us."""
    if unit.platform:
        return _OURS
    return facts_of(store.facts(unit))


def facts_of(rows: Iterable[Entitling]) -> ContractFacts:
    """Of a tenant's rows, in the order of creation."""
    windows: dict[Product, tuple[Window, ...]] = {}
    for row in rows:
        if row.status in _NOTHING:
            continue
        product = Product(row.product)
        windows[product] = (*windows.get(product, ()), window(agreement(row)))
    return ContractFacts(windows)


def reason_against(known: ContractFacts, now_us: int, product: Product = Product.ID_PLUS) -> Reason | None:
    """Why nobody may use the product now; None: the contract does not stand in the way."""
    windows = known.windows.get(product, ())
    if len(windows) == 1:
        return reason_at(windows[0], now_us)
    return min(
        (reason_at(each, now_us) for each in windows), key=_PRECEDENCE.__getitem__, default=Reason.NOT_ESTABLISHED
    )


def status_of(known: ContractFacts, now_us: int, product: Product = Product.ID_PLUS) -> Status | None:
    """The state of the contract that speaks for the product now; None without one."""
    windows = known.windows.get(product, ())
    if not windows:
        return None
    return status_at(min(windows, key=lambda each: _PRECEDENCE[reason_at(each, now_us)]), now_us)


def refuse_closed(unit: Unit, *, preparing: bool) -> None:
    """For a change below the tenant: its contract must be active, or approved for whoever is `preparing` the tenant.

    Raises `Conflict("contract_not_active")` with the contract's `state`.
    """
    status = status_of(facts(unit), unit.now_us)
    if status not in (_READY_OR_PREPARING if preparing else _READY):
        state = None if status is None else status.value
        raise Conflict("contract_not_active", "The tenant's contract does not allow changes now.", state=state)


def is_known(known: ContractFacts) -> bool:
    """Whether the tenant exists for the world (discovery, keys, metadata): from its approval until it is erased."""
    return any(each.status in _KNOWN for each in known.windows.get(Product.ID_PLUS, ()))
