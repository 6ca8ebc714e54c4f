"""Renewals, ends and reminders."""

from idp import contracts
from idp.kit.actors import SYSTEM
from idp.kit.units import Unit, Units
from idp.schedule.model import Done, Item, Place


class ContractDates:
    def resume(self, _units: Units) -> Done:
        return Done()

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        rows = contracts.waiting(unit, after_at=after.at_us, after_id=after.id, upto=upto, limit=limit)
        return [Item(row.tenant_id, row.id, row.due_at, row.time_zone) for row in rows]

    def do(self, units: Units, item: Item) -> Done:
        with units.open(item.tenant, actor=SYSTEM) as unit:
            renewed, ended, reminders = contracts.keep(unit, item.id, upto=item.at_us)
        return Done(renewed=renewed, ended=ended, reminders=reminders)
