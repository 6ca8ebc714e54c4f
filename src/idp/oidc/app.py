"""The endpoints of the door, as routes of the dispatcher."""

from idp.oidc import (
    accepting,
    authorize,
    challenges,
    check_session,
    consent,
    device_authorization,
    device_page,
    discovery,
    introspection,
    logout,
    origins,
    pushing,
    registration,
    revocation,
    token,
    userinfo,
)
from idp.web import consent_page, state_cookie, terms_page
from idp.web.asgi import App
from idp.web.dispatch import Route
from idp.web.house import House

_GET = frozenset({"GET"})
_POST = frozenset({"POST"})
_PUT = frozenset({"PUT"})
_DELETE = frozenset({"DELETE"})
_BOTH = _GET | _POST
_OPTIONS = frozenset({"OPTIONS"})


def routes(house: House) -> list[Route]:
    metadata = discovery.discovery(house)
    return [
        *_public("/t/{tenant}/.well-known/openid-configuration", "discovery", metadata),
        *_public("/t/{tenant}/.well-known/oauth-authorization-server", "discovery", metadata),
        *_public("/.well-known/oauth-authorization-server/t/{tenant}", "discovery", metadata),
        *_public(
            "/.well-known/oauth-protected-resource/t/{tenant}/userinfo", "metadata", challenges.userinfo_metadata(house)
        ),
        *_public("/.well-known/oauth-protected-resource/api/v1", "metadata", challenges.api_metadata(house)),
        *_public("/t/{tenant}/jwks", "jwks", discovery.jwks(house)),
        Route("/t/{tenant}/authorize", _BOTH, "authorize", authorize.endpoint(house)),
        Route(f"/t/{{tenant}}/{authorize.RESUME}", _GET, "authorize", authorize.continuation(house)),
        Route(f"/t/{{tenant}}/{authorize.CONSENT}", _GET, "consent", consent_page.question(house, consent.PAGE)),
        Route(f"/t/{{tenant}}/{authorize.CONSENT}", _POST, "consent", consent_page.decision(house, consent.PAGE)),
        Route(f"/t/{{tenant}}/{authorize.TERMS}", _GET, "terms", terms_page.question(house, accepting.PAGE)),
        Route(f"/t/{{tenant}}/{authorize.TERMS}", _POST, "terms", terms_page.acceptance(house, accepting.PAGE)),
        *_readable(house, "par", _POST, pushing.endpoint(house)),
        Route(f"/t/{{tenant}}/{registration.REGISTER}", _POST, "register", registration.registering(house)),
        Route(f"/t/{{tenant}}/{registration.REGISTER}", _GET, "register", registration.reading(house)),
        Route(f"/t/{{tenant}}/{registration.REGISTER}", _PUT, "register", registration.replacing(house)),
        Route(f"/t/{{tenant}}/{registration.REGISTER}", _DELETE, "register", registration.withdrawing(house)),
        *_readable(house, "token", _POST, token.endpoint(house)),
        *_readable(house, "device_authorization", _POST, device_authorization.endpoint(house)),
        Route(f"/t/{{tenant}}/{device_authorization.PAGE}", _GET, "device", device_page.question(house)),
        Route(f"/t/{{tenant}}/{device_authorization.PAGE}", _POST, "device", device_page.answer(house)),
        Route(f"/t/{{tenant}}/{device_page.DECISION}", _GET, "device", device_page.choice(house)),
        Route(f"/t/{{tenant}}/{device_page.DECISION}", _POST, "device", device_page.decision(house)),
        *_readable(house, "userinfo", _BOTH, userinfo.endpoint(house)),
        Route("/t/{tenant}/introspect", _POST, "introspect", introspection.endpoint(house)),
        *_readable(house, "revoke", _POST, revocation.endpoint(house)),
        Route("/t/{tenant}/end_session", _BOTH, "end_session", logout.endpoint(house)),
        Route(f"/t/{{tenant}}/{state_cookie.PAGE}", _GET, "check_session", check_session.page(house)),
        Route(f"/t/{{tenant}}/{check_session.ORIGIN}", _GET, "check_session", check_session.origin(house)),
        Route(f"/t/{{tenant}}/{logout.CONFIRM}", _POST, "end_session", logout.confirmation(house)),
    ]


def _public(path: str, name: str, endpoint: App) -> list[Route]:
    """By every page there is."""
    return [Route(path, _GET, name, endpoint), Route(path, _OPTIONS, name, origins.preflight_of_anybody)]


def _readable(house: House, name: str, methods: frozenset[str], endpoint: App) -> list[Route]:
    """By the pages of clients as well."""
    path = f"/t/{{tenant}}/{name}"
    return [
        Route(path, methods, name, origins.readable(house, endpoint)),
        Route(path, _OPTIONS, name, origins.preflight(house, methods)),
    ]
