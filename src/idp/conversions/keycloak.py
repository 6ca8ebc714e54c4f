"""A realm of Keycloak as it exports it (`kc.sh export`, or the partial export of its console)."""

import re
from collections.abc import Iterator
from typing import Any

from idp.conversions import keycloak_oidc, keycloak_saml
from idp.conversions.model import Converted, Document, Notes, Source, Unconvertible
from idp.conversions.registering import registrable

_OF_KEYCLOAK = frozenset(
    {"account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"}
)
_OWN_ROLES = frozenset({"offline_access", "uma_authorization"})
_IDS = ("id", "realm", "keycloakVersion", "notBefore", "enabled")
_FLOWS = "How people sign in is said by policies here, and by what they have enrolled."
_KEYS = "Keys stay with whoever signed with them: services are told the new ones by discovery or metadata."


def convert(document: Any, slug: str, *, with_secrets: bool) -> Converted:
    """Raises `Unconvertible`."""
    if not isinstance(document, dict) or not isinstance(document.get("realm"), str):
        raise Unconvertible("This is no export of one realm: it has no member `realm`.")
    notes, secrets = Notes(), dict[str, str]()
    realm = Source(document, "", notes)
    realm.drop(*_IDS)
    groups = list(_groups(realm))
    tenant: Document = {"slug": slug, "groups": groups, "services": []}
    for client in realm.listed("clients"):
        service = _service(client, with_secrets, secrets)
        if service is not None:
            tenant["services"].append(service)
    if display := realm.text("displayName"):
        tenant["settings"] = {"appearance": {"display_name": display, "colour": "#3b4cca"}}
        notes.say("", "displayName", "It becomes the name of the tenant; its colour is the usual one.")
    _omitted(realm)
    return Converted({"version": 1, "tenants": [tenant]}, tuple(notes.omissions), secrets)


def _service(client: Source, with_secrets: bool, secrets: dict[str, str]) -> Document | None:
    client_id, protocol = client.text("clientId") or "", client.text("protocol") or "openid-connect"
    client.where = f"/clients/{client_id}"
    notes = client.notes
    if client_id in _OF_KEYCLOAK or client_id.endswith("-realm"):
        notes.say(client.where, "all of it", "A client of Keycloak itself.")
        return None
    if client.flag("bearerOnly"):
        notes.say(client.where, "all of it", "A client that only takes tokens: register it as an API, with resources.")
        return None
    client.drop("id", "notBefore", "surrogateAuthRequired", "nodeReRegistrationTimeout", "access")
    if protocol == "saml":
        service = keycloak_saml.service(client, client_id)
    elif protocol == "openid-connect":
        service = keycloak_oidc.service(client, client_id, with_secrets=with_secrets, secrets=secrets)
    else:
        notes.say(client.where, "all of it", f"Nothing here speaks {protocol}.")
        return None
    service["status"] = service.get("status") or ("enabled" if client.flag("enabled", default=True) else "disabled")
    client.drop("enabled")
    service["consent"] = "required" if client.flag("consentRequired") else "none"
    service["assignment_required"] = False  # there everybody may use every client
    _shared(client)
    return registrable(service, client.where, notes)


def _shared(client: Source) -> None:
    """What clients of both protocols have, and services here have not."""
    client.omit("description", "Services have no description.")
    client.omit("adminUrl", "Nobody is called there.")
    client.omit("authenticationFlowBindingOverrides", _FLOWS)
    client.omit("authorizationSettings", "What is allowed within a service is its own to decide.")
    client.omit("authorizationServicesEnabled", "What is allowed within a service is its own to decide.")
    client.omit("fullScopeAllowed", "Roles are not told here.")
    client.rest()


def _groups(realm: Source) -> Iterator[Document]:
    """Groups with those below them, and roles of the realm, which are groups here."""
    found = {name: None for group in realm.listed("groups") for name in _paths(group, "")}
    roles = realm.inner("roles")
    for role in roles.listed("realm"):
        name = role.text("name") or ""
        if name in _OWN_ROLES or re.fullmatch(r"default-roles-.*", name):
            continue
        role.drop("id", "composite", "clientRole", "containerId")
        called = name if name not in found else f"role {name}"
        found[called] = None
        realm.notes.say(role.where, "role", f"It becomes the group {called}.")
        role.omit("composites", "A group is in no other group here.")
        role.rest("Groups have a name and members.")
    roles.omit("client", "Roles within a service are its own to keep.")
    yield from ({"name": name} for name in found)


def _paths(group: Source, above: str) -> Iterator[str]:
    name = f"{above}{group.text('name') or ''}"
    group.where = f"/groups/{name}"
    group.drop("id", "path", "parentId", "subGroupCount")
    yield name
    for below in group.listed("subGroups"):
        group.notes.say(group.where, "subGroups", "A group of its own here; whoever is in it is not in this one.")
        yield from _paths(below, f"{name}/")
    group.omit("realmRoles", "Put those who are in it into the groups of these roles.")
    group.omit("clientRoles", "Roles within a service are its own to keep.")
    group.rest("Groups have a name and members.")


def _omitted(realm: Source) -> None:
    people = realm.take("users")
    if people:
        why = "IDs are imported by `idp users import`, with their groups; passwords are set anew."
        realm.notes.say("", f"users ({len(people)})", why)
    for name in ("authenticationFlows", "authenticatorConfig", "requiredActions", "browserFlow", "registrationFlow"):
        realm.omit(name, _FLOWS)
    realm.omit("components", _KEYS)
    realm.omit("identityProviders", "Nobody signs in by way of another provider yet.")
    realm.omit("identityProviderMappers", "Nobody signs in by way of another provider yet.")
    realm.omit("clientScopes", "Scopes are those of OpenID Connect; claims of a service's own stand with it.")
    realm.omit("smtpServer", "Mail is set up for the installation: IDP_SMTP_URL.")
    realm.omit("defaultRole", "Every ID has it there: nobody needs it here.")
    realm.rest("A setting of the realm that nothing here corresponds to.")
