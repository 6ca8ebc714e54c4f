"""Our certificates for SAML in the order of their turns, as they stand at an instant."""

from collections.abc import Iterable
from typing import NamedTuple

from idp.signing.certificates import Certificate
from idp.signing.keys import Status, Use
from idp.signing.lifecycle import signs_from
from idp.signing.store import StoredKey, certificate_of
from idp.signing.switching import Switch, signer


class Link(NamedTuple):
    kid: str
    status: Status
    certificate: Certificate
    ready_at: int


class Chain(NamedTuple):
    """Those that can sign, or could until they ended; the oldest first."""

    links: tuple[Link, ...]
    now_us: int

    def of(self, status: Status) -> str | None:
        """The latest of them."""
        return next((link.kid for link in reversed(self.links) if link.status is status), None)

    def link(self, kid: str) -> Link | None:
        return next((link for link in self.links if link.kid == kid), None)

    @property
    def usable(self) -> tuple[str, ...]:
        return tuple(link.kid for link in self.links if link.certificate.not_after > self.now_us)

    def signs(self, switch: Switch | None) -> str | None:
        """The `kid` that signs for a service now; None: the tenant has none yet."""
        active = self.of(Status.ACTIVE)
        if active is None:
            return None
        upcoming = self.of(Status.NEXT)
        return signer(switch, active=active, upcoming=upcoming, usable=self.usable, now_us=self.now_us)


_ORDER = (Status.RETIRING, Status.ACTIVE, Status.NEXT)


def _turn(key: StoredKey) -> tuple[int, int]:
    return _ORDER.index(Status(key.status)), key.activated_at or key.created_at


def chain(keys: Iterable[StoredKey], *, now_us: int) -> Chain:
    ours = sorted((key for key in keys if key.use == Use.SAML and key.private_sealed), key=_turn)
    links = (Link(key.kid, Status(key.status), certificate_of(key), signs_from(key)) for key in ours)
    return Chain(tuple(links), now_us)
