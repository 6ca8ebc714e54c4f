"""How often the database was put back: the upper bits of both counters of every tenant.

So each number that counts within one life of the database is above all of the lives before it, those included that
were lost: nothing that was born, or remembered by a worker, in a lost life is ever taken for current.
"""

from sqlalchemy import bindparam, update

from idp.kit.db import command
from idp.kit.units import Unit
from idp.tenants import store
from idp.tenants.tables import tenants

_EPOCH = 1 << 40  # changes of one tenant within one life; epochs up to 2^13 stay exact in JSON
_RAISE = command(
    update(tenants).values(
        revision=tenants.c.revision + bindparam("by"),
        generation=tenants.c.generation + bindparam("by"),
    ),
    platform=True,
)


def epoch(unit: Unit) -> int:
    """Needs a unit of the platform."""
    return (store.revision(unit) or 0) // _EPOCH


def begin_epoch(unit: Unit, number: int) -> None:
    """Everything that was born before is dead, in every tenant; needs a unit of the platform."""
    unit.run(_RAISE, by=(number - epoch(unit)) * _EPOCH)


def is_put_back(unit: Unit) -> bool:
    """Whether this database is an old one, put back by hand: the keys know of a later restore than it does. Needs a
    unit of the platform. Raises `FenceDamaged`."""
    return epoch(unit) < unit.keys.fence.epoch()
