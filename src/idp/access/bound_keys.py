"""API keys that are good from some networks alone: written out, or called by the names that a tenant, or for keys of
operators and partners the operator, has given to networks.

A name that is no longer there is no network: the key is then good from what else it names, and from nowhere if that is
nothing. The address is the one that decisions go by, never one that the client says.
"""

from collections.abc import Mapping

from idp.access import networks, networks_abroad
from idp.credentials import ApiKey
from idp.kit import addresses
from idp.kit.errors import Refused
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit

Names = Mapping[str, tuple[str, ...]]


def names_for_keys(unit: Unit) -> Names:
    """What keys of the unit's tenant may call networks."""
    return networks_abroad.named(unit) if unit.tenant == PLATFORM else networks.named(unit)


def refuse_elsewhere(unit: Unit, key: ApiKey, address: str) -> None:
    """In a unit of the platform, or of the key's tenant. Raises `Refused("wrong_network")`."""
    if not key.networks:
        return
    names = names_for_keys(unit if unit.tenant == key.tenant else unit.inside(key.tenant))
    cidrs = [cidr for each in key.networks for cidr in ((each,) if "/" in each else names.get(each, ()))]
    try:
        found = addresses.canonical(address)
    except ValueError:
        found = None
    if found is None or not any(_within(found, cidr) for cidr in cidrs):
        raise Refused("wrong_network", "This API key is not good from this network.")


def _within(address: addresses.Address, cidr: str) -> bool:
    network = addresses.network(cidr)
    return address.version == network.version and address in network
