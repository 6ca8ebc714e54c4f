"""What is remembered of looking after services of SAML, apart from what decisions are made from."""

import json
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from idp.federation import saml_pace
from idp.federation.saml_service import SamlService
from idp.federation.tables import upkeep
from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit


class Upkeep(NamedTuple):
    """Instants in microseconds. `refresh_at` is None where nothing is fetched; `error` the code of the latest failure,
    `failures` how many in a row. `waiting` is what an administrator is asked about, `refused_id` what was refused."""

    service_id: str
    due_at: int | None = None
    refresh_at: int | None = None
    refreshed_at: int | None = None
    tried_at: int | None = None
    failures: int = 0
    error: str | None = None
    etag: str | None = None
    modified: str | None = None
    waiting: str | None = None
    waiting_id: str | None = None
    waiting_at: int | None = None
    refused_id: str | None = None

    @property
    def change(self) -> SamlService | None:
        return None if self.waiting is None else SamlService.from_json(json.loads(self.waiting))


class DueService(NamedTuple):
    tenant_id: str
    service_id: str
    due_at: int


_mine = own(upkeep), upkeep.c.service_id == bindparam("service")
_columns = [upkeep.c[name] for name in Upkeep._fields]
_FIND = query(select(*_columns).where(*_mine), Upkeep)
_BETWEEN = query(
    select(*_columns).where(
        own(upkeep), upkeep.c.service_id >= bindparam("first"), upkeep.c.service_id <= bindparam("last")
    ),
    Upkeep,
)
_ADD = add_new(upkeep)
_SET = command(
    update(upkeep).where(*_mine).values({upkeep.c[name]: bindparam(f"new_{name}") for name in Upkeep._fields[1:]})
)
_FORGET = command(delete(upkeep).where(*_mine))
_CLAIM = command(update(upkeep).where(*_mine, upkeep.c.due_at == bindparam("seen")).values(due_at=bindparam("until")))
_DUE = query(
    select(upkeep.c.tenant_id, upkeep.c.service_id, upkeep.c.due_at)
    .where(upkeep.c.due_at <= bindparam("now"))
    .order_by(upkeep.c.due_at, upkeep.c.service_id)
    .limit(bindparam("limit")),
    DueService,
    platform=True,
)


def kept(unit: Unit, service_id: str) -> Upkeep:
    return unit.one(_FIND, service=service_id) or Upkeep(service_id)


def kept_between(unit: Unit, first: str, last: str) -> dict[str, Upkeep]:
    """Of the services from one to another, in the order of their ids."""
    return {each.service_id: each for each in unit.all(_BETWEEN, first=first, last=last)}


def keep(unit: Unit, state: Upkeep) -> None:
    values: dict[str, Any] = {f"new_{name}": value for name, value in state._asdict().items() if name != "service_id"}
    if not unit.run(_SET, service=state.service_id, **values):
        unit.run(_ADD, **state._asdict())


def note(unit: Unit, service_id: str, before: SamlService | None, after: SamlService) -> None:
    """It was registered, or changed by somebody: whatever was fetched may differ from it now."""
    state = kept(unit, service_id)._replace(due_at=unit.now_us, etag=None, modified=None)
    if before is None or before.source != after.source:
        cached = after.described.cached if after.described else None
        fetched = after.source.address(after.entity_id) is not None
        refresh_at = saml_pace.next_look(unit.now_us, cached=cached, valid_until=after.valid_until)
        state = Upkeep(service_id, due_at=unit.now_us, refresh_at=refresh_at if fetched else None)
    keep(unit, state)


def forget(unit: Unit, service_id: str) -> None:
    unit.run(_FORGET, service=service_id)


def due_services(unit: Unit, *, limit: int) -> list[DueService]:
    """In a unit of the platform."""
    return unit.all(_DUE, now=unit.now_us, limit=limit)


def claim(unit: Unit, due: DueService, *, until: int) -> bool:
    """True for one of all who have seen it due; whoever dies over it leaves it to be found again after `until`."""
    return unit.run(_CLAIM, service=due.service_id, seen=due.due_at, until=until) == 1
