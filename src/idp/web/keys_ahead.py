"""Signing keys that are published before anything is signed by them: whoever verifies may have fetched them already."""

from collections.abc import Collection

from idp import signing, tenants
from idp.kit.actors import SYSTEM
from idp.kit.errors import Failure
from idp.kit.ids import TenantId
from idp.kit.sealing import KeyDestroyed
from idp.kit.units import Units
from idp.signing import Alg, Use


def provide(units: Units, tenant: TenantId, wanted: Collection[tuple[Use, Alg]]) -> bool:
    """Those that the tenant has none of yet. It blocks for as long as it takes to find an RSA key: in no unit of work.
    False while nothing can be written, and of a tenant that is being erased: then they are made when they are needed,
    if ever."""
    try:
        _provide(units, tenant, wanted)
    except (Failure, KeyDestroyed):
        return False
    return True


def _provide(units: Units, tenant: TenantId, wanted: Collection[tuple[Use, Alg]]) -> None:
    """Many may come here at once; of each kind one becomes the active one."""
    with units.open(tenant, actor=SYSTEM, write=False) as unit:
        alive = {(pair.use, pair.alg) for pair in signing.pairs(signing.every(unit)) if pair.active}
    for use, alg in sorted(set(wanted) - alive):
        private = signing.generate(alg)
        with units.open(tenant, actor=SYSTEM) as unit:
            tenants.adopt_key(unit, use, alg, private)
