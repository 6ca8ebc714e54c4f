"""Addresses and networks: one form each, at the edges of every length of prefix."""

import random
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from idp.access.policies.addresses import Networks, address, network


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:C000:207", "192.0.2.7"),
        ("0:0:0:0:0:ffff:c000:0207", "192.0.2.7"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::192.0.2.7", "::c000:207"),  # IPv4-compatible addresses (RFC 4291 2.5.5.1) are another thing
    ],
)
def test_an_address_has_one_form(text: str, wanted: str) -> None:
    assert str(address(text)) == wanted


@pytest.mark.parametrize(
    "text", ["", "a", "192.0.2", "192.0.2.07", "0xc0.0.2.7", "192.0.2.7:80", "[::1]", "fe80::1%1", " ::1", "1" * 5000]
)
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        address(text)


@pytest.mark.parametrize(("make", "bits"), [(IPv4Address, 32), (IPv6Address, 128)])
def test_every_prefix_ends_where_it_ends(make: type[IPv4Address | IPv6Address], bits: int) -> None:
    base = 0b0110_1001 << (bits - 8)
    for length in range(2, bits + 1):
        span = 1 << (bits - length)
        first = base - base % span
        there = Networks([f"{make(first)}/{length}"])
        assert make(first) in there
        assert make(first + span - 1) in there
        assert make(first - 1) not in there
        assert make(first + span) not in there


def test_many_networks_are_asked_as_one_by_one() -> None:
    draw = random.Random(5)
    written = []
    for _ in range(300):
        length = draw.randint(6, 32)
        first = draw.getrandbits(32) >> (32 - length) << (32 - length)
        written.append(f"{ip_address(first)}/{length}")
    there, each = Networks(written), [network(one) for one in written]
    for _ in range(3000):
        found = address(str(ip_address(draw.getrandbits(32))))
        assert (found in there) is any(found in one for one in each)


@pytest.mark.parametrize(
    "text",
    ["192.0.2.7", "2001:db8::1", "192.0.2.7/24", "10.0.0.0/255.0.0.0", "10.0.0.0/08", "fe80::%1/64", "10.0.0.0/", "/8"],
)
def test_a_network_says_its_prefix_and_nothing_besides(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        network(text)
