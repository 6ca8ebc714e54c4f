"""What a service keeps to notice that the session has changed (Session Management 1.0, 3), and the cookie behind it.

The state of the browser follows from the session alone, so nothing is stored; a script of ours has to read it, so it is
no secret: it says nothing of the session, and is worth nothing without the page that compares.
"""

from hashlib import sha256

from idp.federation import origin_of
from idp.kit import randomness
from idp.kit.ids import TenantId
from idp.oidc.known import Known
from idp.oidc.request import AuthorizationRequest
from idp.signing import b64
from idp.web.asgi import Header
from idp.web.house import House

PAGE = "check_session"


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
    return {"session_state": f"{hashed}.{salt}"}, [_cookie(house, tenant.slug, browser)]


def forgotten(house: House, slug: str) -> Header:
    """From now on every state that was given is another one."""
    return _cookie(house, slug, "", gone=True)


def cookie_name(house: House, slug: str) -> str:
    return f"{'__Secure-' if house.secure else ''}warifu-{slug}-state"


def _state(house: House, tenant: TenantId, session_id: str) -> str:
    return b64(house.units.keys.box(tenant).mac("session_state", session_id.encode())).decode()


def _cookie(house: House, slug: str, value: str, *, gone: bool = False) -> Header:
    # The page stands in a frame of the service: only SameSite=None reaches it there, and that takes Secure. On plain
    # http, which only loopback servers outside production speak, both are of one site.
    attributes = f"; Path=/t/{slug}/{PAGE}{'; SameSite=None; Secure' if house.secure else '; SameSite=Lax'}"
    ending = "; Max-Age=0" if gone else ""
    return b"set-cookie", f"{cookie_name(house, slug)}={value}{attributes}{ending}".encode()
