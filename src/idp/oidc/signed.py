"""Answers as JWTs, under the keys that ID tokens have; a type of their own, or the lack of what an ID token must have,
keeps them from passing for one."""

from collections.abc import Mapping
from typing import Any

from idp.access import Facts
from idp.federation import Service
from idp.kit.clock import SECOND
from idp.oidc import encrypted, mint
from idp.oidc.request import Signed
from idp.signing import Use
from idp.web.deciding import KeyMissing, make_key
from idp.web.house import House

_ANSWER_LIFETIME = 120  # seconds: it is read at once
_INTROSPECTION = "token-introspection+jwt"


def userinfo(facts: Facts, service: Service, issuer: str, claims: Mapping[str, Any]) -> str:
    """OpenID Connect Core 5.3.2. It says nothing about a sign-in, and has no end. Raises `KeyMissing`."""
    assert service.oidc is not None
    assert service.oidc.signed.userinfo is not None
    said = {**claims, "iss": issuer, "aud": service.client_id}
    return mint.key_for(facts, Use.ID_TOKEN, service.oidc.signed.userinfo).sign(said, typ="JWT")


def introspection(facts: Facts, service: Service, issuer: str, answer: Mapping[str, Any], now_us: int) -> str:
    """RFC 9701 5: for the one who asks. Raises `KeyMissing`."""
    assert service.oidc is not None
    said = {"iss": issuer, "aud": service.client_id, "iat": now_us // SECOND, "token_introspection": dict(answer)}
    return mint.key_for(facts, Use.ID_TOKEN, service.oidc.signed.introspection).sign(said, typ=_INTROSPECTION)


async def authorization(house: House, slug: str, whom: Signed, whole: Mapping[str, str]) -> str:
    """JARM 2.1: the whole answer, `state` and `iss` included. Raises `OAuthError` where it cannot be encrypted."""
    facts = house.memory.latest(slug) or await house.memory.fresh(slug)
    token = await _authorization(house, facts, whom, whole)
    return await encrypted.for_client(house, facts.tenant.id, whom.service, token, whom.client.encrypted.authorization)


async def _authorization(house: House, facts: Facts, whom: Signed, whole: Mapping[str, str]) -> str:
    expires = house.units.clock.now_us() // SECOND + _ANSWER_LIFETIME
    said = {**whole, "aud": whom.service.client_id, "exp": expires}
    alg = whom.client.signed.authorization
    try:
        return mint.key_for(facts, Use.ID_TOKEN, alg).sign(said, typ="JWT")
    except KeyMissing as missing:
        await make_key(house, facts.tenant.id, missing.use, missing.alg)
        facts = await house.memory.fresh(facts.tenant.slug)
        return mint.key_for(facts, Use.ID_TOKEN, alg).sign(said, typ="JWT")
