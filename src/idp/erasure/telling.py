"""Who is told of an erasure: the operator, and the partner who looked after the customer."""

from idp import contracts, delivery
from idp.erasure.tombstone import Grave
from idp.kit.errors import NotFound
from idp.kit.units import Unit

EVENT = "contract.erased"


def tell(unit: Unit, grave: Grave) -> None:
    """In the outbox of the platform: the tenant's own is gone."""
    certificate = grave.certificate
    payload = {name: certificate[name] for name in ("contract", "tenant", "erased_at", "sha256")}
    try:
        partner = contracts.get(unit, grave.contract).application.partner
    except NotFound:  # it was put back from a backup that is older than the contract
        partner = None
    for receiver in ("operator", partner):
        if receiver is not None:
            delivery.enqueue(unit, EVENT, receiver=receiver, payload=payload)
