"""Requests that a client has signed (RFC 9101, Core 6): brought along or fetched, and proved by its own keys."""

from idp import signing
from idp.access import Facts
from idp.federation import OidcClient, Service
from idp.kit.egress import Unreachable
from idp.oidc import client_signatures, request_object
from idp.oidc.errors import OAuthError
from idp.oidc.request_object import TYPS, Expected, invalid
from idp.signing import ForeignAlg, Unverified
from idp.web.forms import Form
from idp.web.house import House

_LARGEST = 32 * 1024
_MEDIA_TYPES = frozenset({"application/jwt", "application/oauth-authz-req+jwt"})  # Core 6.2, RFC 9101 5.2.3
_ALL = frozenset(alg.value for alg in ForeignAlg)


async def read(house: House, facts: Facts, service: Service, token: str) -> Form:
    """The parameters that it holds. Raises `OAuthError`."""
    assert service.oidc is not None
    alg = service.oidc.requests.signing_alg
    algs = _ALL if alg is None else {alg.value}
    try:
        token = _readable(facts, service.oidc, token)
        claims = await client_signatures.verified(house, facts.tenant.id, service, token, algs=algs, typs=TYPS)
    except Unverified as error:
        raise invalid("It is not signed, or not encrypted, as this client is registered.") from error
    expected = Expected(
        client_id=service.client_id,
        issuer=house.issuer(facts.tenant.slug),
        strict=service.oidc.rules.whole_request_objects,
        now_us=house.units.clock.now_us(),
    )
    return request_object.parameters(claims, expected)


def _readable(facts: Facts, client: OidcClient, token: str) -> str:
    """RFC 9101 6.1: what is encrypted is signed inside. Raises `Unverified`."""
    how = client.requests.encryption
    if how is None or not signing.is_encrypted(token):
        return token
    return signing.decrypt(token, facts.keys.reading, alg=how.alg, enc=how.enc)


def is_unsigned(client: OidcClient, token: str) -> bool:
    """Whether it says so itself, or hides what it says from us: what we do not take is named, for its client to
    know."""
    if signing.is_encrypted(token):
        return client.requests.encryption is None
    try:
        return signing.look(token).header.get("alg") == "none"
    except Unverified:
        return False


async def fetch(house: House, facts: Facts, service: Service, uri: str) -> str:
    """From where its client has registered it, while the tenant lets us. Raises `OAuthError`.

    A fragment stays here. Where it is a digest it would be one of what is signed all the same.
    """
    if not facts.switches.request_uri_by_reference:
        raise OAuthError("request_uri_not_supported", "Requests by reference are not switched on.")
    assert service.oidc is not None
    if not service.oidc.requests.admits(uri):
        raise OAuthError("invalid_request_uri", "The request_uri is not registered.")
    try:
        page = uri.partition("#")[0]
        answer = await house.egress.fetch_aside(page, tenant=facts.tenant.id, largest=_LARGEST)
        if answer.status == 200 and answer.media_type in _MEDIA_TYPES:
            return answer.body.decode("ascii").strip()
    except (Unreachable, UnicodeDecodeError):
        pass
    # one answer whatever was found there: it is told to whoever sent the browser
    raise OAuthError("invalid_request_uri", "There is no request object at the request_uri.")
