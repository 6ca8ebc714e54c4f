"""The name that a service was given for a person in one session, kept with the grant: for that name, and no other, the
service may end the session, and by it the service is told of the end, whatever has become of the person since.

Sealed, for it may be an address; and hashed with the tenant's key, so that the sessions of a name can be found.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from idp.federation import NameIdFormat
from idp.kit.units import Unit
from idp.saml.model import NameId
from idp.sessions import Grant


class Told(NamedTuple):
    """One name, and the indexes of all sessions that the service knows by it."""

    name: NameId
    indexes: tuple[str, ...]


def kept(unit: Unit, grant: Grant, name: NameId) -> Grant:
    """The grant, with the name that its assertion gives."""
    sealed = unit.seal("grants", "claims", grant.id, json.dumps(name).encode())
    claims = json.dumps({"name_id": base64.b64encode(sealed).decode()})
    return grant._replace(claims=claims, alias=alias(unit, grant.service_id, name.value))


def alias(unit: Unit, service_id: str, name: str) -> bytes:
    return unit.mac("name_id", f"{service_id} {name}".encode())


def told(unit: Unit, grants: Iterable[Grant]) -> Sequence[Told]:
    """Of grants of one service: a name that is for once is another one in each."""
    found: dict[NameId, list[str]] = {}
    for grant in grants:
        if grant.claims is not None:
            found.setdefault(_opened(unit, grant.id, grant.claims), []).append(grant.id)
    return [Told(name, tuple(indexes)) for name, indexes in found.items()]


def _opened(unit: Unit, grant_id: str, claims: str) -> NameId:
    sealed = base64.b64decode(json.loads(claims)["name_id"])
    value, format_, *qualifiers = json.loads(unit.open_sealed("grants", "claims", grant_id, sealed))
    return NameId(value, NameIdFormat(format_), *qualifiers)
