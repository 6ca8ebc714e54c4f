"""The SAML of an application there: the options of its add-on."""

from collections.abc import Iterator

from idp.conversions.model import Document, Source

_SOURCES = {
    "email": "email",
    "name": "display_name",
    "nickname": "nickname",
    "given_name": "given_name",
    "family_name": "family_name",
    "user_id": "user_name",
    "username": "user_name",
    "upn": "user_name",
    "groups": "groups",
}
_FORMATS = frozenset({"emailAddress", "persistent", "transient", "unspecified"})


def saml_of(options: Source, callbacks: list[str]) -> Document:
    addresses = [each for each in (options.text("destination"), options.text("recipient")) if each] or callbacks[:1]
    entity_id = options.text("audience")
    if entity_id is None:
        entity_id = addresses[0] if addresses else ""
        options.notes.say(options.where, "audience", "The name of the service is not said: its address stands for it.")
    saml: Document = {
        "entity_id": entity_id,
        "acs": [{"url": each, "binding": "HTTP-POST"} for each in dict.fromkeys([*addresses, *callbacks])],
        "sign": "response" if options.flag("signResponse") else "assertion",
    }
    options.notes.say(options.where, "sign-on that begins here", "Switch it on where it is used: idp_initiated.")
    format_ = (options.text("nameIdentifierFormat") or "").rpartition(":")[2]
    saml["nameid_format"] = format_ if format_ in _FORMATS else "unspecified"
    probes = options.texts("nameIdentifierProbes")
    source = next((found for each in probes if (found := _SOURCES.get(each.rpartition("/")[2]))), None)
    saml |= {"nameid_source": source} if source else {}
    told = list(_attributes(options.inner("mappings")))
    saml |= {"attributes": told} if told else {}
    logout = options.inner("logout")
    if (callback := logout.text("callback")) is not None:
        saml["slo"] = [{"url": callback, "binding": "HTTP-Redirect"}]
    logout.drop("slo_enabled")
    logout.rest()
    if (certificate := options.text("signingCert")) is not None:
        lines = certificate.replace("\\n", "\n").splitlines()
        text = "".join(line for line in lines if not line.startswith("-----"))
        saml |= {"certificates": [{"certificate": text, "use": "signing"}], "require_signed_requests": True}
    alg = options.text("signatureAlgorithm")
    if alg not in {None, "rsa-sha256"}:
        options.notes.say(options.where, f"signatureAlgorithm {alg}", "RSA with SHA-256 is used.")
    options.drop("digestAlgorithm", "typedAttributes", "includeAttributeNameFormat", "lifetimeInSeconds")
    for name in ("createUpnClaim", "passthroughClaimsWithNoMapping", "mapUnknownClaimsAsIs", "mapIdentities"):
        options.omit(name, "Nothing is told that is not in attributes.")
    options.rest()
    return saml


def _attributes(mappings: Source) -> Iterator[Document]:
    for theirs in sorted(mappings.names):
        name = mappings.text(theirs)
        source = _SOURCES.get(theirs)
        if name is None or source is None:
            mappings.notes.say(mappings.where, theirs, "Attributes come of what is known of a person here.")
            continue
        yield {"name": name, "source": source, "format": "uri" if ":" in name else "basic"}
