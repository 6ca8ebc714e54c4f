"""Changes below a tenant need a contract that allows them."""

from idp import contracts, tenants
from idp.contracts import Status
from idp.credentials import ApiKey, KeyScope
from idp.kit.errors import Conflict
from idp.kit.units import Unit

_READY = frozenset({Status.ACTIVE})
_READY_OR_PREPARING = frozenset({Status.ACTIVE, Status.APPROVED})


def require_contract(unit: Unit, key: ApiKey) -> None:
    """First thing in the unit of a change. The tenant's administrators begin when the contract is active; operator and
    partner may prepare IDs and services once it is approved.

    Raises `Conflict("contract_not_active")` with the contract's `state`.
    """
    # its row is locked from here on: whoever changes the contract comes wholly before or wholly after this change
    tenants.touch(unit)
    allowed = _READY if key.scope is KeyScope.TENANT else _READY_OR_PREPARING
    status = contracts.status_of(contracts.facts(unit), unit.now_us)
    if status not in allowed:
        raise Conflict(
            "contract_not_active",
            "The tenant's contract does not allow changes now.",
            state=None if status is None else status.value,
        )
