"""A network that has a name: what it is, and how it is written and read."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NewType

from idp.access.policies.addresses import network
from idp.kit import ids
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict
from idp.kit.fields import Fields
from idp.kit.units import Unit

NetworkId = NewType("NetworkId", str)

MOST = 200  # names, of a tenant or of the operator: each decision's facts hold them all
_MOST_CIDRS = 500
_LONGEST_CIDR = 49  # of IPv6 with an IPv4 address in it, and its prefix
_LONGEST_NAME = 100
# In a rule a name stands where a network may: none looks like one.
_LIKE_A_NETWORK = re.compile(r"[0-9.]+|.*[:/%].*", re.DOTALL)


class NetworkDraft(NamedTuple):
    """`cidrs` in their one form, as `idp.kit.addresses` gives it."""

    name: str
    cidrs: tuple[str, ...]


class Network(NamedTuple):
    id: NetworkId
    name: str
    cidrs: tuple[str, ...]
    version: int
    created_at: int
    changed_at: int

    @property
    def draft(self) -> NetworkDraft:
        return NetworkDraft(self.name, self.cidrs)


def read(document: Mapping[str, object]) -> NetworkDraft:
    """Of `{"name", "cidrs": ["192.0.2.0/24"]}`. Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(("name", "cidrs"))
    fields.required("name")
    fields.required("cidrs")
    draft = NetworkDraft(_name(fields), _cidrs(fields))
    fields.finish()
    return draft


def read_change(network: Network, patch: Mapping[str, object]) -> NetworkDraft:
    """What RFC 7396 makes of a network and a patch of its document. Raises `Invalid`."""
    return read({"name": network.name, "cidrs": list(network.cidrs), **patch})


def to_json(network: Network) -> dict[str, Any]:
    return {
        "id": network.id,
        "name": network.name,
        "cidrs": list(network.cidrs),
        "created_at": rfc3339(network.created_at),
        "changed_at": rfc3339(network.changed_at),
    }


def made(unit: Unit, draft: NetworkDraft, *, beside: int, known_as: NetworkId | None = None) -> Network:
    """A new one; `beside` is how many there are. Raises `Conflict("network_limit_reached")`."""
    if beside >= MOST:
        raise Conflict("network_limit_reached", f"At most {MOST} networks have names.", limit=MOST)
    network_id = known_as or NetworkId(ids.new("net"))
    return Network(network_id, *draft, version=1, created_at=unit.now_us, changed_at=unit.now_us)


def from_row(  # the columns of a row
    network_id: str, name: str, cidrs: str, version: int, created_at: int, changed_at: int
) -> Network:
    return Network(NetworkId(network_id), name, tuple(json.loads(cidrs)), version, created_at, changed_at)


def row(network: Network) -> dict[str, Any]:
    return {**network._asdict(), "cidrs": dumped(network.cidrs)}


def dumped(cidrs: tuple[str, ...]) -> str:
    return json.dumps(cidrs)


def taken(name: str) -> Conflict:
    return Conflict.at("/name", "network_name_taken", f"There is a network named {name} already.", found=name)


def _name(fields: Fields) -> str:
    name = fields.text("name", longest=_LONGEST_NAME) or ""
    if name != name.strip() or _LIKE_A_NETWORK.fullmatch(name):
        detail = "A name does not look like an address or a network, and has no space around it."
        fields.refuse("name", "invalid_format", detail, found=name)
    return name


def _cidrs(fields: Fields) -> tuple[str, ...]:
    found = fields.texts("cidrs", most=_MOST_CIDRS, longest=_LONGEST_CIDR)
    if fields.given("cidrs") == []:
        fields.refuse("cidrs", "required", "cidrs needs at least one entry.")
    read: dict[str, None] = {}  # in the order in which they came, each once
    for index, text in (found or {}).items():
        try:
            read[str(network(text))] = None
        except ValueError:
            detail = "A network is written address/prefix, without host bits and zone id."
            fields.refuse(f"cidrs/{index}", "invalid_network", detail, found=text, expected="192.0.2.0/24")
    return tuple(read)
