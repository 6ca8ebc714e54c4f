"""Internet addresses and networks in their one form: nothing is compared in two."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_MAPPED_BITS = 96  # ::ffff:0:0/96 (RFC 4291 2.5.5.2)


def canonical(text: str) -> Address:
    """The one form of an address: IPv4-mapped IPv6 becomes IPv4.

    Raises ValueError for everything that two readers could read differently: zone ids (RFC 4007 11), octal, hexadecimal
    and short IPv4 (RFC 6943 3.1.1), numbers, ports, brackets, space.
    """
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise ValueError(text)
    return address.ipv4_mapped or address


def network(text: str) -> Network:
    """`address/bits`, or one address. A network within the IPv4-mapped ones is that of IPv4.

    Raises ValueError also for host bits, and for masks in place of the number of bits.
    """
    address, slash, bits = text.partition("/")
    if "%" in address or (slash and not _PREFIX.fullmatch(bits)):
        raise ValueError(text)
    found = ip_network(text)
    if isinstance(found, IPv6Network) and found.prefixlen >= _MAPPED_BITS:
        mapped = found.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, found.prefixlen - _MAPPED_BITS))
    return found
