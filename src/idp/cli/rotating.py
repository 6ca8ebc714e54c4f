"""`idp keys rotate`."""

from pathlib import Path

from idp import main, settings, tenants
from idp.cli.bootstrapping import HOST
from idp.cli.failing import Failed, no_tenant
from idp.cli.installing import refuse_other_schema, refuse_put_back
from idp.cli.saying import say, say_json
from idp.kit.errors import Conflict
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.signing import Status, StoredKey


def rotate(config: Path | None, *, slug: str, at_once: bool, as_json: bool) -> None:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    if at_once and chosen.production:
        raise Failed("--now: in production the next keys are always waited for")
    with main.opened(chosen) as units:
        refuse_put_back(units)
        keys = _rotate(units, _tenant(units, slug), at_once=at_once)
    shown = [_shown(key) for key in keys if key.status != Status.REVOKED]
    if as_json:
        say_json({"tenant": slug, "keys": shown})
    else:
        say(*(f"{key['status']:<9} {key['alg']:<6} {key['use']:<13} {key['kid']}" for key in shown))


def _rotate(units: Units, tenant: TenantId, *, at_once: bool) -> list[StoredKey]:
    with units.open(tenant, actor=HOST, write=False) as unit:
        lacking = tenants.rotating.lacking(unit)
    first = tenants.rotating.generate(lacking)
    with units.open(tenant, actor=HOST) as unit:
        tenants.rotating.publish(unit, first)
        wanted = tenants.rotating.replaceable(unit)
    made = tenants.rotating.generate(wanted)
    try:
        with units.open(tenant, actor=HOST) as unit:
            return tenants.rotating.rotate(unit, made, at_once=at_once)
    except Conflict as conflict:
        said = f"{conflict.public} They may sign from {conflict.members['ready_at']} on."
        raise Failed(said, code=conflict.code) from conflict


def _tenant(units: Units, slug: str) -> TenantId:
    with units.platform(actor=HOST, write=False) as unit:
        found = tenants.find_by_slug(unit, slug)
    if found is None:
        raise no_tenant(slug)
    return found.id


def _shown(key: StoredKey) -> dict[str, str]:
    return {"kid": key.kid, "use": key.use, "alg": key.alg, "status": key.status}
