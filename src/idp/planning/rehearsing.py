"""What a plan would do, by doing it in a transaction that comes to nothing: what is shown is what will be done."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from idp import federation, users
from idp.credentials import Permissions
from idp.federation import Reached
from idp.kit.actors import Actor
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.planning import effects
from idp.planning.model import Wish
from idp.users import Identity, UserId


class Rehearsal(NamedTuple):
    """`groups` and `services` are those that are gained, and those that are lost."""

    before: Identity
    after: Identity | None
    groups: tuple[list[str], list[str]]
    services: tuple[list[Reached], list[Reached]]


class _Enough(Exception):
    pass


def rehearse(
    units: Units, tenant: TenantId, user_id: UserId, wish: Wish, *, actor: Actor, granting: Permissions
) -> Rehearsal:
    """Raises as the change itself would."""
    found: list[Rehearsal] = []
    try:
        with units.open(tenant, actor=actor) as unit:
            before = users.get(unit, user_id)
            was = _reach(unit, before, wish.at)
            effects.apply(unit, user_id, wish, granting)
            after = users.find(unit, user_id)
            becomes = _reach(unit, after, wish.at)
            groups = _parted(was[0], becomes[0])
            found.append(Rehearsal(before, after, groups, _parted(was[1], becomes[1])))
            raise _Enough
    except _Enough:
        return found[0]


def _reach(unit: Unit, identity: Identity | None, at_us: int) -> tuple[list[str], list[Reached]]:
    if identity is None:
        return [], []
    groups: list[str] = sorted(users.groups_of(unit, identity.id))
    return groups, federation.reached(unit, identity.id) if identity.active_at(at_us) else []


def _parted(was: Sequence[Any], becomes: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    return [each for each in becomes if each not in was], [each for each in was if each not in becomes]
