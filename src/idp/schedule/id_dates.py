"""The last days of IDs: what was signed in ends, and the tenant is reminded before."""

from idp import tenants, users
from idp.kit.actors import SYSTEM
from idp.kit.units import Unit, Units
from idp.schedule.model import Done, Item, Place


class IdDates:
    def resume(self, _units: Units) -> Done:
        return Done()

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        found = users.due_ends(unit, after=(after.at_us, after.id), upto=upto, limit=limit)
        return [Item(each.tenant_id, each.tenant_id, each.at_us, _zone(unit, each)) for each in found]

    def do(self, units: Units, item: Item) -> Done:
        while True:
            with units.open(item.tenant, actor=SYSTEM) as unit:
                if not users.end_due(unit, item.at_us):
                    return Done()


def _zone(unit: Unit, due: users.DueEnds) -> str:
    return tenants.get(unit.inside(due.tenant_id)).time_zone
