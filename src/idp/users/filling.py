"""IDs from before there was a search get the words that they are found by.

In the order of creation, some at a time: where the last ID of a tenant can be found, all of them can, and whoever was
interrupted goes on by beginning again.
"""

from idp import tenants
from idp.kit.actors import SYSTEM
from idp.kit.asking import Asked
from idp.kit.ids import TenantId
from idp.kit.listing import Question
from idp.kit.units import Unit, Units
from idp.users import search, store
from idp.users.listed import LISTED

_AT_ONCE = 500
_TENANTS = 200
_LAST = Question(Asked({}, descending=True), limit=1)


def make_findable(units: Units) -> int:
    """How many tenants had such IDs."""
    filled, after = 0, ""
    while True:
        with units.platform(actor=SYSTEM, write=False) as unit:
            found = tenants.page(unit, after=after, limit=_TENANTS)
            lacking = [each.id for each in found if _lacks(unit.inside(each.id))]
        for tenant in lacking:
            _fill(units, tenant)
        filled += len(lacking)
        if len(found) < _TENANTS:
            return filled
        after = found[-1].id


def _lacks(unit: Unit) -> bool:
    last = LISTED.page(unit, _LAST).items
    return bool(last) and not search.is_known(unit, last[0])


def _fill(units: Units, tenant: TenantId) -> None:
    after = ""
    while True:
        with units.open(tenant, actor=SYSTEM) as unit:
            people = store.page(unit, after=after, limit=_AT_ONCE)
            search.note_missing(unit, people)
        if len(people) < _AT_ONCE:
            return
        after = people[-1].id
