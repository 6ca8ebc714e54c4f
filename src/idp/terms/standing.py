"""Which terms are in force, and which of them a tenant has yet to accept."""

from typing import Final, NamedTuple

from idp.kit.units import Unit
from idp.terms import store
from idp.terms.model import Version


class TermsFacts(NamedTuple):
    """Good until the tenant's revision rises. `coming` says when each published version comes into force, in order."""

    coming: tuple[tuple[int, Version], ...] = ()
    accepted: frozenset[Version] = frozenset()

    def in_force(self, now_us: int) -> Version | None:
        """The last one that came into force replaces those before."""
        found = None
        for since_us, version in self.coming:
            if since_us > now_us:
                break
            found = version
        return found

    def due(self, now_us: int) -> Version | None:
        """What the tenant's administrators have to accept now."""
        found = self.in_force(now_us)
        return None if found in self.accepted else found


NOTHING_TO_ACCEPT: Final = TermsFacts()


def facts(unit: Unit) -> TermsFacts:
    coming = store.coming(unit)
    return TermsFacts(coming, store.accepted(unit)) if coming else NOTHING_TO_ACCEPT


def due(unit: Unit) -> Version | None:
    return facts(unit).due(unit.now_us)
