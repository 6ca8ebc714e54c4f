"""Sign-ins that begin at our own page instead of at the service (OpenID Connect Core 4, SAML profiles 4.1.5)."""

from urllib.parse import urlencode, urlsplit

from idp.federation import store
from idp.federation.model import Service
from idp.federation.oidc_client import OidcClient
from idp.kit.units import Unit


def startable(unit: Unit) -> list[Service]:
    """The services that take it and are enabled. Looks at every service."""
    found = store.naming(unit, "initiate_login_uri")
    taken = [each for each in found if each.enabled and each.oidc is not None and each.oidc.initiate_login_uri]
    taken += [each for each in store.begun_here(unit) if each.enabled]
    return sorted(taken, key=lambda each: (each.name, each.id))


def start_address(client: OidcClient, *, issuer: str, login_hint: str) -> str:
    """Where a browser is sent; the service then asks us, as always. `login_hint` goes through its logs and ours."""
    assert client.initiate_login_uri is not None
    asked = {"iss": issuer, "login_hint": login_hint}
    if client.client_uri is not None and _origin(client.client_uri) == _origin(client.initiate_login_uri):
        asked["target_link_uri"] = client.client_uri  # another site's page would look like an open redirector
    address, mark, fragment = client.initiate_login_uri.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}{mark}{fragment}"


def _origin(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.scheme.lower(), parts.netloc.lower()
