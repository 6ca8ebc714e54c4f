"""The persons of applications that came to nothing, when they have been kept long enough.

Workers sweep them as well, now and then; here the moment is kept, also where time has been brought forward.
"""

from datetime import timedelta

from idp import contracts
from idp.kit.actors import SYSTEM
from idp.kit.clock import instant, micros
from idp.kit.units import Unit, Units
from idp.schedule.model import Done, Item, Place


class Persons:
    def __init__(self, *, retention_days: int) -> None:
        self._retention_days = retention_days

    def resume(self, units: Units) -> Done:  # noqa: ARG002
        return Done()

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        forgettable = contracts.forgettable(unit, retention_days=self._retention_days)
        found = sorted(map(_item, forgettable), key=lambda item: item.place)
        return [item for item in found if item.place > after and item.at_us <= upto][:limit]

    def do(self, units: Units, item: Item) -> Done:
        with units.open(item.tenant, actor=SYSTEM) as unit:
            contracts.forget(unit, item.id)
        return Done()


def _item(each: contracts.Forgettable) -> Item:
    over = contracts.day_of(instant(each.until_us), each.time_zone) + timedelta(days=1)
    at = contracts.start_of_day(over, each.time_zone)
    return Item(each.tenant_id, each.id, micros(at), each.time_zone)
