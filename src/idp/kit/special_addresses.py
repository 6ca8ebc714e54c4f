"""Addresses that are at no place on the public Internet, from the registries of special-purpose addresses.

Our own table, not that of the standard library, which differs between versions: what has a country must not.
"""

from ipaddress import IPv4Network, IPv6Network

from idp.kit.addresses import Address

# https://www.iana.org/assignments/iana-ipv4-special-registry, with multicast (RFC 5771)
_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
# Everything else is loopback, local, multicast, translated (64:ff9b::/96 and its like) or not given to anybody.
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291 2.4
# https://www.iana.org/assignments/iana-ipv6-special-registry, within that: protocol assignments with Teredo,
# documentation, 6to4. An IPv4 address in them says nothing about where the sender is.
_IPV6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


def is_special(address: Address) -> bool:
    """Private, loopback, local to a link, shared, multicast, documentation, translated, reserved or unassigned."""
    if address.version == 4:
        return any(address in network for network in _IPV4)
    return address not in _GLOBAL_UNICAST or any(address in network for network in _IPV6)
