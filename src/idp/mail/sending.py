"""From the outbox to the transport."""

from email.message import EmailMessage
from typing import Protocol

from idp.delivery import OVERTAKEN, Claimed, Impossible
from idp.kit.actors import SYSTEM
from idp.kit.clock import instant
from idp.kit.errors import NotFound
from idp.kit.sealing import KeyDestroyed
from idp.kit.units import Units
from idp.mail.composing import Composer
from idp.mail.meanings import MEANINGS
from idp.mail.message import Mailbox, message


class Transport(Protocol):
    def deliver(self, message: EmailMessage, name: str, *, until: float) -> None:
        """`name` is of the delivery, the same each time. As `delivery.Sender.send`."""


class Post:
    """A sender of the dispatcher. `operator` is where our own people are told, None where nobody is."""

    def __init__(
        self, units: Units, transport: Transport, *, base_url: str, sender: Mailbox, operator: str | None = None
    ) -> None:
        self._units = units
        self._transport = transport
        self._sender = sender
        self._composer = Composer(base_url, operator)

    def takes(self, claimed: Claimed) -> bool:
        return claimed.event in MEANINGS

    def send(self, claimed: Claimed, *, until: float) -> None:
        try:
            with self._units.open(claimed.tenant_id, actor=SYSTEM, write=False) as unit:
                letter = self._composer.letter(unit, claimed)
        except (NotFound, KeyDestroyed):  # what it is about is gone
            raise Impossible(OVERTAKEN) from None
        written = message(letter, sender=self._sender, message_id=claimed.id, date=instant(claimed.created_at))
        self._transport.deliver(written, claimed.id, until=until)
