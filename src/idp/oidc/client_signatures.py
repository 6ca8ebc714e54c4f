"""What a client has signed: its assertions and its request objects are verified by the same keys."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from idp import federation, signing
from idp.federation import Service
from idp.kit.ids import TenantId
from idp.signing import UnknownKey
from idp.web.client_keys import keys_of, newer_keys_of
from idp.web.house import House


async def verified(
    house: House,
    tenant: TenantId,
    service: Service,
    token: str,
    *,
    algs: Iterable[str],
    typs: frozenset[str | None],
) -> Mapping[str, Any]:
    """The claims of a JWT that the client signed by one of its own keys. A key that is not known yet makes its
    published set be fetched again, within the cooldown. `typs` as for `signing.verify_foreign`.

    Raises `signing.Unverified`.
    """
    wanted = frozenset(algs)
    try:
        return signing.verify_foreign(token, await keys_of(house, tenant, service), algs=wanted, typs=typs)
    except UnknownKey:
        newer = await newer_keys_of(house, tenant, service)
        if newer is None:
            raise
        return signing.verify_foreign(token, newer, algs=wanted, typs=typs)


def verified_by_secret(
    house: House, tenant: TenantId, service: Service, token: str, *, typs: frozenset[str | None]
) -> Mapping[str, Any]:
    """The same, signed by the secret that we share (client_secret_jwt). Raises `signing.Unverified`."""
    if service.sealed_secret is None:
        raise signing.Unverified("no secret is kept that could have signed")
    now_us = house.units.clock.now_us()
    *former, last = reversed(federation.open_secrets(house.units.keys.box(tenant), service, now_us))
    for secret in former:
        with suppress(signing.Unverified):
            return signing.verify_shared(token, secret, typs=typs)
    return signing.verify_shared(token, last, typs=typs)
