"""What a service says to a request of ours that it sign somebody out (core 3.7.2)."""

from typing import NamedTuple

from idp.saml.errors import BadMessage
from idp.saml.model import Status
from idp.saml.requests import id_of, instant_of
from idp.xml import SAMLP, Element


class LogoutAnswer(NamedTuple):
    """`request_id` is what it answers; `codes` are those of its status, the outer one first."""

    id: str
    sender: str
    issued_at: int
    destination: str | None
    signed: bool
    request_id: str
    codes: tuple[str, ...]

    @property
    def confirms(self) -> bool:
        """Nobody is signed in there any more. That others could not be told there is for that service to see to, and
        whoever is unknown there has no session."""
        return self.codes[0] == Status.SUCCESS or Status.UNKNOWN_PRINCIPAL in self.codes

    @property
    def is_later(self) -> bool:
        """Core 3.2.2.2: the fault is not with the request."""
        return self.codes[0] == Status.RESPONDER


def read(root: Element, *, sender: str, signed: bool) -> LogoutAnswer:
    """Of a message that its schema has judged. Raises `BadMessage`: what nobody has asked for answers nothing."""
    request_id = root.get("InResponseTo")
    if not request_id:
        raise BadMessage("in_response_to")
    return LogoutAnswer(
        id=id_of(root),
        sender=sender,
        issued_at=instant_of(root.get("IssueInstant") or ""),
        destination=root.get("Destination"),
        signed=signed,
        request_id=request_id,
        codes=tuple(each.get("Value") or "" for each in root.iter(SAMLP("StatusCode"))),
    )
