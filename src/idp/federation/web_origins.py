"""The origins of a client's own pages: those of its redirect URIs, if it is an application of the web."""

import re

from idp.federation import store
from idp.federation.logout_channels import origin_of
from idp.federation.oidc_client import OidcClient
from idp.federation.oidc_vocabulary import ApplicationType
from idp.kit.units import Unit

_ORIGIN = re.compile(r"https?://[a-z0-9._\[\]:-]{1,260}")


def web_origins(client: OidcClient) -> frozenset[str]:
    if client.application_type is not ApplicationType.WEB:
        return frozenset()
    return frozenset(origin for uri in client.redirects.exact if (origin := origin_of(uri)))


def has_origin(unit: Unit, origin: str) -> bool:
    """Whether it is one of some service. Looks at every service."""
    if not _ORIGIN.fullmatch(origin):  # `null` among them
        return False
    return any(each.oidc and origin in web_origins(each.oidc) for each in store.beginning(unit, origin))
