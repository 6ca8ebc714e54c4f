from collections.abc import Iterator

from idp.conversions.addresses import addresses, put_redirects
from idp.conversions.keycloak_attributes import Attributes
from idp.conversions.model import Document, Source

_SCOPES = ("profile", "email", "address", "phone")
_PLUMBING = frozenset({"web-origins", "basic", "acr", "offline_access"})
_METHODS = {
    "client-secret": "client_secret_basic",
    "client-jwt": "private_key_jwt",
    "client-secret-jwt": "client_secret_jwt",
}
SOURCES = {
    "username": "user_name",
    "email": "email",
    "firstName": "given_name",
    "lastName": "family_name",
    "locale": "locale",
    "phoneNumber": "phone_number",
    "nickname": "nickname",
    "website": "website",
    "gender": "gender",
    "birthdate": "birthdate",
    "zoneinfo": "zoneinfo",
    "picture": "picture",
    "profile": "profile",
    "middleName": "middle_name",
}
"""Properties and attributes of users there, and what is known of a person here."""
# Told by scopes, as the standard says.
_STANDARD = frozenset({"email", "given_name", "family_name", "locale", "nickname", "website", "gender", "birthdate"})
_ADDRESSES = {
    "logoUri": "logo_uri",
    "policyUri": "policy_uri",
    "tosUri": "tos_uri",
    "backchannel.logout.url": "backchannel_logout_uri",
    "frontchannel.logout.url": "frontchannel_logout_uri",
}
_FLAGS = {
    "backchannel.logout.session.required": "backchannel_logout_session_required",
    "frontchannel.logout.session.required": "frontchannel_logout_session_required",
    "dpop.bound.access.tokens": "dpop_bound_access_tokens",
    "require.pushed.authorization.requests": "require_pushed_authorization_requests",
}
_ALGS = {
    "id.token.signed.response.alg": "id_token_signed_response_alg",
    "access.token.signed.response.alg": "access_token_signed_response_alg",
    "user.info.response.signature.alg": "userinfo_signed_response_alg",
    "token.endpoint.auth.signing.alg": "token_endpoint_auth_signing_alg",
}
_SHORTEST_LIFE, _LONGEST_LIFE = 60, 3_600
_PLACEHOLDER = "${"
_PUBLIC = "none"


def service(
    client: Source, client_id: str, own: Attributes, *, with_secrets: bool, secrets: dict[str, str]
) -> Document:
    name, root = client.text("name"), client.text("rootUrl")
    root = None if root is None or root.startswith(_PLACEHOLDER) else root
    made: Document = {
        "name": client_id if name is None or name.startswith(_PLACEHOLDER) else name,
        "protocol": "oidc",
        "oidc": {"client_id": client_id},
    }
    oidc, attributes = made["oidc"], client.inner("attributes")
    _method(client, attributes, oidc, with_secrets=with_secrets, secrets=secrets)
    _grants(client, attributes, oidc)
    if base := client.text("baseUrl"):
        absolute, _ = addresses([base], root, client.where, client.notes)
        oidc |= {"client_uri": absolute[0]} if absolute and absolute[0].startswith("http") else {}
    listed = addresses(client.texts("redirectUris"), root, client.where, client.notes)
    put_redirects(made, listed, client.where, client.notes)
    _logouts(attributes, oidc, client, root)
    _origins(client, oidc)
    _scopes(client, oidc)
    claims = list(_claims(client, own))
    oidc |= {"claims": claims} if claims else {}
    _attributes(attributes, oidc)
    return made


def _method(client: Source, attributes: Source, oidc: Document, *, with_secrets: bool, secrets: dict[str, str]) -> None:
    kind, secret = client.text("clientAuthenticatorType") or "client-secret", client.text("secret")
    if client.flag("publicClient"):
        oidc["token_endpoint_auth_method"] = _PUBLIC
        return
    method = _METHODS.get(kind)
    if method is None:
        client.notes.say(client.where, f"clientAuthenticatorType {kind}", "It proves itself by a secret here.")
    oidc["token_endpoint_auth_method"] = method or "client_secret_basic"
    if method == "private_key_jwt":
        _keys(attributes, oidc)
    elif secret is not None and secret.strip("*") and with_secrets:
        file = f"{len(secrets) + 1:03}.secret"
        secrets[file] = secret
        oidc["client_secret"] = {"file": file}
    elif secret is not None or method != "private_key_jwt":
        client.notes.say(client.where, "secret", "One is made, and shown once; or bring it along: client_secret.")


def _keys(attributes: Source, oidc: Document) -> None:
    url = attributes.text("jwks.url")
    if attributes.flag("use.jwks.url") and url:
        oidc["jwks_uri"] = url
    else:
        attributes.notes.say(attributes.where, "keys", "Say where its keys are: jwks, or jwks_uri.")
        oidc["token_endpoint_auth_method"] = "client_secret_basic"  # noqa: S105 - the name of a method


