"""A tenant of Auth0 as its Deploy CLI exports it: `tenant.yaml`, with `clients`, `resourceServers` and `roles`."""

from typing import Any

from idp.conversions.addresses import addresses, put_redirects
from idp.conversions.auth0_saml import saml_of
from idp.conversions.model import Converted, Document, Notes, Source, Unconvertible
from idp.conversions.registering import registrable

_GRANTS = {
    "authorization_code": "authorization_code",
    "implicit": "implicit",
    "refresh_token": "refresh_token",
    "client_credentials": "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code": "urn:ietf:params:oauth:grant-type:device_code",
}
_WITH_SECRET = frozenset({"client_secret_basic", "client_secret_post"})
_METHODS = _WITH_SECRET | {"none"}
_OURS: tuple[str, ...] = (
    "client_id",
    "is_first_party",
    "oidc_conformant",
    "sso_disabled",
    "sso",
    "cross_origin_auth",
    "tenant",
)
_OURS += ("custom_login_page_on", "callback_url_template", "is_token_endpoint_ip_header_trusted", "global")
_SIGN_IN = "How people sign in is said by policies here, and by what they have enrolled."
_WORDS = {
    "actions": "No program of a customer's runs within a sign-in.",
    "rules": "No program of a customer's runs within a sign-in.",
    "hooks": "No program of a customer's runs within a sign-in.",
    "triggers": "No program of a customer's runs within a sign-in.",
    "connections": "IDs are kept here; import them by `idp users import`.",
    "databases": "IDs are kept here; import them by `idp users import`.",
    "guardianFactors": _SIGN_IN,
    "attackProtection": "Guesses are throttled here without being set up.",
    "pages": "The pages are ours; a tenant sets name, colour and logo.",
    "emailTemplates": "The letters are ours.",
    "emailProvider": "Mail is set up for the installation: IDP_SMTP_URL.",
    "clientGrants": "Which API a service may call is said by resources and scopes.",
}


def convert(document: Any, slug: str, *, with_secrets: bool) -> Converted:
    """Raises `Unconvertible`."""
    if not isinstance(document, dict) or not isinstance(document.get("clients"), list):
        raise Unconvertible("This is no tenant.yaml: it has no list of `clients`.")
    notes, secrets = Notes(), dict[str, str]()
    whole = Source(document, "", notes)
    tenant: Document = {"slug": slug, "groups": [], "services": []}
    for role in whole.listed("roles"):
        if (name := role.text("name")) is not None:
            tenant["groups"].append({"name": name})
            notes.say(role.where, "role", f"It becomes the group {name}.")
        role.rest("Groups have a name and members.")
    for client in whole.listed("clients"):
        service = _service(client, with_secrets, secrets)
        if service is not None:
            tenant["services"].append(service)
    tenant["services"] += [each for each in map(_api, whole.listed("resourceServers")) if each is not None]
    settings = whole.inner("tenant")
    if (name := settings.text("friendly_name")) is not None:
        tenant["settings"] = {"appearance": {"display_name": name, "colour": "#3b4cca"}}
    settings.rest("A setting of the tenant that nothing here corresponds to.")
    for name, why in _WORDS.items():
        whole.omit(name, why)
    whole.rest()
    return Converted({"version": 1, "tenants": [tenant]}, tuple(notes.omissions), secrets)


def _service(client: Source, with_secrets: bool, secrets: dict[str, str]) -> Document | None:
    name, notes = client.text("name") or "", client.notes
    if client.flag("global"):
        notes.say(client.where, "all of it", "The client of Auth0 itself.")
        return None
    made: Document = {"name": name, "assignment_required": False}
    made["consent"] = "none" if client.flag("is_first_party", default=True) else "required"
    addons, listed = client.inner("addons"), addresses(client.texts("callbacks"), None, client.where, notes)
    samlp = addons.take("samlp")
    if isinstance(samlp, dict):
        made |= {"protocol": "saml", "saml": saml_of(Source(samlp, f"{addons.where}/samlp", notes), listed[0])}
        client.drop("grant_types", "token_endpoint_auth_method", "jwt_configuration", "client_secret")
    else:
        made |= {"protocol": "oidc", "oidc": {}}
        _oidc(client, made, listed, with_secrets=with_secrets, secrets=secrets)
    addons.rest("No such protocol, or program of theirs, is here.")
    client.drop(*_OURS)
    client.omit("description", "Services have no description.")
    client.omit("client_metadata", "Programs of theirs read it.")
    client.rest()
    return registrable(made, client.where, notes)


