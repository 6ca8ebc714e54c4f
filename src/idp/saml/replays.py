"""A request is good once (SAML core 1.3.4: its name is nobody else's), on every worker and over restarts."""

from hashlib import sha256

from idp.kit.db import add_new
from idp.kit.units import Unit
from idp.saml.errors import BadMessage
from idp.saml.judging import SKEW
from idp.saml.requests import Said
from idp.saml.tables import used_requests

_USE = add_new(used_requests)


def use(unit: Unit, request: Said) -> None:
    """In the transaction of the effect. Kept until the request is too old anyway. Raises `BadMessage`."""
    if request.id is None:
        return
    name = f"{len(request.sender)}:{request.sender}{request.id}"
    if unit.run(_USE, id=sha256(name.encode()).hexdigest(), expires_at=request.issued_at + SKEW) != 1:
        raise BadMessage("replayed")
