from typing import NamedTuple

from idp.saml import publishing
from idp.web.asgi import App
from idp.web.house import House


class Endpoints(NamedTuple):
    metadata: App


def endpoints_of(house: House) -> Endpoints:
    return Endpoints(publishing.endpoint(house))