def _oidc(
    client: Source, made: Document, listed: tuple[list[str], list[str]], *, with_secrets: bool, secrets: dict[str, str]
) -> None:
    oidc, notes = made["oidc"], client.notes
    if (client_id := client.text("client_id")) is not None and not client_id.startswith("@@"):
        oidc["client_id"] = client_id
    else:
        notes.say(client.where, "client_id", "The file does not say it: one is made.")
    _grants(client, oidc)
    put_redirects(made, listed, client.where, notes)
    exact, _ = addresses(client.texts("allowed_logout_urls"), None, client.where, notes)
    oidc |= {"post_logout_redirect_uris": exact} if exact else {}
    method = client.text("token_endpoint_auth_method") or (
        "none" if client.take("app_type") in {"spa", "native"} else ""
    )
    oidc["token_endpoint_auth_method"] = method if method in _METHODS else "client_secret_post"
    _secret(client, oidc, with_secrets=with_secrets, secrets=secrets)
    if client.take("app_type") == "native":
        oidc["application_type"] = "native"
    for theirs, ours in (("logo_uri", "logo_uri"), ("initiate_login_uri", "initiate_login_uri")):
        if (uri := client.text(theirs)) is not None:
            oidc[ours] = uri
    _tokens(client.inner("jwt_configuration"), oidc)
    logout = client.inner("oidc_logout")
    if uris := logout.texts("backchannel_logout_urls"):
        oidc["backchannel_logout_uri"] = uris[0]
    logout.rest()
    known = {"/".join(uri.split("/")[:3]) for uri in oidc["redirect_uris"]}
    for kind in ("web_origins", "allowed_origins"):
        for origin in client.texts(kind):
            if origin.rstrip("/") not in known:
                notes.say(client.where, f"origin {origin}", "Origins are those of the redirect URIs.")


def _grants(client: Source, oidc: Document) -> None:
    grants = []
    for each in client.texts("grant_types") or ["authorization_code"]:
        if each in _GRANTS:
            grants.append(_GRANTS[each])
        else:
            client.notes.say(client.where, f"grant {each}", "This grant is not here.")
    if "implicit" in grants:
        oidc["security_profile"] = "oidc"
        client.notes.say(client.where, "implicit", "Switch it on for the tenant too: settings, oidc.implicit.")
    if not {"authorization_code", "client_credentials", _GRANTS["urn:ietf:params:oauth:grant-type:device_code"]} & {
        *grants
    }:
        grants.append("authorization_code")
    oidc["grant_types"] = grants
    types = ["code"] if "authorization_code" in grants else []
    oidc["response_types"] = [*types, *(["id_token", "id_token token"] if "implicit" in grants else [])]
    client.drop("app_type")


def _secret(client: Source, oidc: Document, *, with_secrets: bool, secrets: dict[str, str]) -> None:
    secret = client.text("client_secret")
    if oidc["token_endpoint_auth_method"] not in _WITH_SECRET:
        return
    if secret is not None and not secret.startswith("@@") and with_secrets:
        file = f"{len(secrets) + 1:03}.secret"
        secrets[file] = secret
        oidc["client_secret"] = {"file": file}
    else:
        client.notes.say(
            client.where, "client_secret", "One is made, and shown once; or bring it along: client_secret."
        )


def _tokens(configuration: Source, oidc: Document) -> None:
    alg = configuration.text("alg")
    if alg in {"RS256", "ES256", "PS256"}:
        oidc["id_token_signed_response_alg"] = alg
    elif alg is not None:
        configuration.notes.say(configuration.where, f"alg {alg}", "RS256 is used: a secret signs nothing here.")
    configuration.omit("lifetime_in_seconds", "An ID token is for the moment of the sign-in.")
    configuration.drop("secret_encoded")
    configuration.rest()


def _api(server: Source) -> Document | None:
    """An API: a service that nobody signs in to, with its resource."""
    name, identifier = server.text("name") or "", server.text("identifier")
    if server.flag("is_system") or identifier is None:
        server.notes.say(server.where, "all of it", "An API of Auth0 itself.")
        return None
    oidc: Document = {"grant_types": ["client_credentials"], "response_types": [], "resources": [identifier]}
    oidc["introspection"] = True
    server.omit("scopes", "Scopes are said by the services that ask for them.")
    server.notes.say(server.where, "secret", "It may introspect tokens here: its secret is made, and shown once.")
    server.drop(
        "id", "is_system", "signing_alg", "allow_offline_access", "skip_consent_for_verifiable_first_party_clients"
    )
    server.rest()
    made: Document = {"name": f"{name} (API)", "protocol": "oidc", "assignment_required": False, "oidc": oidc}
    return registrable(made, server.where, server.notes)
