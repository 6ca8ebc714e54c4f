"""Services of SAML that are told directly that a session is over, from the outbox. What that takes is loaded when the
first of them is told: reading XML takes a large library."""

from idp import sessions
from idp.access import FactMemory
from idp.delivery import Claimed
from idp.federation import Protocol
from idp.kit.egress import Egress
from idp.kit.units import Units


class DirectLogout:
    """A sender of the dispatcher."""

    def __init__(self, units: Units, memory: FactMemory, egress: Egress, *, base_url: str) -> None:
        self.units = units
        self.memory = memory
        self.egress = egress
        self.base_url = base_url

    def takes(self, claimed: Claimed) -> bool:
        return claimed.event == sessions.TOLD and sessions.protocol_of(claimed.payload) is Protocol.SAML

    def send(self, claimed: Claimed, *, until: float) -> None:
        from idp.saml import by_soap

        by_soap.tell(self, claimed, until=until)
