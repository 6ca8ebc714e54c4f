"""A realm of Keycloak as it exports it (`kc.sh export`, or the partial export of its console)."""

from typing import Any

from idp.conversions import keycloak_oidc, keycloak_saml
from idp.conversions.keycloak_attributes import Attributes
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
    notes, secrets, own = Notes(), dict[str, str](), Attributes()
    realm = Source(document, "", notes)
    realm.drop(*_IDS)
    tenant: Document = {"slug": slug, "groups": _groups(realm), "services": []}
    for client in realm.listed("clients"):
        service = _service(client, own, with_secrets, secrets)
        if service is not None:
            tenant["services"].append(service)
    if own.document:
        tenant["attributes"] = own.document
    if display := realm.text("displayName"):
        tenant["settings"] = {"appearance": {"display_name": display, "colour": "#3b4cca"}}
        notes.say("", "displayName", "It becomes the name of the tenant; its colour is the usual one.")
    _omitted(realm)
    return Converted({"version": 1, "tenants": [tenant]}, tuple(notes.omissions), secrets)


def _service(client: Source, own: Attributes, with_secrets: bool, secrets: dict[str, str]) -> Document | None:
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
        service = keycloak_saml.service(client, client_id, own)
    elif protocol == "openid-connect":
        service = keycloak_oidc.service(client, client_id, own, with_secrets=with_secrets, secrets=secrets)
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


def _groups(realm: Source) -> list[Document]:
    """Groups, each with those below it, and roles of the realm: groups here, with the groups and roles that have them
    in them."""
    inside: dict[str, list[str]] = {}
    having: dict[str, list[str]] = {}
    for group in realm.listed("groups"):
        _walk(group, "", inside, having)
    roles, called = realm.inner("roles"), dict[str, str]()
    listed = [role for role in roles.listed("realm") if _is_own(role)]
    for role in listed:
        name = role.text("name") or ""
        called[name] = name if name not in inside else f"role {name}"
        inside[called[name]] = having.pop(name, [])
    for role in listed:
        _role(role, called, inside)
    for name, groups in having.items():
        realm.notes.say(f"/groups/{groups[0]}", f"realmRoles {name}", "There is no such role to be converted.")
    roles.omit("client", "Roles within a service are its own to keep.")
    return [{"name": name, "groups": list(dict.fromkeys(groups))} for name, groups in inside.items()]


def _is_own(role: Source) -> bool:
    name = role.text("name") or ""
    return name not in _OWN_ROLES and not name.startswith("default-roles-")


def _role(role: Source, called: dict[str, str], inside: dict[str, list[str]]) -> None:
    """Whoever has it has all that it is composed of: they are in those groups, too."""
    ours = called[role.text("name") or ""]
    role.notes.say(role.where, "role", f"It becomes the group {ours}.")
    composites = role.inner("composites")
    for each in composites.texts("realm"):
        if each in called:
            inside[called[each]].append(ours)
        else:
            role.notes.say(composites.where, each, "There is no such role to be converted.")
    composites.omit("client", "Roles within a service are its own to keep.")
    role.drop("id", "composite", "clientRole", "containerId")
    role.rest("Groups have a name and members.")


def _walk(group: Source, above: str, inside: dict[str, list[str]], having: dict[str, list[str]]) -> None:
    name = f"{above}{group.text('name') or ''}"
    group.where = f"/groups/{name}"
    inside[name] = []
    for below in group.listed("subGroups"):
        inside[name].append(f"{name}/{below.text('name') or ''}")
        _walk(below, f"{name}/", inside, having)
    for role in group.texts("realmRoles"):
        having.setdefault(role, []).append(name)
    group.drop("id", "path", "parentId", "subGroupCount")
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
