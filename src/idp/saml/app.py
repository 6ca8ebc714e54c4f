"""The endpoints of the door, as routes of the dispatcher. What they need is loaded when the first of them is asked:
most workers serve mostly tenants without SAML, and reading XML takes a large library."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from idp.saml import places
from idp.web.asgi import App
from idp.web.dispatch import Route
from idp.web.farewells import WALK
from idp.web.house import House
from idp.web.later import Later

if TYPE_CHECKING:
    from idp.saml.endpoints import Endpoints

_GET = frozenset({"GET"})
_POST = frozenset({"POST"})
_BOTH = _GET | _POST


def routes(house: House) -> list[Route]:
    made: list[Endpoints] = []

    def endpoints() -> "Endpoints":
        from idp.saml.endpoints import endpoints_of

        if not made:
            made.append(endpoints_of(house))
        return made[0]

    def later(chosen: "Callable[[Endpoints], App]") -> App:
        return Later(lambda: chosen(endpoints()))

    return [
        Route(f"/t/{{tenant}}/{places.METADATA}", _GET, "saml_metadata", later(lambda each: each.metadata)),
        Route(f"/t/{{tenant}}/{places.SSO}", _BOTH, "saml_sso", later(lambda each: each.sign_on)),
        Route(f"/t/{{tenant}}/{places.RESUME}", _GET, "saml_sso", later(lambda each: each.resume)),
        Route(f"/t/{{tenant}}/{places.SLO}", _BOTH, "saml_slo", later(lambda each: each.sign_out)),
        Route(f"/t/{{tenant}}/{WALK}", _GET, "saml_slo", later(lambda each: each.walk)),
        Route(f"/t/{{tenant}}/{places.TERMS}", _GET, "terms", later(lambda each: each.terms)),
        Route(f"/t/{{tenant}}/{places.TERMS}", _POST, "terms", later(lambda each: each.acceptance)),
        Route(f"/t/{{tenant}}/{places.CONSENT}", _GET, "consent", later(lambda each: each.consent)),
        Route(f"/t/{{tenant}}/{places.CONSENT}", _POST, "consent", later(lambda each: each.decision)),
        Route(f"/t/{{tenant}}/{places.ECP}", _POST, "saml_ecp", later(lambda each: each.programs)),
        Route(f"/t/{{tenant}}/{places.ARTIFACT}", _POST, "saml_artifact", later(lambda each: each.resolution)),
        Route(f"/t/{{tenant}}/{places.INIT}", _GET, "saml_init", later(lambda each: each.begin)),
    ]
