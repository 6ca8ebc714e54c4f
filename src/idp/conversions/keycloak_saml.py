from collections.abc import Iterator

from idp.conversions.keycloak_attributes import Attributes
from idp.conversions.keycloak_oidc import SOURCES
from idp.conversions.model import Document, Source

_NAMES = {
    "username": ("unspecified", "user_name"),
    "email": ("emailAddress", None),
    "persistent": ("persistent", None),
    "transient": ("transient", None),
}
_FORMATS = {"Basic": "basic", "URI Reference": "uri", "Unspecified": "unspecified"}
_STRONG = {
    "RSA_SHA256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "RSA_SHA512": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
}
_LOGOUTS = {
    "saml_single_logout_service_url_redirect": "HTTP-Redirect",
    "saml_single_logout_service_url_post": "HTTP-POST",
    "saml_single_logout_service_url_soap": "SOAP",
}
_MEANT: tuple[str, ...] = ("saml.authnstatement", "saml.force.post.binding", "saml_signature_canonicalization_method")
_MEANT += ("saml.server.signature.keyinfo.xmlSigKeyInfoKeyNameTransformer", "saml.artifact.binding.identifier")
_MEANT += ("saml.server.signature.keyinfo.ext", "saml.allow.ecp.flow", "display.on.consent.screen", "realm_client")


def service(client: Source, client_id: str, own: Attributes) -> Document:
    name, attributes = client.text("name"), client.inner("attributes")
    saml: Document = {"entity_id": client_id}
    if attributes.flag("saml.useMetadataDescriptorUrl") and (url := attributes.text("saml.metadataDescriptorUrl")):
        saml["metadata_url"] = url
        client.notes.say(client.where, "metadata", "What stands at metadata_url is not fetched as long as acs is said.")
    saml["acs"] = _consumers(client, attributes)
    slo = [{"url": url, "binding": how} for theirs, how in _LOGOUTS.items() if (url := attributes.text(theirs))]
    saml |= {"slo": slo} if slo else {}
    saml |= _keys(attributes)
    format_, source = _NAMES.get(attributes.text("saml_name_id_format") or "username", ("unspecified", "user_name"))
    saml["nameid_format"] = format_
    saml |= {} if source is None else {"nameid_source": source}
    attributes.omit("saml_force_name_id_format", "A request may ask for another form of name.")
    _signatures(attributes, saml)
    saml["idp_initiated"] = attributes.text("saml_idp_initiated_sso_url_name") is not None
    attributes.omit("saml_idp_initiated_relay_state", "The relay state is said when somebody is sent there.")
    told = list(_attributes(client, own))
    saml |= {"attributes": told} if told else {}
    attributes.drop(*_MEANT)
    attributes.rest()
    client.drop("publicClient", "standardFlowEnabled", "implicitFlowEnabled", "directAccessGrantsEnabled")
    client.drop("clientAuthenticatorType", "frontchannelLogout", "rootUrl", "baseUrl", "webOrigins")
    client.omit("secret", "A service of SAML has no secret.")
    for each in [*client.texts("defaultClientScopes"), *client.texts("optionalClientScopes")]:
        if each != "role_list":
            client.notes.say(client.where, f"scope {each}", "Its attributes are not told; say them in attributes.")
    return {"name": name if name and not name.startswith("${") else client_id, "protocol": "saml", "saml": saml}


def _consumers(client: Source, attributes: Source) -> list[Document]:
    """Where assertions go: as it is said, or else the address of its adapter, or its redirect URIs."""
    found = [
        {"url": url, "binding": how}
        for theirs, how in (
            ("saml_assertion_consumer_url_post", "HTTP-POST"),
            ("saml_artifact_binding_url", "HTTP-Artifact"),
        )
        if (url := attributes.text(theirs)) is not None
    ]
    attributes.omit("saml_assertion_consumer_url_redirect", "An assertion is too long for an address: by POST.")
    redirects = client.texts("redirectUris")
    exact = [each for each in redirects if "*" not in each and each.startswith("http")]
    if found:
        known = {each["url"] for each in found}
        for each in redirects:
            if each not in known:
                client.notes.say(client.where, f"redirect URI {each}", "Assertions go to the addresses in acs alone.")
        return found
    adapter = client.text("adminUrl")
    return [{"url": each, "binding": "HTTP-POST"} for each in dict.fromkeys([*([adapter] if adapter else []), *exact])]


def _keys(attributes: Source) -> Document:
    found = [
        {"certificate": text, "use": use}
        for name, use in (("saml.signing.certificate", "signing"), ("saml.encryption.certificate", "encryption"))
        if (text := attributes.text(name)) is not None
    ]
    for name in ("saml.signing.private.key", "saml.encryption.private.key"):
        attributes.omit(name, "A service's private key is the service's to keep.")
    made: Document = {"certificates": found} if found else {}
    uses = {each["use"] for each in found}
    if attributes.flag("saml.client.signature", default=True):
        if "signing" in uses:
            made["require_signed_requests"] = True
        else:
            attributes.notes.say(attributes.where, "saml.client.signature", "There is no certificate to verify by.")
    if attributes.flag("saml.encrypt"):
        if "encryption" in uses:
            made["encrypt"] = True
        else:
            attributes.notes.say(attributes.where, "saml.encrypt", "There is no certificate to encrypt to.")
    return made


def _signatures(attributes: Source, saml: Document) -> None:
    response, assertion = (
        attributes.flag("saml.server.signature", default=True),
        attributes.flag("saml.assertion.signature"),
    )
    saml["sign"] = "both" if response == assertion else "response" if response else "assertion"
    if not response and not assertion:
        attributes.notes.say(attributes.where, "saml.server.signature", "What we say is always signed.")
    alg = attributes.text("saml.signature.algorithm")
    if alg in _STRONG:
        saml["signature_algorithm"] = _STRONG[alg]
    elif alg is not None:
        attributes.notes.say(attributes.where, f"saml.signature.algorithm {alg}", "RSA with SHA-256 is used.")


def _attributes(client: Source, own: Attributes) -> Iterator[Document]:
    for mapper in client.listed("protocolMappers"):
        mapper.drop("id", "protocol", "consentRequired")
        mapper.where = f"{client.where}/protocolMappers/{mapper.text('name')}"
        kind, config = mapper.text("protocolMapper") or "", mapper.inner("config")
        name, told = config.text("attribute.name"), _told(kind, mapper, config, own)
        if name is None or told is None:
            mapper.notes.say(mapper.where, kind or "mapper", "Attributes come of what is known of a person here.")
            continue
        friendly = config.text("friendly.name")
        format_ = _FORMATS.get(config.text("attribute.nameformat") or "Basic", "basic")
        config.omit("full.path", "Groups are told by their names.")
        config.drop("single", "aggregate.attrs")
        config.rest()
        yield {"name": name, "format": format_, **told, **({"friendly_name": friendly} if friendly else {})}


def _told(kind: str, mapper: Source, config: Source, own: Attributes) -> Document | None:
    if kind in {"saml-user-property-mapper", "saml-user-attribute-mapper"}:
        theirs = config.text("user.attribute") or ""
        source = SOURCES.get(theirs)
        if source is None and kind == "saml-user-attribute-mapper":
            source = own.source(theirs, mapper, config)
        return None if source is None else {"source": source}
    if kind == "saml-group-membership-mapper":
        return {"source": "groups"}
    if kind == "saml-hardcode-attribute-mapper" and (value := config.text("attribute.value")):
        return {"values": [value]}
    return None
