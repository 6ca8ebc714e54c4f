from typing import NamedTuple

from idp.saml import publishing, sso
from idp.web.asgi import App
from idp.web.house import House


class Endpoints(NamedTuple):
    metadata: App
    sign_on: App
    resume: App


def endpoints_of(house: House) -> Endpoints:
    return Endpoints(publishing.endpoint(house), sso.endpoint(house), sso.continuation(house))
