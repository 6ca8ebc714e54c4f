"""Who could be behind an account: whoever has made it, and whoever has chosen what it signs in with.

Principals are accounts, programs, and the machine. In a tenant only those are noted who are not the customer's own.
Nothing is forgotten with an account that is deleted: what it has made is still of its hand.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import bindparam, select

from idp.credentials.tables import account_hands as hands
from idp.kit.db import add_new, own, query
from idp.kit.units import Unit


class How(StrEnum):
    MADE = "made"  # or given a role that matters
    KNOWS = "knows"  # its password, or where its letters go


class _Hand(NamedTuple):
    principal: str
    how: str


_ADD = add_new(hands)
_OF = query(
    select(hands.c.principal, hands.c.how)
    .where(own(hands), hands.c.user_id == bindparam("of_user"))
    .order_by(hands.c.principal),
    _Hand,
)


def note(unit: Unit, user_id: str, principals: Iterable[str], how: How) -> None:
    for principal in sorted(set(principals) - {user_id}):
        unit.run(_ADD, user_id=user_id, principal=principal, how=how.value, at=unit.now_us)


def could_be(unit: Unit, account: str) -> frozenset[str]:
    """The account, and who could sign in as it, directly or over others."""
    return _reached(unit, account, {How.KNOWS.value})


def come_from(unit: Unit, account: str) -> frozenset[str]:
    """The account, and everybody who had a hand in its being there, directly or over others."""
    return _reached(unit, account, {how.value for how in How})


def _reached(unit: Unit, account: str, ways: set[str]) -> frozenset[str]:
    reached, waiting = {account}, [account]
    while waiting:
        found = {row.principal for row in unit.all(_OF, of_user=waiting.pop()) if row.how in ways}
        waiting += found - reached
        reached |= found
    return frozenset(reached)
