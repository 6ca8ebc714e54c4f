"""Signing keys of a tenant: public facts of them, and never the keys themselves."""

from collections.abc import Callable, Collection
from typing import Any

from idp import federation, signing, tenants
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.reasons import reason_of
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes.contracts import Why
from idp.admin.shapes.keys import Rotation, SigningKey, SigningKeys
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import FieldError, Invalid
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.signing import Status, StoredKey, Switch, Use


def listing(call: Call) -> Answer:
    """The tenant's signing keys in the order of their making; revoked ones, too."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(signing.listed(signing.every(unit), call.page.question), _showing(unit))


def rotate(call: Call) -> Answer:
    """The next keys sign from now on, and new next ones are published.

    A next key has to be published for 24 hours first: before that, 409 with `ready_at`. Where there is none yet it is
    published by this request, whatever becomes of the rest.
    """
    at_once = _at_once(call)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        gate.refuse_closed(unit, call.key)
    _complete(call)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        if not at_once:
            tenants.rotating.refuse_too_young(unit)
        wanted = tenants.rotating.replaceable(unit)
    made = tenants.rotating.generate(wanted)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        keys = tenants.rotating.rotate(unit, made, at_once=at_once)
        return call.done(unit, {"items": [*map(_showing(unit), keys)]})


def revoke(call: Call) -> Answer:
    """Of a key that somebody else may have: it is published no more, and no token that it has signed is accepted.

    If it was the one that signs, the next one takes its place at once.
    """
    reason = reason_of(call.document)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        key = tenants.rotating.get(unit, call.names["kid"])
    if key.status == Status.ACTIVE:
        _complete(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        revoked = tenants.rotating.revoke(unit, key.kid, reason=reason)
        return call.done(unit, _showing(unit)(revoked))


def _at_once(call: Call) -> bool:
    fields = Fields(call.document)
    fields.only({"now"})
    now = fields.flag("now", default=False)
    fields.finish()
    if now and call.house.production:
        wrong = FieldError("/now", "not_in_production", "In production the next keys are always waited for.")
        raise Invalid("invalid", "The document is not as it should be.", errors=[wrong])
    return now


def _complete(call: Call) -> None:
    """Every active key has its successor: in a unit of its own, which stands whatever comes after."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        wanted = tenants.rotating.lacking(unit)
    if wanted:
        made = tenants.rotating.generate(wanted)
        with call.house.units.open(call.home, actor=call.actor) as unit:
            tenants.rotating.publish(unit, made)


def _showing(unit: Unit) -> Callable[[StoredKey], dict[str, Any]]:
    switches = federation.switches(unit)
    return lambda key: _to_json(key, _until(key, switches))


def _until(key: StoredKey, switches: Collection[Switch]) -> int | None:
    if key.status != Status.RETIRING or key.retired_at is None:
        return None
    if not Use(key.use).in_certificates:
        return signing.published_until(Use(key.use), key.retired_at)
    ends_at = signing.certificate_of(key).not_after
    return signing.kept_until(key.kid, switches, retired_at=key.retired_at, ends_at=ends_at)


def _to_json(key: StoredKey, until: int | None) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "use": key.use,
        "alg": key.alg,
        "status": key.status,
        "created_at": rfc3339(key.created_at),
        "ready_at": rfc3339(signing.signs_from(key)) if key.status == Status.NEXT else None,
        "activated_at": _instant(key.activated_at),
        "retired_at": _instant(key.retired_at),
        "published_until": _instant(until),
    }


def _instant(at_us: int | None) -> str | None:
    return None if at_us is None else rfc3339(at_us)


_MANY = "/tenants/{tenant}/keys"
_WRITE = rights.write(Noun.KEYS, WITH_TENANT)

ROUTES = (
    Route("GET", _MANY, listing, rights.read(Noun.KEYS), gives=SigningKey, pages=True, listed=signing.LISTED),
    Route(
        "POST",
        f"{_MANY}/rotate",
        rotate,
        _WRITE,
        takes=Rotation,
        gives=SigningKeys,
        conflicts=("next_key_too_young", "contract_not_active"),
    ),
    Route("POST", f"{_MANY}/{{kid}}/revoke", revoke, _WRITE, takes=Why, gives=SigningKey),
)
