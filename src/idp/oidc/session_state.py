"""What a service keeps to notice that the session has changed (Session Management 1.0, 3).

The state of the browser follows from the session alone, so nothing is stored; it is worth nothing without the page that
compares.
"""

from hashlib import sha256

from idp.federation import origin_of
from idp.kit import randomness
from idp.kit.ids import TenantId
from idp.oidc.known import Known
from idp.oidc.request import AuthorizationRequest
from idp.signing import b64
from idp.web import state_cookie
from idp.web.asgi import Header
from idp.web.house import House


def of_answer(house: House, known: Known, request: AuthorizationRequest) -> tuple[dict[str, str], list[Header]]:
    """What goes into an answer with a session, and the cookie with it. Nothing where the tenant has not switched it on,
    and for an app, which has no page that could ask."""
    if not known.facts.switches.session_management or known.session is None:
        return {}, []
    origin = origin_of(request.redirect_uri)
    if origin is None:
        return {}, []
    tenant = known.facts.tenant
    browser = _state(house, tenant.id, known.session.id)
    salt = f"{randomness.take():x}"
    hashed = sha256(f"{known.service.client_id} {origin} {browser} {salt}".encode()).hexdigest()
    return {"session_state": f"{hashed}.{salt}"}, [state_cookie.put(house, tenant.slug, browser)]


def _state(house: House, tenant: TenantId, session_id: str) -> str:
    return b64(house.units.keys.box(tenant).mac("session_state", session_id.encode())).decode()
