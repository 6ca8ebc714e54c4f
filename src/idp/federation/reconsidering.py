"""When people have to be asked anew about a service that they allowed: what they allowed was another one."""

from idp.federation import subjects
from idp.federation.model import Service
from idp.federation.oidc_client import OidcClient

_SHOWN = ("client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri")


def is_known_anew(before: Service, after: Service) -> bool:
    """It is told other identifiers of people than before, whoever changed it."""
    if before.oidc is None or after.oidc is None:
        return False
    return subjects.differ(before.oidc.subjects, after.oidc.subjects)


def looks_anew(before: Service, after: Service) -> bool:
    """People were shown another name, other pages or other hosts; for services that say themselves who they are."""
    if before.oidc is None or after.oidc is None:
        return False
    return before.name != after.name or _face(before.oidc) != _face(after.oidc)


def _face(client: OidcClient) -> tuple[object, ...]:
    return client.redirects.hosts, *(getattr(client, name) for name in _SHOWN)
