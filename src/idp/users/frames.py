"""What a tenant asks of its people: read in the unit in which they are judged by it."""

from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from idp import tenants
from idp.kit.units import Unit
from idp.tenants import Staffing
from idp.users import attribute_store
from idp.users.attribute_types import Definition


class Frame(NamedTuple):
    """`today` is the day in the tenant's zone."""

    zone: str
    today: date
    staffing: Staffing
    definitions: tuple[Definition, ...] = ()

    def latest(self, first: date | None) -> date | None:
        """The last day that the ID of somebody who is dispatched may have; None: any."""
        if not self.staffing.dispatched_days:
            return None
        return max(self.today, first or self.today) + timedelta(days=self.staffing.dispatched_days - 1)


def frame(unit: Unit) -> Frame:
    tenant = tenants.get(unit)
    return Frame(
        tenant.time_zone,
        unit.now.astimezone(ZoneInfo(tenant.time_zone)).date(),
        Staffing.from_text(tenant.staffing),
        attribute_store.definitions(unit),
    )
