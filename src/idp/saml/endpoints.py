from typing import NamedTuple

from idp.saml import accepting, beginning, consenting, ecp, publishing, resolving, slo, sso, walking
from idp.web import consent_page, terms_page
from idp.web.asgi import App
from idp.web.house import House


class Endpoints(NamedTuple):
    metadata: App
    sign_on: App
    resume: App
    sign_out: App
    walk: App
    terms: App
    acceptance: App
    consent: App
    decision: App
    resolution: App
    programs: App
    begin: App


def endpoints_of(house: House) -> Endpoints:
    return Endpoints(
        publishing.endpoint(house),
        sso.endpoint(house),
        sso.continuation(house),
        slo.endpoint(house),
        walking.endpoint(house),
        terms_page.question(house, accepting.PAGE),
        terms_page.acceptance(house, accepting.PAGE),
        consent_page.question(house, consenting.PAGE),
        consent_page.decision(house, consenting.PAGE),
        resolving.endpoint(house),
        ecp.endpoint(house),
        beginning.endpoint(house),
    )
