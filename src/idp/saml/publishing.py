"""Our metadata, at the address that is our name (metadata 4.1)."""

from idp import xml
from idp.access import Facts
from idp.federation import Binding, NameIdFormat, scope_of
from idp.saml import metadata, places
from idp.saml.metadata import Described, Endpoint
from idp.signing import Alg, SignatureAlg, Use
from idp.web.asgi import App, Header, Receive, Scope, Send, respond
from idp.web.deciding import make_key
from idp.web.house import House
from idp.web.lasting import lasting

_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"application/samlmetadata+xml"),  # metadata appendix A
    (b"cache-control", b"public, max-age=300"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
# There are services that take the first for theirs.
_NAME_ID_FORMATS = (NameIdFormat.PERSISTENT, NameIdFormat.TRANSIENT, NameIdFormat.EMAIL)
_LOGOUT = (Binding.REDIRECT, Binding.POST, Binding.SOAP)


def endpoint(house: House) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        slug = scope["state"]["tenant_slug"]
        facts = await lasting(house, slug)
        if facts.keys.xml is None:
            await make_key(house, facts.tenant.id, Use.SAML, Alg.RS256)
            facts = await lasting(house, slug)
        await respond(send, 200, _HEADERS, _written(house, facts))

    return answer


def _written(house: House, facts: Facts) -> bytes:
    key = facts.keys.xml
    assert key is not None
    made = metadata.metadata(_described(house, facts), at_us=house.units.clock.now_us())
    metadata.sign(made, key, SignatureAlg.RSA_SHA256)
    return xml.written(made)


def _described(house: House, facts: Facts) -> Described:
    issuer, name = house.issuer(facts.tenant.slug), facts.tenant.display_name
    return Described(
        entity_id=places.entity_id(issuer),
        sign_on=[Endpoint(binding, places.sso(issuer)) for binding in (Binding.REDIRECT, Binding.POST)],
        logout=[Endpoint(binding, places.slo(issuer)) for binding in _LOGOUT],
        artifacts=[Endpoint(Binding.SOAP, places.artifact(issuer))],  # a service of tomorrow finds it there
        certificates=facts.keys.certificates,
        name_id_formats=_NAME_ID_FORMATS,
        names=[("ja", name), ("en", name)],
        scopes=[scope_of(issuer)],
    )
