"""What is read and changed below a tenant needs a contract that allows it."""

from idp import contracts, tenants
from idp.admin.places import Place
from idp.admin.routes import Route
from idp.contracts import Status
from idp.credentials import ApiKey, KeyScope
from idp.kit.errors import Conflict
from idp.kit.units import Unit

_RUNNING = frozenset({Status.ACTIVE, Status.SUSPENDED})


def require_contract(unit: Unit, key: ApiKey) -> None:
    """First thing in the unit of a change. The tenant's administrators begin when the contract is active; operator and
    partner may prepare IDs and services once it is approved.

    Raises `Conflict("contract_not_active")` with the contract's `state`.
    """
    # its row is locked from here on: whoever changes the contract comes wholly before or wholly after this change
    tenants.touch(unit)
    refuse_closed(unit, key)


def refuse_closed(unit: Unit, key: ApiKey) -> None:
    """The same for a unit that only reads, or has touched the tenant already."""
    contracts.refuse_closed(unit, preparing=key.scope is not KeyScope.TENANT)


def require_reader(route: Route, place: Place, key: ApiKey) -> None:
    """The tenant's administrators read while their contract runs. Before it they see their own application, after it
    they fetch what they may take with them.

    Raises `Conflict("contract_not_active")` with the contract's `state`.
    """
    if key.scope is not KeyScope.TENANT or not route.reads_tenant:
        return
    if place.status in _RUNNING or (route.in_grace and place.status is Status.ENDED):
        return
    raise closed(place.status, "The tenant's contract does not allow this now.")


def closed(status: Status | None, public: str) -> Conflict:
    return Conflict("contract_not_active", public, state=None if status is None else status.value)
