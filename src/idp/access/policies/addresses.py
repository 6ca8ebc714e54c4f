"""Where addresses and networks meet in rules: in one form each, so that no second way to write one escapes a rule."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from idp.kit import addresses
from idp.kit.addresses import Address, Network

address = lru_cache(maxsize=4096)(addresses.canonical)


def network(text: str) -> Network:
    """As the kit reads one, but never a single address: a rule says how much of it is meant. Raises `ValueError`."""
    if "/" not in text:
        raise ValueError("a network is written address/prefix")
    return addresses.network(text)


class Networks:
    """Many networks, asked in the logarithm of their number."""

    def __init__(self, networks: Iterable[str]) -> None:
        read = [network(each) for each in networks]
        fours = collapse_addresses([each for each in read if isinstance(each, IPv4Network)])
        sixes = collapse_addresses([each for each in read if isinstance(each, IPv6Network)])
        self._ranges = {4: _ranges(fours), 6: _ranges(sixes)}

    def __contains__(self, found: Address) -> bool:
        starts, ends = self._ranges[found.version]
        number = int(found)
        at = bisect_right(starts, number)
        return at > 0 and number <= ends[at - 1]


def _ranges(networks: Iterable[Network]) -> tuple[list[int], list[int]]:
    """Where those of one version that do not overlap begin and end, in order."""
    apart = sorted((int(each.network_address), int(each.broadcast_address)) for each in networks)
    return [first for first, _ in apart], [last for _, last in apart]
