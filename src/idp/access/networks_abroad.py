"""Networks that the operator has named: a sign-in from there counts as one from Japan, wherever it is (Art. 6.4).

They hold for every tenant, so each change raises the revision of all of them in its own transaction: no worker commits
a decision that it made on the old ones. A tenant that comes into being meanwhile waits for it, or is seen by it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from idp import audit, tenants
from idp.access import named_networks
from idp.access.named_networks import Network, NetworkDraft, from_row, read, read_change, to_json
from idp.access.network_tables import operator_networks as networks
from idp.audit import Event
from idp.kit.asking import named_like
from idp.kit.db import add_new, command, query
from idp.kit.errors import NotFound, Stale
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit

__all__ = ["LISTED", "change", "cidrs", "create", "find_by_name", "get", "named", "page", "read", "remove", "to_json"]


class _Named(NamedTuple):
    id: str
    name: str


_COLUMNS = [networks.c[name] for name in Network._fields]
_FIND = query(select(*_COLUMNS).where(networks.c.id == bindparam("id")), from_row)
_BY_NAME = query(select(*_COLUMNS).where(networks.c.name == bindparam("wanted")), from_row)
_NAMES = query(select(networks.c.id, networks.c.name), _Named)
_ALL = query(select(*_COLUMNS).order_by(networks.c.id), from_row)
LISTED: Listing[Network] = Listing(
    rows=select(*_COLUMNS),
    row=from_row,
    make=lambda _, network: network,
    orders={"name": "name"},
    filters={
        "q": named_like("name", example="office", meaning="Those in whose name it stands, in any case and width.")
    },
)
_ADD = add_new(networks, platform=True)
_CHANGE = command(
    update(networks)
    .where(networks.c.id == bindparam("network"))
    .values(
        name=bindparam("new_name"),
        cidrs=bindparam("new_cidrs"),
        version=networks.c.version + 1,
        changed_at=bindparam("now"),
    ),
    platform=True,
)
_REMOVE = command(delete(networks).where(networks.c.id == bindparam("network")), platform=True)


def cidrs(unit: Unit) -> tuple[str, ...]:
    """Of all of them, for a unit of any tenant."""
    return tuple(cidr for network in unit.all(_ALL) for cidr in network.cidrs)


def named(unit: Unit) -> Mapping[str, tuple[str, ...]]:
    """All of them, in CIDR notation."""
    return {network.name: network.cidrs for network in unit.all(_ALL)}


def get(unit: Unit, network_id: str) -> Network:
    """Raises `NotFound`."""
    network = unit.one(_FIND, id=network_id)
    if network is None:
        raise NotFound("network")
    return network


def find_by_name(unit: Unit, name: str) -> Network | None:
    return unit.one(_BY_NAME, wanted=name)


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Network]:
    """In the order of creation; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def create(unit: Unit, draft: NetworkDraft) -> Network:
    """Needs a unit of the platform. Raises `Conflict`: `network_name_taken`, `network_limit_reached`."""
    tenants.touch_all(unit)
    network = named_networks.made(unit, draft, beside=len(unit.all(_NAMES)))
    if unit.run(_ADD, **named_networks.row(network)) == 0:
        raise named_networks.taken(draft.name)
    audit.record(unit, Event.NETWORK_CREATED, subject=network.id)
    return network


def change(unit: Unit, network_id: str, patch: Mapping[str, object], *, version: int | None = None) -> Network:
    """`patch` is RFC 7396 over the document; needs a unit of the platform.

    Raises `NotFound`, `Stale`, `Invalid`, `Conflict("network_name_taken")`.
    """
    before = _held(unit, network_id, version)
    draft = read_change(before, patch)
    if draft == before.draft:
        return before
    holder = find_by_name(unit, draft.name)
    if holder is not None and holder.id != before.id:
        raise named_networks.taken(draft.name)
    written = named_networks.dumped(draft.cidrs)
    unit.run(_CHANGE, network=before.id, new_name=draft.name, new_cidrs=written, now=unit.now_us)
    changed = [name for name in NetworkDraft._fields if getattr(draft, name) != getattr(before, name)]
    audit.record(unit, Event.NETWORK_CHANGED, subject=before.id, fields=changed)
    return get(unit, network_id)


def remove(unit: Unit, network_id: str, *, version: int | None = None) -> None:
    """Needs a unit of the platform. Raises `NotFound`, `Stale`."""
    network = _held(unit, network_id, version)
    unit.run(_REMOVE, network=network.id)
    audit.record(unit, Event.NETWORK_DELETED, subject=network.id)


def _held(unit: Unit, network_id: str, version: int | None) -> Network:
    tenants.touch_all(unit)
    network = get(unit, network_id)
    if version is not None and version != network.version:
        raise Stale("network")
    return network
