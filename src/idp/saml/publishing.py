"""Our metadata, at the address that is our name (metadata 4.1)."""

import re

from idp import federation, xml
from idp.access import Facts
from idp.federation import Binding, NameIdFormat, SamlService, scope_of
from idp.kit.errors import Invalid
from idp.saml import metadata, places
from idp.saml.metadata import Described, Endpoint
from idp.signing import Alg, SignatureAlg, Use, XmlKey
from idp.web.asgi import App, Header, Receive, Scope, Send, respond
from idp.web.deciding import make_key
from idp.web.forms import parse_query
from idp.web.house import House
from idp.web.lasting import lasting

_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"application/samlmetadata+xml"),  # metadata appendix A
    (b"cache-control", b"public, max-age=300"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
# There are services that take the first for theirs.
_NAME_ID_FORMATS = (NameIdFormat.PERSISTENT, NameIdFormat.TRANSIENT, NameIdFormat.EMAIL)
_ID = re.compile("svc_[0-9a-f]{1,64}")
_LOGOUT = (Binding.REDIRECT, Binding.POST, Binding.SOAP)


def endpoint(house: House) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        slug = scope["state"]["tenant_slug"]
        facts = await lasting(house, slug)
        if facts.keys.xml is None:
            await make_key(house, facts.tenant.id, Use.SAML, Alg.RS256)
            facts = await lasting(house, slug)
        reader = await _reader(house, facts, scope["query_string"])
        await respond(send, 200, _HEADERS, _written(house, facts, reader))

    return answer


async def _reader(house: House, facts: Facts, query: bytes) -> SamlService | None:
    """`service` is the id of one for whom the metadata are written: some libraries believe only what fits their own
    settings. Of one that is not there nothing is told: the metadata are everybody's then."""
    try:
        asked = parse_query(query).get("service")
    except Invalid:
        return None
    if not asked or not _ID.fullmatch(asked):
        return None
    service = await house.units.read(facts.tenant.id, lambda unit: federation.find(unit, asked))
    return service.saml if service is not None else None


def _written(house: House, facts: Facts, reader: SamlService | None) -> bytes:
    now_us = house.units.clock.now_us()
    key = facts.keys.xml_for(reader.switch if reader else None, now_us=now_us)
    made = metadata.metadata(_described(house, facts, key, reader), at_us=now_us)
    metadata.sign(made, key, SignatureAlg.RSA_SHA256)
    return xml.written(made)


def _described(house: House, facts: Facts, key: XmlKey, reader: SamlService | None) -> Described:
    issuer, name = house.issuer(facts.tenant.slug), facts.tenant.display_name
    preferred = () if reader is None else (reader.name_id_format,)
    return Described(
        entity_id=places.entity_id(issuer, facts),
        sign_on=[Endpoint(binding, places.sso(issuer)) for binding in (Binding.REDIRECT, Binding.POST)],
        logout=[Endpoint(binding, places.slo(issuer)) for binding in _LOGOUT],
        artifacts=[Endpoint(Binding.SOAP, places.artifact(issuer))],  # a service of tomorrow finds it there
        certificates=tuple(dict.fromkeys([key.certificate, *facts.keys.certificates])),
        name_id_formats=tuple(dict.fromkeys([*preferred, *_NAME_ID_FORMATS])),
        names=[("ja", name), ("en", name)],
        scopes=tuple(dict.fromkeys([scope_of(issuer), *facts.saml.scopes])),
        wants_signed_requests=reader is not None and reader.requires_signed_requests,
    )
