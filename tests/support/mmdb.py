"""Writes MaxMind DB files (version 2.0 of the format), as small as a test needs them."""

from collections.abc import Mapping
from ipaddress import IPv6Network, ip_network
from pathlib import Path
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"
_BITS = 128


def write(path: Path, networks: Mapping[str, Any], *, kind: str = "Test-Country") -> Path:
    """`networks` are records by network; IPv4 lies at ::/96, where readers look for it."""
    path.write_bytes(content(networks, kind=kind))
    return path


def content(networks: Mapping[str, Any], *, kind: str = "Test-Country") -> bytes:
    root: list[Any] = [None, None]
    data = b""
    for text, record in sorted(networks.items(), key=lambda item: ip_network(item[0]).prefixlen):
        _insert(root, _in_ipv6(text), len(data))
        data += _encoded(record)
    nodes = _numbered(root)
    metadata = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000,
        "database_type": kind,
        "description": {"en": "test"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": 32,
    }
    tree = b"".join(_record(child, nodes) for node in nodes.values() for child in node)
    return tree + b"\0" * 16 + data + _MARKER + _encoded(metadata)


def _in_ipv6(text: str) -> IPv6Network:
    network = ip_network(text)
    if network.version == 6:
        return IPv6Network(text)
    return IPv6Network((int(network.network_address), network.prefixlen + 96))


def _insert(root: list[Any], network: IPv6Network, offset: int) -> None:
    number = int(network.network_address)
    node = root
    for depth in range(network.prefixlen):
        bit = number >> (_BITS - 1 - depth) & 1
        if depth == network.prefixlen - 1:
            node[bit] = offset
        else:
            if not isinstance(node[bit], list):
                node[bit] = [node[bit], node[bit]]
            node = node[bit]


def _numbered(root: list[Any]) -> dict[int, list[Any]]:
    """The nodes in the order of their numbers, by their identity."""
    found: dict[int, list[Any]] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        found[id(node)] = node
        waiting += [child for child in node if isinstance(child, list)]
    return found


def _record(child: Any, nodes: dict[int, list[Any]]) -> bytes:
    if isinstance(child, list):
        return list(nodes).index(id(child)).to_bytes(4)
    return (len(nodes) if child is None else len(nodes) + 16 + child).to_bytes(4)


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        return _control(2, len(value.encode())) + value.encode()
    if isinstance(value, Mapping):
        return _control(7, len(value)) + b"".join(_encoded(name) + _encoded(item) for name, item in value.items())
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_encoded, value))
    length = (value.bit_length() + 7) // 8
    return _control(9, length) + value.to_bytes(length)


def _control(kind: int, size: int) -> bytes:
    first = size if size < 29 else 29
    head = bytes([kind << 5 | first]) if kind < 8 else bytes([first, kind - 7])
    return head if size < 29 else head + bytes([size - 29])
