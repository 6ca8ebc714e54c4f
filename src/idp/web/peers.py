"""Who is speaking: the canonical address of the client, through the proxies that the operator named and no others."""

from collections.abc import Iterable
from functools import lru_cache

from idp.kit.addresses import Address, canonical, network
from idp.web.forwarding import ForwardedField, hops

# "Indicates the absence of an address" (RFC 4291 2.5.2). Used when a proxy does not say for whom it speaks: taking the
# proxy's own address would let `Connection: X-Forwarded-For`, which makes some proxies drop the header, turn any client
# into one from the inside (Traefik GHSA-5m6w-wvh7-57vm).
UNKNOWN = "::"


class Peers:
    """Answers for one peer at a time; both questions are pure and remembered."""

    def __init__(
        self, trusted_proxies: Iterable[str], *, field: ForwardedField = ForwardedField.X_FORWARDED_FOR
    ) -> None:
        """Takes addresses and networks. Raises ValueError for what is neither, and for one that trusts everybody."""
        self._networks = tuple(network(text) for text in trusted_proxies)
        if any(each.prefixlen == 0 for each in self._networks):
            message = "a proxy network must not hold every address"
            raise ValueError(message)
        self._field = field
        self.field = field.value.encode("ascii")
        self.peer = lru_cache(4096)(self._peer)
        self.client = lru_cache(4096)(self._client)

    def _peer(self, text: str) -> tuple[str, bool]:
        """The canonical address of a connection's other end, and whether it is a trusted proxy."""
        try:
            address = canonical(text)
        except ValueError:  # a Unix socket, or a link-local address with its zone
            return UNKNOWN, False
        return str(address), self._trusts(address)

    def _client(self, forwarded: bytes) -> str:
        """The right-most address that is not itself a trusted proxy: all left of it is hearsay.

        Raises ValueError where an entry that must be relied upon is not an address.
        """
        address: Address | None = None
        for address in hops(self._field, forwarded.decode("ascii")):
            if address is None:
                return UNKNOWN
            if not self._trusts(address):
                break
        return str(address)

    def _trusts(self, address: Address) -> bool:
        return any(address in each for each in self._networks)
