"""The keys of clients as this process knows them: those that were registered, and those that are published.

A published set is fetched when it is first needed, when it has grown old, and when something is signed by a key that is
not in it; never more than once in `COOLDOWN` for a client, by however many workers and whatever is shown to them
(RFC 7517 5, OpenID Connect Core 10.1.1).
"""

import json

import structlog

from idp import federation, signing
from idp.federation import Service
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND
from idp.kit.egress import Unreachable
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.signing import BadKey, ForeignKey
from idp.web.house import House
from idp.web.published_keys import Published

COOLDOWN = 20 * SECOND  # whoever changes keys and waits a minute is known by the new one
_OLD = 3_600 * SECOND
_TOO_OLD = 24 * _OLD  # a set that cannot be fetched anew is not believed for ever
_NONE: tuple[ForeignKey, ...] = ()


async def keys_of(house: House, tenant: TenantId, service: Service) -> tuple[ForeignKey, ...]:
    """As far as they are known; fetched where nothing is known yet, or only what is old."""
    if service.oidc is None or service.oidc.keys.jwks_uri is None:
        return _NONE if service.oidc is None else service.oidc.keys.given
    known = house.client_keys.get(tenant, service, service.oidc.keys.jwks_uri)
    now = house.units.clock.now_us()
    if known is None or now - known.fetched_at >= _OLD:
        known = await _look_again(house, tenant, service, service.oidc.keys.jwks_uri) or known
    return _NONE if known is None or now - known.fetched_at >= _TOO_OLD else known.keys


async def newer_keys_of(house: House, tenant: TenantId, service: Service) -> tuple[ForeignKey, ...] | None:
    """After something was signed by a key that is not among `keys_of`; None where nothing newer is to be had now."""
    uri = service.oidc.keys.jwks_uri if service.oidc else None
    if uri is None:
        return None
    before = house.client_keys.get(tenant, service, uri)
    found = await _look_again(house, tenant, service, uri)
    return None if found is None or found == before else found.keys


async def _look_again(house: House, tenant: TenantId, service: Service, uri: str) -> Published | None:
    """What another worker has fetched since, or else what is published now, if it may be asked for."""
    known = house.client_keys.get(tenant, service, uri)

    def look(unit: Unit) -> Published | None:
        row = federation.find_fetched(unit, service.id, uri)
        if row is None or row.document is None or (known is not None and row.fetched_at <= known.fetched_at):
            return None
        try:
            keys = signing.read_key_set(json.loads(row.document), lenient=True)
        except BadKey:  # taken by a version with other rules
            return None
        return Published(keys, row.fetched_at)

    theirs = await house.units.read(tenant, look)
    if theirs is not None and house.units.clock.now_us() - theirs.fetched_at < _OLD:
        return house.client_keys.put(tenant, service, uri, theirs)

    def claim(unit: Unit) -> bool:
        return federation.may_fetch(unit, service.id, uri, cooldown=COOLDOWN)

    if not await house.units.commit(tenant, claim, actor=SYSTEM):
        return None if theirs is None else house.client_keys.put(tenant, service, uri, theirs)
    return await _fetch(house, tenant, service, uri)


async def _fetch(house: House, tenant: TenantId, service: Service, uri: str) -> Published | None:
    log = structlog.get_logger("idp")
    try:
        answer = await house.egress.fetch_aside(uri, tenant=tenant, largest=signing.LARGEST_SET)
        if answer.status != 200:
            log.warning("client keys not fetched", service=service.id, reason=f"status {answer.status}")
            return None
        text = answer.body.decode()
        keys = signing.read_key_set(json.loads(text), lenient=True)
    except Unreachable as error:
        log.warning("client keys not fetched", service=service.id, reason=error.reason.value)
        return None
    except (BadKey, ValueError, RecursionError) as error:
        log.warning("client keys not taken", service=service.id, reason=getattr(error, "code", "malformed"))
        return None
    await house.units.commit(tenant, lambda unit: federation.keep_fetched(unit, service.id, uri, text), actor=SYSTEM)
    return house.client_keys.put(tenant, service, uri, Published(keys, house.units.clock.now_us()))
