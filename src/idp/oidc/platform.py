"""Access tokens of the platform's own issuer, as our API takes them (RFC 9068 4)."""

import json

from idp import signing
from idp.access import Facts, Moment
from idp.kit.clock import SECOND
from idp.kit.units import Unit
from idp.oidc.bearer import inspect
from idp.signing import Unverified, Use
from idp.web.house import Bearer, House
from idp.web.paths import PLATFORM


def platform_bearer(house: House, unit: Unit, token: str) -> Bearer | None:
    """In a unit of the platform, whose tokens alone are found there. None unless it is as good as at introspection, and
    for the API. Raises `Refused` where only the gate is against it."""
    alive = inspect(house, unit, token, Moment.INTROSPECTION)
    if alive is None or alive.row.audience != house.api:
        return None
    if alive.row.jwt and not _is_ours(house, house.memory.current(unit), token, now_us=unit.now_us):
        return None
    row = alive.row
    methods = tuple(json.loads(alive.admission.methods))
    return Bearer(row.service_id, row.user_id, row.scope_set, row.issued_at, methods, alive.admission.authenticated_at)


def _is_ours(house: House, facts: Facts, token: str, *, now_us: int) -> bool:
    """RFC 9068 4: the type, the signature by a key for this use, the issuer, the audience, and the time. That it is the
    very token that was issued is known already; this holds even were that row not ours."""
    keys = [key for key in facts.keys.published if key.use is Use.ACCESS_TOKEN]
    try:
        claims = signing.verify(token, keys, typ="at+jwt")
    except Unverified:
        return False
    expires = claims.get("exp")
    right = (claims.get("iss"), claims.get("aud")) == (house.issuer(PLATFORM), house.api)
    return right and isinstance(expires, int) and now_us < expires * SECOND
