"""One form for each address: what two readers could read differently is refused, what has two notations has one."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kit.addresses import canonical, network
from idp.kit.special_addresses import is_special

SAME = {
    "192.0.2.7": "192.0.2.7",
    "0.0.0.0": "0.0.0.0",
    "255.255.255.255": "255.255.255.255",
    "::ffff:192.0.2.7": "192.0.2.7",
    "::FFFF:192.0.2.7": "192.0.2.7",
    "::ffff:c000:207": "192.0.2.7",
    "::ffff:C000:0207": "192.0.2.7",
    "0:0:0:0:0:ffff:192.0.2.7": "192.0.2.7",
    "0000:0000:0000:0000:0000:ffff:c000:0207": "192.0.2.7",
    "0::ffff:c000:207": "192.0.2.7",
    "::ffff:0:0": "0.0.0.0",
    "::ffff:127.0.0.1": "127.0.0.1",
    "::ffff:7f00:1": "127.0.0.1",
    "2001:db8::1": "2001:db8::1",
    "2001:DB8::1": "2001:db8::1",
    "2001:db8:0:0:0:0:0:1": "2001:db8::1",
    "2001:0db8:0000:0000:0000:0000:0000:0001": "2001:db8::1",
    "2001:db8::0:1": "2001:db8::1",
    "2001:db8::0.0.0.1": "2001:db8::1",
    "2001:db8:0:0:1::": "2001:db8:0:0:1::",
    "2001:db8:0:0:1:0:0:0": "2001:db8:0:0:1::",
    "::": "::",
    "0::0": "::",
    "::1": "::1",
    "0:0:0:0:0:0:0:1": "::1",
    "::0.0.0.1": "::1",
    "1::": "1::",
    "fe80::1": "fe80::1",
    "FF02::1": "ff02::1",
    # not the mapped form: these stay what they are, and are none of IPv4's addresses
    "::192.0.2.7": "::c000:207",
    "::10.0.0.1": "::a00:1",
    "::ffff:0:192.0.2.7": "::ffff:0:c000:207",
    "64:ff9b::192.0.2.7": "64:ff9b::c000:207",
    "64:ff9b:1::10.0.0.1": "64:ff9b:1::a00:1",
    "2002:c000:207::": "2002:c000:207::",
    "::fffe:192.0.2.7": "::fffe:c000:207",
    "1::ffff:192.0.2.7": "1::ffff:c000:207",
}

_OCTETS = [
    "00",
    "01",
    "007",
    "08",
    "0x7",
    "0X7",
    "256",
    "999",
    "1000",
    "-1",
    "+1",
    "",
    " 1",
    "1 ",
    "1e1",
    "a",
    "٣",
    "１",
]
REFUSED = [
    # octal, hexadecimal, out of range, signs, other digits: at each of the four places (RFC 6943 3.1.1)
    *(".".join([*"192"[:place], octet, *"123"[place:]]) for place in range(4) for octet in _OCTETS),
    # short forms and numbers, as inet_aton reads them
    *("1", "0", "127.1", "127.0.1", "127.1.", ".127.1", "10.1", "0177.1", "0x7f.1", "0x7f000001", "0X7F000001"),
    *("2130706433", "017700000001", "4294967295", "4294967296", "-1"),
    *("1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "...."),
    *("1.2.3.4.", ".1.2.3.4", "1,2,3,4", "1.2.3,4", "1。2。3。4", "1．2．3．4", "①.2.3.4", "1.2.3.4\u200b"),
    # space, line ends, NUL, quotes
    *("", " ", "\t", "\n", " 192.0.2.7", "192.0.2.7 ", "192.0.2.7\n", "\n192.0.2.7", "192.0.2.7\r\n", "192.0.2.7\0"),
    *("192.0.2.7\x00.evil", "192.0. 2.7", '"192.0.2.7"'),
    *("'192.0.2.7'", "192.0.2.7\xa0", "192.0.2.7\u3000", "\ufeff::1"),
    # brackets, ports, prefixes, ranges, names, URLs
    *("[192.0.2.7]", "[::1]", "[::1", "::1]", "[::1]:80"),
    *("192.0.2.7:80", "192.0.2.7:", "::1:", "192.0.2.7/32", "::1/128"),
    *("192.0.2.7-9", "192.0.2.*", "192.0.2.x", "*", "localhost"),
    *("localhost.", "example.com", "unknown", "_hidden", "none"),
    *("http://192.0.2.7", "//192.0.2.7", "192.0.2.7#"),
    *("192.0.2.7?", "192.0.2.7;", "user@192.0.2.7", "192.0.2.7,192.0.2.8"),
    *("%31.2.3.4", "1%2e2.3.4", "192.0.2.7%", "192.0.2.7%eth0", "192.0.2.7%25eth0"),
    # zone ids (RFC 4007 11): they mean something on one machine alone
    *("fe80::1%eth0", "fe80::1%1", "fe80::1%25eth0", "fe80::1%", "::1%lo", "2001:db8::1%0", "::ffff:192.0.2.7%eth0"),
    *("fe80::1%eth0/64", "fe80::1%eth0%eth1", "ff02::1%2", "::%"),
    # IPv6 that is none
    *(":", ":::", "::::", "1", "1:"),
    *(":1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9"),
    *("1::2::3", "::1::", "1:2:3:4:5:6:7::8", "::1:2:3:4:5:6:7:8", "12345::"),
    *("::12345", "::g", "::-1", "::+1", "::0x1"),
    *("2001:db8::１", "::1 ", " ::1", ":: 1", "::1\n", "::1\0", "0:0:0:0:0:0:0:00001", "1:2:3:4:5:6:1.2.3.4:8"),
    *("::ffff:192.0.2", "::ffff:192.0.2.256", "::ffff:192.0.2.07"),
    *("::ffff:0xc0.0.2.7", "::ffff:192.0.2.7.1", "::ffff:"),
    *("::ffff:192.0.2.7/128", "[::ffff:192.0.2.7]", "::192.0.2.07"),
    *("::1.2.3", "1.2.3.4::", "1.2.3.4:ffff::", "::1.2.3.4:5"),
    *("::ffff:192.0.2.7:80", "fe80:::1", "2001:db8:::1"),
    *("2001:db8::1::", "2001.db8::1", "2001-db8--1.ipv6-literal.net"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "form"), SAME.items())
def test_each_notation_of_an_address_has_the_one_form(written: str, form: str) -> None:
    assert str(canonical(written)) == form


@pytest.mark.parametrize("written", dict.fromkeys(REFUSED))
def test_what_could_be_read_in_two_ways_is_no_address(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the type is the contract
        canonical(written)


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    assert len(set(SAME) | set(REFUSED)) >= 200
    assert not set(SAME) & set(REFUSED)


def test_what_the_c_library_reads_as_loopback_is_mostly_no_address_here() -> None:
    """The trap that the corpus is about: `inet_aton` takes these for 127.0.0.1."""
    for written in ("127.1", "0x7f.1", "0177.1", "2130706433", "0x7f000001", "127.0.0.01"):
        assert socket.inet_aton(written) == b"\x7f\0\0\1"
        with pytest.raises(ValueError):  # noqa: PT011
            canonical(written)


@given(st.integers(0, 2**32 - 1))
def test_every_ipv4_address_is_its_mapped_form(number: int) -> None:
    address = IPv4Address(number)
    assert canonical(f"::ffff:{address}") == canonical(str(address)) == address
    assert canonical(str(IPv6Address((0xFFFF << 32) | number))) == address


@given(st.ip_addresses(v=6))
def test_all_spellings_of_an_ipv6_address_are_one(address: IPv6Address) -> None:
    one = canonical(str(address))
    assert {canonical(text) for text in (address.exploded, address.exploded.upper(), address.compressed)} == {one}
    assert canonical(str(one)) == one


@given(st.text(max_size=40))
def test_whatever_is_written_is_one_address_or_none(text: str) -> None:
    try:
        found = canonical(text)
    except ValueError:
        return
    assert canonical(str(found)) == found
    assert text.isascii()


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::1", "::1/128"),
        ("::/0", "::/0"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:a00:0/104", "10.0.0.0/8"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/95", "::/95"),
        ("::/96", "::/96"),
    ],
)
def test_each_notation_of_a_network_has_the_one_form(written: str, form: str) -> None:
    assert str(network(written)) == form


@pytest.mark.parametrize(
    "written",
    [
        *("", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8 "),
        *("10.0.0.0/255.0.0.0", "10.0.0.0/0.255.255.255", "10.0.0.0/0x8", "10.0.0.0/8/8", "10.0.0.0/８", "10/8"),
        *("10.0.0.1/8", "11.0.0.0/7", "192.0.2.7/24", "2001:db8::1/32", "2001:db8::/129", "::ffff:10.0.0.1/104"),
        *("fe80::%eth0/64", "fe80::/64%eth0", "fe80::1%1", "::1%lo/128", "[::1]/128", "10.0.0.0-10.0.0.255", "*"),
        *("010.0.0.0/8", "0xa.0.0.0/8", "10.0.0/24", "office", "1.2.3.4/32\n", " 1.2.3.4/32", "::1/128\0", "::/0x0"),
    ],
)
def test_a_network_with_host_bits_masks_zones_or_odd_notation_is_none(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        network(written)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_mapped_network_holds_what_its_plain_form_holds(address: IPv4Address, bits: int) -> None:
    plain = ip_network(f"{address}/{bits}", strict=False)
    assert network(f"::ffff:{plain.network_address}/{bits + 96}") == network(str(plain)) == plain
    assert canonical(f"::ffff:{address}") in network(str(plain))


@pytest.mark.parametrize(
    "text",
    [
        *("0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
        *("172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1"),
        *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
        *("255.255.255.255", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::", "::1", "::10.0.0.1", "::8.8.8.8"),
        *("64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:1ff::1"),
        *("2001:db8::1", "2002:808:808::1", "3fff::1", "5f00::1", "4000::1", "1000::1", "fc00::1", "fd12::1"),
        *("fe80::1", "fec0::1", "ff02::1", "ffff::1"),
    ],
)
def test_an_address_at_no_place_is_special(text: str) -> None:
    assert is_special(canonical(text))


@pytest.mark.parametrize(
    "text",
    [
        *("1.0.0.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
        *("128.0.0.0", "133.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.255", "192.0.3.0"),
        *("192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "223.255.255.255"),
        *("::ffff:8.8.8.8", "2001:200::1", "2400:4000::1", "2606:4700::1", "2a00::1", "2003::1", "3ffe::1"),
    ],
)
def test_a_public_address_is_not(text: str) -> None:
    assert not is_special(canonical(text))