def _grants(client: Source, attributes: Source, oidc: Document) -> None:
    grants, types = [], []
    if client.flag("standardFlowEnabled", default=True):
        grants, types = ["authorization_code"], ["code"]
        if attributes.flag("use.refresh.tokens", default=True):
            grants.append("refresh_token")
    if client.flag("implicitFlowEnabled"):
        grants.append("implicit")
        types += ["id_token", "id_token token"]
        oidc["security_profile"] = "oidc"
        client.notes.say(
            client.where, "implicitFlowEnabled", "Switch it on for the tenant too: settings, oidc.implicit."
        )
    if client.flag("serviceAccountsEnabled") and not client.flag("publicClient"):
        grants.append("client_credentials")
    if attributes.flag("oauth2.device.authorization.grant.enabled"):
        grants.append("urn:ietf:params:oauth:grant-type:device_code")
        client.notes.say(client.where, "device grant", "Switch it on for the tenant too: settings, oidc.device_grant.")
    if client.flag("directAccessGrantsEnabled"):
        client.notes.say(client.where, "directAccessGrantsEnabled", "No service is given anybody's password here.")
    if not grants:
        grants, types = ["authorization_code"], ["code"]
        client.notes.say(client.where, "grants", "None of its grants is here: it may sign people in by code.")
    oidc["grant_types"] = grants
    oidc["response_types"] = types


def _logouts(attributes: Source, oidc: Document, client: Source, root: str | None) -> None:
    said = attributes.text("post.logout.redirect.uris")
    if said == "+":
        oidc["post_logout_redirect_uris"] = list(oidc["redirect_uris"])
    elif said and said != "-":
        exact, _ = addresses(said.split("##"), root, client.where, client.notes)
        oidc["post_logout_redirect_uris"] = exact


def _origins(client: Source, oidc: Document) -> None:
    """Those of its redirect URIs may call us from a browser here."""
    known = {"/".join(uri.split("/")[:3]) for uri in oidc["redirect_uris"]}
    for origin in client.texts("webOrigins"):
        if origin != "+" and origin.rstrip("/") not in known:
            client.notes.say(client.where, f"web origin {origin}", "Origins are those of the redirect URIs.")


def _scopes(client: Source, oidc: Document) -> None:
    named = [*client.texts("defaultClientScopes"), *client.texts("optionalClientScopes")]
    known = [each for each in _SCOPES if each in named]
    offline = ["offline_access"] if "refresh_token" in oidc["grant_types"] else []
    signs_in = oidc["grant_types"] != ["client_credentials"]
    oidc["scope"] = " ".join(["openid", *known, *offline]) if signs_in else ""
    for each in named:
        if each not in {*_SCOPES, *_PLUMBING}:
            client.notes.say(client.where, f"scope {each}", "Its claims are not told; say them in claims.")


def _claims(client: Source, own: Attributes) -> Iterator[Document]:
    seen: set[str] = set()
    for mapper in client.listed("protocolMappers"):
        mapper.drop("id", "protocol", "consentRequired")
        mapper.where = f"{client.where}/protocolMappers/{mapper.text('name')}"
        kind, config = mapper.text("protocolMapper") or "", mapper.inner("config")
        claim, source = config.text("claim.name"), _source(kind, mapper, config, own)
        if claim is None or source is None or claim in seen:
            mapper.notes.say(mapper.where, kind or "mapper", "Claims come of what is known of a person here.")
            continue
        in_token, elsewhere = config.flag("id.token.claim"), config.flag("userinfo.token.claim", default=True)
        if config.flag("access.token.claim") and not in_token and not elsewhere:
            mapper.notes.say(mapper.where, "access.token.claim", "It is told at userinfo, not in access tokens.")
        config.drop("jsonType.label", "introspection.token.claim", "lightweight.claim")
        if claim in _STANDARD and claim == source:
            continue
        if "." in claim:
            mapper.notes.say(mapper.where, f"claim {claim}", "It is one name here, not an object within an object.")
        config.omit("multivalued", "A claim has several values where the person has.")
        config.omit("full.path", "Groups are told by their names.")
        config.rest()
        seen.add(claim)
        yield {"claim": claim, "source": source, "id_token": in_token}


def _source(kind: str, mapper: Source, config: Source, own: Attributes) -> str | None:
    if kind in {"oidc-usermodel-property-mapper", "oidc-usermodel-attribute-mapper"}:
        theirs = config.text("user.attribute") or ""
        if theirs in SOURCES or not kind.endswith("attribute-mapper"):
            return SOURCES.get(theirs)
        return own.source(theirs, mapper, config)
    return {"oidc-group-membership-mapper": "groups", "oidc-full-name-mapper": "display_name"}.get(kind)


def _attributes(attributes: Source, oidc: Document) -> None:
    for theirs, ours in _ADDRESSES.items():
        if (uri := attributes.text(theirs)) is not None:
            oidc[ours] = uri
    for theirs, ours in _FLAGS.items():
        if attributes.flag(theirs) and not (ours.endswith("session_required") and ours[:5] not in str(oidc.keys())):
            oidc[ours] = True
    for theirs, ours in _ALGS.items():
        if (alg := attributes.text(theirs)) not in {None, "any"}:
            oidc[ours] = alg
    life = attributes.text("access.token.lifespan")
    if life and life.isdecimal():
        oidc["access_token_lifetime"] = seconds = min(max(int(life), _SHORTEST_LIFE), _LONGEST_LIFE)
        if seconds != int(life):
            attributes.notes.say(attributes.where, "access.token.lifespan", f"{life} seconds become {seconds}.")
    # S256 is always asked for; times of creation and who wants to see what are theirs
    attributes.drop("pkce.code.challenge.method", "client.secret.creation.time", "display.on.consent.screen")
    attributes.drop("use.jwks.url", "jwks.url", "realm_client", "acr.loa.map")
    attributes.rest()
