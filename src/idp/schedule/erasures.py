"""Erasures, on the day after the last on which the tenant could fetch its data."""

from idp import contracts, erasure, tenants
from idp.contracts import Status
from idp.kit.actors import SYSTEM
from idp.kit.errors import Conflict
from idp.kit.units import Unit, Units
from idp.schedule.model import Done, Item, Place

_NOT_NOW = frozenset({"contract_continued", "erasure_not_due"})  # since it was looked up


class Erasures:
    def __init__(self, *, grace_days: int) -> None:
        self._grace_days = grace_days

    def resume(self, units: Units) -> Done:
        return Done(erased=erasure.complete(units))

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        found = (
            Item(each.tenant, each.contract, each.at_us, each.zone)
            for each in contracts.erasable(unit, grace_days=self._grace_days)
        )
        return [item for item in found if item.place > after and item.at_us <= upto][:limit]

    def do(self, units: Units, item: Item) -> Done:
        try:
            with units.platform(actor=SYSTEM) as unit:
                tenants.touch(unit.inside(item.tenant))  # whoever does the same waits here, and finds it done
                if contracts.get(unit, item.id).status is Status.ERASED:
                    return Done()
                erasure.erase(unit, item.id, grace_days=self._grace_days)
        except Conflict as conflict:
            if conflict.code not in _NOT_NOW:
                raise
            return Done()
        return Done(erased=1)
