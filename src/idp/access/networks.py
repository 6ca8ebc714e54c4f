"""Networks that a tenant has named, for its rules to call by their names."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from idp import audit, tenants
from idp.access import mentions, named_networks
from idp.access.mentions import Told
from idp.access.named_networks import Network, NetworkDraft, NetworkId, from_row, read, read_change, to_json
from idp.access.network_tables import networks
from idp.audit import Event
from idp.kit.asking import named_like
from idp.kit.db import add_new, command, own, query
from idp.kit.errors import NotFound, Stale
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit

__all__ = ["LISTED", "change", "create", "get", "named", "page", "read", "read_change", "remove", "to_json"]


class _Named(NamedTuple):
    id: str
    name: str


_COLUMNS = [networks.c[name] for name in Network._fields]
_FIND = query(select(*_COLUMNS).where(own(networks), networks.c.id == bindparam("id")), from_row)
_NAMES = query(select(networks.c.id, networks.c.name).where(own(networks)), _Named)
_ALL = query(select(*_COLUMNS).where(own(networks)).order_by(networks.c.id), from_row)
LISTED: Listing[Network] = Listing(
    rows=select(*_COLUMNS).where(own(networks)),
    row=from_row,
    make=lambda _, network: network,
    orders={"name": "name"},
    filters={
        "q": named_like("name", example="office", meaning="Those in whose name it stands, in any case and width.")
    },
)
_ADD = add_new(networks)
_CHANGE = command(
    update(networks)
    .where(own(networks), networks.c.id == bindparam("network"))
    .values(
        name=bindparam("new_name"),
        cidrs=bindparam("new_cidrs"),
        version=networks.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_REMOVE = command(delete(networks).where(own(networks), networks.c.id == bindparam("network")))


def named(unit: Unit) -> Mapping[str, tuple[str, ...]]:
    """All that a rule of the tenant may name, in CIDR notation."""
    return {network.name: network.cidrs for network in unit.all(_ALL)}


def get(unit: Unit, network_id: str) -> Network:
    """Raises `NotFound`."""
    network = unit.one(_FIND, id=network_id)
    if network is None:
        raise NotFound("network")
    return network


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Network]:
    """In the order of creation; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def create(unit: Unit, draft: NetworkDraft, *, known_as: NetworkId | None = None) -> Network:
    """Under the id that it was `known_as`, if it was before. Raises `Conflict`: `network_name_taken`,
    `network_limit_reached`."""
    tenants.touch(unit)
    network = named_networks.made(unit, draft, beside=len(unit.all(_NAMES)), known_as=known_as)
    if unit.run(_ADD, **named_networks.row(network)) == 0:
        raise named_networks.taken(draft.name)
    audit.record(unit, Event.NETWORK_CREATED, subject=network.id)
    return network


def change(
    unit: Unit,
    network_id: str,
    patch: Mapping[str, object],
    *,
    version: int | None = None,
    told: Told | None = None,
) -> Network:
    """`patch` is RFC 7396 over the document; rules that name it go by its new addresses from this commit on. `told` is
    what `mentions.told` said before this unit began.

    Raises `NotFound`, `Stale`, `Invalid`, `Conflict`: `network_name_taken`, `named_by_policy` for another name.
    """
    before = _held(unit, network_id, version)
    draft = read_change(before, patch)
    if draft == before.draft:
        return before
    if draft.name != before.name:
        mentions.refuse_mentioned_network(unit, before.name, told)
        if any(other.name == draft.name for other in unit.all(_NAMES)):
            raise named_networks.taken(draft.name)
    cidrs = named_networks.dumped(draft.cidrs)
    unit.run(_CHANGE, network=before.id, new_name=draft.name, new_cidrs=cidrs, now=unit.now_us)
    changed = [name for name in NetworkDraft._fields if getattr(draft, name) != getattr(before, name)]
    audit.record(unit, Event.NETWORK_CHANGED, subject=before.id, fields=changed)
    return get(unit, network_id)


def remove(unit: Unit, network_id: str, *, version: int | None = None, told: Told | None = None) -> None:
    """`told` as for `change`. Raises `NotFound`, `Stale`, `Conflict("named_by_policy")`."""
    network = _held(unit, network_id, version)
    mentions.refuse_mentioned_network(unit, network.name, told)
    unit.run(_REMOVE, network=network.id)
    audit.record(unit, Event.NETWORK_DELETED, subject=network.id)


def _held(unit: Unit, network_id: str, version: int | None) -> Network:
    tenants.touch(unit)
    network = get(unit, network_id)
    if version is not None and version != network.version:
        raise Stale("network")
    return network
