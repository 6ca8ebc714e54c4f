"""Clients that sign who they are (RFC 7523 3, OpenID Connect Core 9): client_secret_jwt and private_key_jwt.

An assertion is made for us, by the client, for about now, and counts once. For whom it has to be made out is a rule of
the client's security profile: an assertion for "some endpoint" of one server may be shown to another one.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from idp.access import Facts
from idp.federation import AssertionAudience, AuthMethod, OidcClient, Service
from idp.kit.actors import Actor
from idp.kit.clock import SECOND
from idp.kit.errors import Failure, Unavailable
from idp.kit.ids import TenantId
from idp.oidc import client_signatures, replays
from idp.oidc.clients import Credentials, Proven
from idp.oidc.errors import invalid_client
from idp.oidc.replays import Kind, Once
from idp.signing import Unverified
from idp.web.deciding import Settled, decide
from idp.web.house import House

T = TypeVar("T")

_MOST_AHEAD = 600  # seconds that `exp` may lie ahead
_SKEW = 60  # seconds that the client's clock may be ahead
_LONGEST_JTI = 256
# RFC 7523 asks for none; nothing else that a client might have signed passes for an assertion (RFC 8725 3.12)
_TYPS: frozenset[str | None] = frozenset({None, "jwt", "client-authentication+jwt"})


async def prove(house: House, slug: str, shown: Credentials) -> Credentials:
    """Credentials that `clients.authenticate` accepts, if they are an assertion that holds; others as they are.

    What they use up is for whoever goes on to write, `clients.Credentials.uses`. Raises `NotFound`, `OAuthError`.
    """
    if shown.assertion is None:
        return shown
    facts = await house.memory.fresh(slug, shown.client_id)
    service = facts.services.get(shown.client_id)
    if service is None or service.oidc is None or service.oidc.auth_method is not shown.method:
        invalid_client("unknown client or other method")
    try:
        claims = await _claims(house, facts.tenant.id, service, shown.assertion)
    except Unverified as error:
        invalid_client(str(error))
    once = _check(claims, service, issuer=house.issuer(slug), now=house.units.clock.now_us() // SECOND)
    return shown._replace(proven=Proven(service.id, service.version, once))


async def decide_for(
    house: House, slug: str, shown: Credentials, work: Callable[[Facts, Credentials], Awaitable[T]]
) -> T:
    """As `decide`, for a client that may have signed who it is: `work` gets credentials to `clients.authenticate`, and
    what it commits uses them up (`Asked.uses`). Where nothing was committed they are used up all the same: then, too,
    whoever shows one again is told that the client is not proved, and nothing of the rest."""
    proved = await prove(house, slug, shown)
    if proved.proven is None:
        return await decide(house, slug, shown.client_id, lambda facts: work(facts, proved))
    settled = False

    async def watched(facts: Facts) -> T:
        nonlocal settled
        try:
            return await work(facts, proved)
        except Settled:  # in a commit that has used them up
            settled = True
            raise

    try:
        return await decide(house, slug, shown.client_id, watched)
    except Unavailable:
        raise
    except Failure:
        if not settled:
            await spend(house, await house.memory.tenant_id(slug), proved)
        raise


async def spend(house: House, tenant: TenantId, shown: Credentials) -> None:
    """Used up where nothing else is written: whoever has listened must not try again with it. Raises `OAuthError` if
    it was before."""
    if shown.proven is not None:
        actor = Actor("service", shown.proven.service_id)
        await house.units.commit(tenant, lambda unit: replays.use_all(unit, shown.uses), actor=actor)


async def _claims(house: House, tenant: TenantId, service: Service, token: str) -> Mapping[str, Any]:
    assert service.oidc is not None
    algs = _algs(service.oidc)
    if service.oidc.auth_method is AuthMethod.SECRET_JWT:
        if not algs:
            raise Unverified("an algorithm that is not for this")
        return client_signatures.verified_by_secret(house, tenant, service, token, typs=_TYPS)
    return await client_signatures.verified(house, tenant, service, token, algs=algs, typs=_TYPS)


def _algs(client: OidcClient) -> frozenset[str]:
    """The one that is registered, or those of the profile; of the client's method."""
    only = client.keys.assertion_alg
    allowed = client.rules.assertion_algs if only is None else client.rules.assertion_algs & {only}
    return frozenset(alg.value for alg in allowed if alg.method is client.auth_method)


def _check(claims: Mapping[str, Any], service: Service, *, issuer: str, now: int) -> Once:
    """RFC 7523 3, each claim there and of its type."""
    assert service.oidc is not None
    if claims.get("iss") != service.client_id or claims.get("sub") != service.client_id:
        invalid_client("iss and sub are not the client")
    if claims.get("aud") not in _audiences(service.oidc, issuer):  # a string, never an array
        invalid_client("made out for somebody else")
    expires, issued, begins = _instant(claims, "exp"), _instant(claims, "iat"), _instant({"nbf": 0, **claims}, "nbf")
    if not now < expires <= now + _MOST_AHEAD or issued > now + _SKEW or begins > now + _SKEW:
        invalid_client("not of now")
    name = claims.get("jti")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_JTI:
        invalid_client("jti is missing")
    return replays.once(Kind.ASSERTION, service.client_id, name, expires_at=expires * SECOND)


def _audiences(client: OidcClient, issuer: str) -> tuple[str, ...]:
    if client.rules.assertion_audience is AssertionAudience.ISSUER:
        return (issuer,)
    return issuer, f"{issuer}/token"


def _instant(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        invalid_client(f"{name} is missing or no number of seconds")
    return value
