"""By which of our certificates a service of SAML is answered while we change ours: pure functions of facts and now.

Our metadata has both certificates all the time, the one that signs and the one that will. The tenant's own change
moves every service that has no day of its own. Others have one:

old ──at──► new         before `at`, or without one until somebody says so, the old certificate signs
new ──back──► old       one step back: the same change, held until somebody says so

A change that is over binds nobody to the next one. Whatever a change says, a certificate that has ended, was revoked or
was taken away signs nothing: then it is the tenant's, for a service that is answered by the wrong key is better off
than one that is not answered at all.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from idp.kit.clock import SECOND, micros, parse, rfc3339

_DAY = 86_400 * SECOND
STEP_BACK = 7 * _DAY
"""How long a certificate stays after the last service has left it: somebody notices, and steps back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Of one service, from one of our keys to another, by their `kid`; `at` in microseconds, None: when somebody says
    so."""

    old: str
    new: str
    at: int | None

    def is_over(self, now_us: int) -> bool:
        return self.at is not None and self.at <= now_us

    def to_json(self) -> dict[str, Any]:
        return {"from": self.old, "to": self.new, "at": None if self.at is None else rfc3339(self.at)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Switch":
        at = document.get("at")
        return cls(old=document["from"], new=document["to"], at=None if at is None else micros(parse(at)))


def signer(switch: Switch | None, *, active: str, upcoming: str | None, usable: Collection[str], now_us: int) -> str:
    """The `kid` that signs for a service. `active` is the tenant's, `upcoming` the one that will be; `usable` are those
    that can sign and have not ended."""
    if switch is None:
        return active
    if switch.is_over(now_us):
        return switch.new if switch.new == upcoming and upcoming in usable else active
    return switch.old if switch.old in usable else active


def begun(*, signs: str, chain: Iterable[str], at: int, to: str | None = None) -> Switch | None:
    """A change from what `signs` now to the next of the `chain`, our usable keys in the order of their making, or to
    the later one that is named. None: there is none."""
    order = list(chain)
    later = order[order.index(signs) + 1 :] if signs in order else []
    new = later[0] if to is None and later else to
    return Switch(old=signs, new=new, at=at) if new in later and new is not None else None


def stepped_back(
    switch: Switch | None, *, signs: str, active: str, retired: str | None, usable: Collection[str]
) -> Switch | None:
    """The change undone, and held: the service's own, or else the tenant's from the key that was `retired` last. None:
    there is nothing to go back to."""
    if switch is not None and switch.new == signs and switch.old in usable:
        return Switch(old=switch.old, new=signs, at=None)
    if signs == active and retired is not None and retired in usable:
        return Switch(old=retired, new=signs, at=None)
    return None


def kept_until(kid: str, switches: Iterable[Switch], *, retired_at: int, ends_at: int) -> int:
    """Until when a certificate that was replaced can sign and is published: for as long as a service is to be answered
    by it, and some days more for a step back; never beyond its own end."""
    waited = [each.at for each in switches if each.old == kid]
    if any(at is None for at in waited):
        return ends_at
    last = max([retired_at, *(at for at in waited if at is not None)])
    return min(last + STEP_BACK, ends_at)
