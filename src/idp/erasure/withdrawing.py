"""An application that is withdrawn after its approval takes what was prepared with it."""

from idp import contracts, tenants
from idp.contracts import Contract
from idp.kit.db import metadata
from idp.kit.emptying import emptying
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit


def withdraw(unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None) -> Contract:
    """As `contracts.withdraw`. Of a tenant that this leaves without any contract, and that never had one, nothing is
    left: its IDs, services and signing keys are deleted and its name is free, so that whoever is given the name next
    meets nobody of it. Needs a unit of the platform.

    Its data key stays, with nothing that it opens but backups: it is not an erasure, and they can still be put back.
    """
    rows = emptying(metadata, len(metadata.tables))
    rows.refuse_unknown(unit)
    withdrawn = contracts.withdraw(unit, contract_id, reason=reason, if_match=if_match)
    if withdrawn.tenant == PLATFORM:
        return withdrawn
    inner = unit.inside(withdrawn.tenant)
    tenants.touch(inner)
    if contracts.give_back(unit, withdrawn.tenant):
        rows.empty(inner)
        tenants.dissolve(inner)
    return contracts.get(unit, contract_id)
