"""What people see of a tenant on its pages, changed while its contract allows that."""

from idp import contracts, tenants
from idp.admin import gate
from idp.contracts import Status
from idp.kit.units import Unit
from idp.tenants import Tenant
from idp.web.faces import read, said, show_as

__all__ = ["held", "read", "said", "show_as"]


def held(unit: Unit, *, while_suspended: bool = False) -> Tenant:
    """The tenant, locked for a change that its contract allows. Raises `Conflict("contract_not_active")`."""
    tenants.touch(unit)
    status = contracts.status_of(contracts.facts(unit), unit.now_us)
    if status is not Status.ACTIVE and not (while_suspended and status is Status.SUSPENDED):
        raise gate.closed(status, "The tenant's contract does not allow changes now.")
    return tenants.get(unit)
