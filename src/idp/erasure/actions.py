"""Erasing a contract."""

from idp import audit, contracts, signing, tenants, users
from idp.contracts import Contract, Product, Status
from idp.erasure import store, tombstone
from idp.erasure.certificate import Certificate, signed
from idp.erasure.completing import finish
from idp.erasure.telling import tell
from idp.erasure.tombstone import Grave, Tombstone, bury
from idp.kit.db import metadata
from idp.kit.emptying import emptying
from idp.kit.units import Unit
from idp.signing import SigningKey, StoredKey
from idp.tenants import Tenant

_CONTACTS = 3


def erase(
    unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None, grace_days: int | None = None
) -> Contract:
    """For good. Needs a unit of the platform, and should be the only thing that is done in it: the key is destroyed
    before the commit, and what has failed by then the next run completes.

    With `grace_days` (the schedule) only what is due is erased; without them (an operator, with a reason) at once.
    Asked again it changes nothing. Raises NotFound; Stale; Conflict `illegal_transition`, `contract_continued`,
    `erasure_not_due`.
    """
    rows = emptying(metadata, len(metadata.tables))
    rows.refuse_unknown(unit)
    found = contracts.get(unit, contract_id)
    inner = unit.inside(found.tenant)
    whole = found.application.product is Product.ID_PLUS
    if found.status is Status.ENDED:
        tenants.touch(inner)  # of two who erase at once the second waits here, and finds what the first has left
        found = contracts.get(unit, contract_id)
    if found.status is Status.ENDED and _was_begun(unit, found):
        return contracts.get(unit, contract_id)
    tenant, seats = tenants.find_even_erased(unit, found.application.slug), users.seats_used(inner)
    gone = contracts.erase(unit, contract_id, reason=reason, if_match=if_match, grace_days=grace_days)
    if not gone or tenant is None:
        return contracts.get(unit, contract_id)
    counts = {"contacts": _CONTACTS}
    if whole:
        counts = _counted(rows.empty(inner), seats)
        tenants.erase(inner, at_us=unit.now_us)
    stone = _certified(unit, tenant, gone, counts)
    for grave in stone.graves:
        facts = {"sha256": grave.certificate["sha256"], "reason": bool(reason)}
        audit.record(inner, audit.Event.CONTRACT_ERASED, subject=grave.contract, **facts)
        tell(unit, grave)
    bury(unit, stone)
    return gone[0]


def _was_begun(unit: Unit, found: Contract) -> bool:
    """Somebody died between the tombstone and the commit: what the tombstone says is done now."""
    name = found.tenant if found.application.product is Product.ID_PLUS else found.id
    note = unit.keys.tombstones.find(name)
    if note is not None:
        finish(unit, tombstone.unpack(note))
    return note is not None


def _counted(rows: dict[str, int], seats: int) -> dict[str, int]:
    """By what they were: of the IDs those that existed, and all that were ever issued."""
    del rows["seats"]
    issued = rows.pop("users")
    return {"users": seats, "ids_ever_issued": issued, **rows}


def _certified(unit: Unit, tenant: Tenant, gone: list[Contract], counts: dict[str, int]) -> Tombstone:
    stored, key = _signer(unit)
    graves = []
    for contract in gone:
        certificate = Certificate(contract.id, tenant.slug, unit.now_us, unit.actor.id, counts)
        end = contract.standing.ended
        assert end is not None
        graves.append(Grave(signed(certificate, key), end))
        store.keep(unit.inside(tenant.id), graves[-1].certificate, erased_at=unit.now_us)
    whole = gone[0].application.product is Product.ID_PLUS
    return Tombstone(tenant.id, tenant.slug, unit.now_us, unit.actor.id, whole, tuple(graves), stored)


def _signer(unit: Unit) -> tuple[StoredKey, SigningKey]:
    key = tenants.certifier(unit)
    return signing.stored(unit, key.public.kid), key
