"""Addresses that we would call, in the one form that cannot be read in two ways (RFC 3986, and no leniency)."""

import re
from typing import NamedTuple

from idp.kit.addresses import Address, canonical

_LONGEST = 2_048
_URL = re.compile(
    r"(?P<scheme>[A-Za-z]+)://"
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[!$-;=@-Z_a-z~]*)?(?:\?[!$-;=?-Z_a-z~/]*)?)"
    r"(?:\#[!$-;=?-Z_a-z~/]*)?"
)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")  # what inet_aton, and so some resolvers, would read as an address
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORTS = {"https": 443, "http": 80}


class Target(NamedTuple):
    """`host` in lower case, without brackets; `address` where it is one; `path` with the query."""

    scheme: str
    host: str
    address: Address | None
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the field Host has it (RFC 9110 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str) -> Target:
    """Raises ValueError. A fragment is never sent (RFC 9110 4.2.5).

    Not taken: user information, percent signs and dots at the end of the host, names that are not of ASCII, numbers
    that stand for an IPv4 address, zone ids, backslashes, white space, control characters.
    """
    parts = _URL.fullmatch(url) if len(url) <= _LONGEST else None
    if parts is None or _PERCENT.search(parts["path"]):
        raise ValueError("no address that we would call")
    scheme, port = parts["scheme"].lower(), int(parts["port"] or 0)
    if scheme not in _PORTS or port > 65_535:
        raise ValueError("no scheme or port that we would call")
    host, address = _host(parts["host"], parts["v6"])
    path = parts["path"] if parts["path"].startswith("/") else f"/{parts['path']}"
    return Target(scheme, host, address, port or _PORTS[scheme], path)


def _host(name: str | None, v6: str | None) -> tuple[str, Address | None]:
    if v6 is not None:
        if ":" not in v6:
            raise ValueError("brackets are for IPv6")
        return v6.lower(), canonical(v6)
    assert name is not None
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return name, canonical(name)
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("no name of a host")
    return name.lower(), None
