"""Tokens, made from the gate's admission and from nothing less."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

from idp import sessions
from idp.access import Admission, Facts
from idp.federation import AccessTokenFormat, OidcClient, Service
from idp.kit import ids
from idp.kit.clock import SECOND
from idp.oidc.model import ID_TOKEN_LIFETIME, TOKEN_KIND, AccessToken
from idp.oidc.targets import as_claim
from idp.sessions import Acr
from idp.signing import Alg, SigningKey, Use, left_half
from idp.web.deciding import KeyMissing

_NOTHING: Final[Mapping[str, Any]] = {}


class Delegation(NamedTuple):
    """`service` acts for the person of the admission, until `until_us` at the latest; `act` names it, and whoever acted
    before it (RFC 8693 4.1)."""

    service: Service
    act: Mapping[str, Any]
    until_us: int


class Request(NamedTuple):
    """What is asked for beside what the admission says. `audience` may be several, separated by
    spaces; `grant_id` is None where a service acts for itself."""

    issuer: str
    audience: str
    scopes: frozenset[str]
    grant_id: str | None = None
    nonce: str | None = None
    jkt: str | None = None  # RFC 9449 6.1
    acr: str | None = None
    subject: str | None = None  # where the client does not know the person by the id that all know
    delegation: Delegation | None = None


class Issued(NamedTuple):
    token: str
    row: AccessToken


def access_token(facts: Facts, admission: Admission, asked: Request) -> Issued:
    """RFC 9068, or an opaque secret; the same row either way."""
    service = _service(admission, asked)
    client = _client(service)
    issued = admission.at_us // SECOND
    expires = issued + client.access_token_lifetime
    if asked.delegation is not None:
        expires = min(expires, asked.delegation.until_us // SECOND)
    scopes = " ".join(sorted(asked.scopes))
    if client.access_token_format is AccessTokenFormat.OPAQUE:
        secret = ids.mint(TOKEN_KIND)
        token, token_id, digest = secret.token, secret.id, secret.digest
    else:
        token_id = ids.digits()
        claims: dict[str, Any] = {
            "iss": asked.issuer,
            "sub": asked.subject or (admission.user.id if admission.user else admission.service.client_id),
            "aud": as_claim(asked.audience),
            "client_id": service.client_id,
            "exp": expires,
            "iat": issued,
            "jti": token_id,
        }
        if scopes:
            claims["scope"] = scopes
        if admission.user is not None:
            claims |= authentication(admission.methods, admission.authenticated_at, asked.acr)
        if asked.jkt is not None:
            claims["cnf"] = {"jkt": asked.jkt}
        if asked.delegation is not None:
            claims["act"] = asked.delegation.act
        token = key_for(facts, Use.ACCESS_TOKEN, client.access_token_alg).sign(claims, typ="at+jwt")
        digest = sha256(token.encode()).digest()
    return Issued(token, _row(admission, asked, token_id, digest, (issued, expires), scopes))


def id_token(
    facts: Facts,
    admission: Admission,
    asked: Request,
    *,
    access: Issued | None = None,
    code: str | None = None,
    said: Mapping[str, Any] = _NOTHING,
) -> str:
    """OpenID Connect Core 2 and 3.1.3.6: who signed in, when and how, bound to what is given beside it. The claims of
    the person are at userinfo; `said` are those that belong here."""
    assert admission.user is not None
    issued = admission.at_us // SECOND
    alg = _client(admission.service).id_token_alg
    claims: dict[str, Any] = {
        **said,
        "iss": asked.issuer,
        "sub": asked.subject or admission.user.id,
        "aud": admission.service.client_id,
        "exp": issued + ID_TOKEN_LIFETIME,
        "iat": issued,
        **authentication(admission.methods, admission.authenticated_at, asked.acr),
        "sid": admission.session_id,
    }
    if access is not None:
        claims["at_hash"] = left_half(alg, access.token, taken=access.row.digest)
    if code is not None:
        claims["c_hash"] = left_half(alg, code)  # 3.3.2.11
    if asked.nonce is not None:
        claims["nonce"] = asked.nonce
    return key_for(facts, Use.ID_TOKEN, alg).sign(claims, typ="JWT")


def authentication(methods: str, authenticated_at: int, acr: str | None) -> dict[str, Any]:
    """How and when the person signed in (OpenID Connect Core 2, RFC 9068 2.2.1, RFC 9470 6), of recorded proofs alone.
    `acr` is the class that was asked for and reached; None: whatever was reached."""
    level, proved = _proved(methods)
    return {"auth_time": authenticated_at // SECOND, "acr": acr or level, "amr": proved}


@lru_cache(256)
def _proved(methods: str) -> tuple[str, tuple[str, ...]]:
    """The class that was reached, and the values of `amr` (RFC 8176 2: `mfa` stands beside the methods themselves)."""
    amr = sessions.methods_in(methods)
    level = sessions.reached(amr)
    return level.value, (*amr, "mfa") if level is Acr.TWO_FACTORS else amr


def key_for(facts: Facts, use: Use, alg: str) -> SigningKey:
    key = facts.keys.active.get((use, alg))
    if key is None:
        raise KeyMissing(use, Alg(alg))
    return key


def _client(service: Service) -> OidcClient:
    assert service.oidc is not None
    return service.oidc


def _service(admission: Admission, asked: Request) -> Service:
    """Whose token it becomes: that of the service it is for, or of the one that acts."""
    return admission.service if asked.delegation is None else asked.delegation.service


def _row(
    admission: Admission, asked: Request, token_id: str, digest: bytes, life: tuple[int, int], scopes: str
) -> AccessToken:
    service = _service(admission, asked)
    # in order: by name it costs twice as much, at every token
    return AccessToken(
        token_id,
        digest,
        service.id,
        service.client_id,
        admission.user.id if admission.user else None,
        asked.grant_id,
        admission.session_id,
        scopes,
        asked.audience,
        admission.tenant.generation,
        admission.user_generation,
        service.generation,
        life[0] * SECOND,
        life[1] * SECOND,
        None,  # revoked at
        _client(service).access_token_format is AccessTokenFormat.JWT,
        asked.jkt,
    )
