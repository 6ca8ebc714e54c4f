"""When people have to be asked anew about a service that they allowed: what they allowed was another one."""

import json

from idp.federation import subjects
from idp.federation.model import Service

_SHOWN = ("client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri")


def is_known_anew(before: Service, after: Service) -> bool:
    """It is told other identifiers of people than before, whoever changed it."""
    if before.oidc is None or after.oidc is None:
        return False
    return subjects.differ(before.oidc.subjects, after.oidc.subjects)


def looks_anew(before: Service, after: Service) -> bool:
    """For services that say themselves who they are."""
    return face_of(before) != face_of(after)


def face_of(service: Service) -> str:
    """What a person who allows it knows it by: its names, its pages, its hosts, and what it will know them by."""
    client = service.oidc
    if client is None:
        return json.dumps([service.name, service.host])
    pages = [getattr(client, name) for name in _SHOWN]
    return json.dumps([service.name, *pages, client.subjects.sector, sorted(client.redirects.hosts)])
