"""What the outbox says, as it would be sent now."""

import email
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

import pytest
from tests.contracts.conftest import NOON, Desk

from idp.delivery import Dispatcher
from idp.kit.clock import FixedClock
from idp.kit.units import Units
from idp.mail import Mailbox, Post

SENDER = Mailbox("Warifu", "no-reply@idp.example")


@dataclass
class Tray:
    """A transport that keeps letters as a receiver would read them."""

    letters: dict[str, EmailMessage] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)

    def deliver(self, message: EmailMessage, name: str, *, until: float) -> None:  # noqa: ARG002 - it is at once
        self.raw.append(message.as_bytes())
        read = email.message_from_bytes(self.raw[-1], policy=default)
        assert isinstance(read, EmailMessage)
        self.letters[name] = read

    def about(self, words: str) -> EmailMessage:
        (found,) = [letter for letter in self.letters.values() if words in letter["Subject"]]
        return found


@dataclass(frozen=True)
class Office(Desk):
    clock: FixedClock
    tray: Tray

    def post(self) -> Post:
        return Post(self.units, self.tray, base_url="https://idp.example", sender=SENDER, operator="ops@idp.example")

    def send(self) -> Tray:
        Dispatcher(self.units, [self.post()])()
        return self.tray


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def office(units: Units, clock: FixedClock) -> Office:
    return Office(units, clock, Tray())
