"""Addresses and networks in one form each, so that no second way to write one escapes a rule."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)

_MAPPED = 96  # ::ffff:0:0/96 (RFC 4291 2.5.5.2)


@lru_cache(maxsize=4096)
def address(text: str) -> IPv4Address | IPv6Address:
    """`::ffff:a.b.c.d` is a.b.c.d. Raises `ValueError`, also for a zone id (it means something on one machine only)."""
    found = ip_address(text)
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            raise ValueError("zone id")
        return found.ipv4_mapped or found
    return found


def network(text: str) -> IPv4Network | IPv6Network:
    """Raises `ValueError` for host bits, zone ids, a netmask in place of the length of a prefix, and none at all."""
    _, slash, length = text.partition("/")
    if not slash or "%" in text or not length.isdecimal() or str(int(length[:4])) != length:
        raise ValueError("a network is written address/prefix")
    found = ip_network(text)
    if isinstance(found, IPv6Network) and found.prefixlen >= _MAPPED:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, found.prefixlen - _MAPPED))
    return found


class Networks:
    """Many networks, asked in the logarithm of their number."""

    def __init__(self, networks: Iterable[str]) -> None:
        read = [network(each) for each in networks]
        fours = collapse_addresses([each for each in read if isinstance(each, IPv4Network)])
        sixes = collapse_addresses([each for each in read if isinstance(each, IPv6Network)])
        self._ranges = {4: _ranges(fours), 6: _ranges(sixes)}

    def __contains__(self, found: IPv4Address | IPv6Address) -> bool:
        starts, ends = self._ranges[found.version]
        number = int(found)
        at = bisect_right(starts, number)
        return at > 0 and number <= ends[at - 1]


def _ranges(networks: Iterable[IPv4Network | IPv6Network]) -> tuple[list[int], list[int]]:
    """Where those of one version that do not overlap begin and end, in order."""
    apart = sorted((int(each.network_address), int(each.broadcast_address)) for each in networks)
    return [first for first, _ in apart], [last for _, last in apart]
