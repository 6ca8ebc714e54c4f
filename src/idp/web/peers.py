"""Who is speaking: the canonical address of the client, through the proxies that the operator named and no others."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

# "Indicates the absence of an address" (RFC 4291 2.5.2). Used when a proxy does not say for whom it speaks: taking the
# proxy's own address would let `Connection: X-Forwarded-For`, which makes some proxies drop the header, turn any client
# into one from the inside (Traefik GHSA-5m6w-wvh7-57vm).
UNKNOWN = "::"


def canonical(text: str) -> Address:
    """The one form of an address: IPv4-mapped IPv6 becomes IPv4. Raises ValueError, also for zone ids."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise ValueError(text)
    return address.ipv4_mapped or address


class Peers:
    """Answers for one peer at a time; both questions are pure and remembered."""

    def __init__(self, trusted_proxies: Iterable[str]) -> None:
        """Takes addresses and networks. Raises ValueError for what is neither, and for one that trusts everybody."""
        self._networks = tuple(ip_network(text) for text in trusted_proxies)
        if any(network.prefixlen == 0 for network in self._networks):
            message = "a proxy network must not hold every address"
            raise ValueError(message)
        self.peer = lru_cache(4096)(self._peer)
        self.client = lru_cache(4096)(self._client)

    def _peer(self, text: str) -> tuple[str, bool]:
        """The canonical address of a connection's other end, and whether it is a trusted proxy."""
        try:
            address = canonical(text)
        except ValueError:  # a Unix socket, or a link-local address with its zone
            return UNKNOWN, False
        return str(address), self._trusts(address)

    def _client(self, forwarded_for: bytes) -> str:
        """The right-most address of X-Forwarded-For that is not itself a trusted proxy: all left of it is hearsay.

        Raises ValueError where an entry that must be relied upon is not an address.
        """
        address = None
        for entry in reversed(forwarded_for.decode("ascii").split(",")):
            address = canonical(_without_port(entry.strip(" \t")))
            if not self._trusts(address):
                break
        return str(address)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _without_port(entry: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` as some proxies write them."""
    if entry.startswith("["):
        address, bracket, port = entry[1:].partition("]")
        if not bracket or (port and not _is_port(port)):
            raise ValueError(entry)
        return address
    if entry.count(":") == 1:
        address, _, port = entry.partition(":")
        if not _is_port(":" + port):
            raise ValueError(entry)
        return address
    return entry


def _is_port(text: str) -> bool:
    return text[:1] == ":" and text[1:].isascii() and text[1:].isdigit() and len(text) <= 6
