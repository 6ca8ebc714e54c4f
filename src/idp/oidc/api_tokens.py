"""Access tokens of ours as our own API takes them (RFC 9068 4): of the platform's issuer, and of each tenant's."""

import json
from contextlib import suppress

from idp import signing, tenants
from idp.access import Facts, Moment
from idp.kit import sealing
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND
from idp.kit.errors import Failure, Refused
from idp.kit.ids import TenantId
from idp.kit.sealing import KeyDestroyed
from idp.oidc import dpop, replays
from idp.oidc.bearer import Alive, find, inspect
from idp.oidc.dpop import Proof
from idp.oidc.errors import OAuthError
from idp.signing import Unverified, Use
from idp.web.bearers import Bearer, Borne, NotBorne
from idp.web.house import House
from idp.web.paths import PLATFORM

_LONGEST = 8 * 1024
_ALGS = " ".join(dpop.ALGS)


def api_bearer(house: House, borne: Borne) -> Bearer:
    """Blocks. Good is what is good at introspection, was issued for the API and for nothing beside it, and is shown by
    whoever holds the key that it is bound to. Raises `NotBorne`, alike for every reason but those of the proof."""
    slug = _issuer_of(house, borne)
    tenant = None if slug is None else _tenant(house, slug)
    if slug is None or tenant is None:
        raise _refused(borne)
    proof = _proof(house, tenant, borne)
    with house.units.open(tenant, actor=SYSTEM, write=False) as unit:
        try:
            alive = inspect(house, unit, borne.token, Moment.INTROSPECTION, holder=proof.jkt if proof else None)
        except Refused as refusal:
            raise _refused(borne) from refusal
        if alive is None or alive.row.audience != house.api or alive.row.is_delegated:
            raise _refused(borne)
        if alive.row.jwt and not _is_ours(house, house.memory.current(unit), borne.token, slug, now_us=unit.now_us):
            raise _refused(borne)
        found = _bearer(tenant, alive)
    if proof is not None and not borne.glance:
        _use(house, tenant, proof)
    return found


def _bearer(tenant: TenantId, alive: Alive) -> Bearer:
    row, admission = alive.row, alive.admission
    methods = tuple(json.loads(admission.methods))
    return Bearer(
        tenant, row.service_id, row.user_id, row.scope_set, row.issued_at, methods, admission.authenticated_at
    )


def _issuer_of(house: House, borne: Borne) -> str | None:
    """Whose token it says it is; one that says nothing is the platform's, or that of the tenant in the path."""
    token = borne.token
    if len(token) > _LONGEST or not token.isascii():
        return None
    if token.count(".") != 2:
        return PLATFORM if borne.slug is None or _found(house, PLATFORM, token) else borne.slug
    with suppress(Unverified):
        issuer = signing.unverified_claims(token).get("iss")
        before = house.issuer("")
        if isinstance(issuer, str) and issuer.startswith(before):
            return issuer.removeprefix(before)
    return None


def _found(house: House, slug: str, token: str) -> bool:
    tenant = _tenant(house, slug)
    if tenant is None:
        return False
    with house.units.open(tenant, actor=SYSTEM, write=False) as unit:
        return find(unit, token) is not None


def _tenant(house: House, slug: str) -> TenantId | None:
    if slug == PLATFORM:
        return sealing.PLATFORM
    with house.units.platform(actor=SYSTEM, write=False) as unit:
        found = tenants.find_by_slug(unit, slug)
        if found is None:
            return None
        try:
            _ = unit.inside(found.id).box
        except KeyDestroyed:
            return None
        return found.id


def _proof(house: House, tenant: TenantId, borne: Borne) -> Proof | None:
    if not borne.proved:
        return None
    uri = house.base_url + borne.request["path"]
    try:
        return dpop.prove(house, tenant, borne.request, uri=uri, token=borne.token)
    except OAuthError as wrong:
        nonce = next((value.decode() for name, value in wrong.headers if name == b"dpop-nonce"), None)
        raise NotBorne(wrong.code, wrong.public, nonce=nonce, algs=_ALGS) from wrong


def _use(house: House, tenant: TenantId, proof: Proof) -> None:
    """After the token has proved good: what strangers make up is not kept."""
    try:
        with house.units.open(tenant, actor=SYSTEM) as unit:
            replays.use_all(unit, (proof.once,))
    except Failure as wrong:
        raise NotBorne(wrong.code, wrong.public, nonce=proof.nonce, algs=_ALGS) from wrong


def _refused(borne: Borne) -> NotBorne:
    algs = _ALGS if borne.proved else None
    return NotBorne("invalid_token", "This needs a valid API key or access token.", algs=algs)


def _is_ours(house: House, facts: Facts, token: str, slug: str, *, now_us: int) -> bool:
    """RFC 9068 4: the type, the signature by a key for this use, the issuer, the audience, and the time. That it is the
    very token that was issued is known already; this holds even were that row not ours."""
    keys = [key for key in facts.keys.published if key.use is Use.ACCESS_TOKEN]
    try:
        claims = signing.verify(token, keys, typ="at+jwt")
    except Unverified:
        return False
    expires = claims.get("exp")
    right = (claims.get("iss"), claims.get("aud")) == (house.issuer(slug), house.api)
    return right and isinstance(expires, int) and now_us < expires * SECOND
