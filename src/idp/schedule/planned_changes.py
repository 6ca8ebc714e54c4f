"""Changes of IDs whose instant has come."""

from idp import planning, tenants
from idp.kit.actors import SYSTEM
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.schedule.model import Done, Item, Place


class PlannedChanges:
    def resume(self, _units: Units) -> Done:
        return Done()

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        found = planning.due(unit, after=(after.at_us, after.id), upto=upto, limit=limit)
        return [Item(each.tenant_id, each.id, each.at, _zone(unit, each.tenant_id)) for each in found]

    def do(self, units: Units, item: Item) -> Done:
        """Of one person those before it come first, if somebody else has not come to them yet."""
        while True:
            with units.open(item.tenant, actor=SYSTEM, write=False) as unit:
                plan = planning.first_due(unit, item.id)
            if plan is None:
                return Done()
            planning.carry_out(units, item.tenant, plan)


def _zone(unit: Unit, tenant: TenantId) -> str:
    return tenants.get(unit.inside(tenant)).time_zone
