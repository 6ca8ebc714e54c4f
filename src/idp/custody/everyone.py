"""All tenants that ever were, erased ones too, a page at a time."""

from collections.abc import Iterator

from idp import tenants
from idp.kit.actors import Actor
from idp.kit.units import Units
from idp.tenants import Tenant

_PAGE = 200


def everyone(units: Units, *, actor: Actor) -> Iterator[Tenant]:
    """In the order of their ids."""
    after = ""
    while True:
        with units.platform(actor=actor, write=False) as unit:
            page = tenants.page_even_erased(unit, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id
