"""Statements, when a month has ended in Japan."""

from idp import billing
from idp.billing import Due, Seller
from idp.kit.actors import SYSTEM
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit, Units
from idp.schedule.model import Done, Item, Place

_ZONE = "Asia/Tokyo"


class Statements:
    def __init__(self, *, seller: Seller) -> None:
        self._seller = seller

    def resume(self, units: Units) -> Done:  # noqa: ARG002 - a statement is issued whole or not at all
        return Done()

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        found = billing.due(unit, upto_us=upto, after=after, limit=limit)
        return [Item(each.tenant or PLATFORM, each.place[1], each.place[0], _ZONE) for each in found]

    def do(self, units: Units, item: Item) -> Done:
        with units.platform(actor=SYSTEM) as unit:
            issued = billing.issue(unit, Due.at(item.place), self._seller)
        return Done(statements=0 if issued is None else 1)
