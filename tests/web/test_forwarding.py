"""RFC 7239: what a proxy says, and how little of what stands beside it is believed."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.forwarding import ForwardedField
from idp.web.peers import UNKNOWN, Peers

FORWARDED = ForwardedField.FORWARDED


def client(said: bytes, *trusted: str) -> str:
    return Peers(trusted or ["10.0.0.0/8"], field=FORWARDED).client(said)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"for=203.0.113.9", "203.0.113.9"),
        (b"For=203.0.113.9", "203.0.113.9"),
        (b'for="203.0.113.9"', "203.0.113.9"),
        (b'for="203.0.113.9:4711"', "203.0.113.9"),
        (b'for="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        (b'for="[2001:DB8::17]"', "2001:db8::17"),
        (b'for="[::ffff:203.0.113.9]"', "203.0.113.9"),
        (b"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        (b"proto=http;by=203.0.113.43;for=192.0.2.60", "192.0.2.60"),
        (b"for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
        (b"for=192.0.2.43,for=198.51.100.17,for=10.0.0.2", "198.51.100.17"),
        (b'for=192.0.2.43, for="[2001:db8::17]";host="a,b;c=d" , for=10.0.0.2', "2001:db8::17"),
        (b'host="\\"", for=203.0.113.9', "203.0.113.9"),
        (b"for=10.0.0.3, for=10.0.0.2", "10.0.0.3"),
    ],
)
def test_the_client_is_the_right_most_node_that_is_no_proxy(said: bytes, found: str) -> None:
    assert client(said) == found


@pytest.mark.parametrize(
    "said",
    [
        b"for=unknown",
        b"for=_hidden",
        b'for="_SEVKISEK"',
        b"proto=https",
        b"for=203.0.113.9, for=unknown",
        b"for=203.0.113.9, proto=https",
        b"for=203.0.113.9, for=_gateway, for=10.0.0.2",
    ],
)
def test_a_proxy_may_hide_the_client_and_then_nobody_else_is_believed(said: bytes) -> None:
    assert client(said) == UNKNOWN


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b" ", b",", b"for", b"for=", b"=203.0.113.9", b"203.0.113.9", b"for =203.0.113.9", b"for= 203.0.113.9"),
        *(b"for=203.0.113.9,", b",for=203.0.113.9"),
        *(b"for=203.0.113.9;", b"for=203.0.113.9 x", b"for=203.0.113.9;;by=x"),
        *(b"for=[2001:db8::17]", b"for=2001:db8::17", b'for="2001:db8::17%eth0"', b'for="[fe80::1%25eth0]"'),
        *(b'for="[2001:db8::17"', b'for="2001:db8::17]"'),
        *(b'for="[203.0.113.9]"', b'for="203.0.113.9', b"for='203.0.113.9'"),
        *(b"for=203.0.113.009", b"for=0xcb.0.113.9", b"for=3405803785", b'for="203.0.113.9:x"', b'for="203.0.113.9:"'),
        *(b"for=203.0.113.9;for=198.51.100.1", b"for=a;FOR=203.0.113.9", b'for="\\', b'for="a\nb"', b"for=\xff"),
        *(b'for=" 203.0.113.9"', b'for="203.0.113.9 "', b'for=""', b"for=hidden", b"for=_", b"for=unknown1"),
    ],
)  # fmt: skip
def test_what_is_not_to_the_letter_is_refused(said: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the type is the contract
        client(said)


@pytest.mark.parametrize("added", ["for=203.0.113.9", 'for="[2001:db8::9]:4711";proto=https'])
@pytest.mark.parametrize("opened", ['for="', 'for="10.0.0.1', 'x="\\', "for=10.0.0.1;y=", 'for="10.0.0.1";z="'])
def test_a_quote_left_open_does_not_swallow_what_the_proxy_added(opened: str, added: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        client(f"{opened}, {added}".encode())


@given(st.binary(max_size=60).filter(lambda said: b"\n" not in said))
def test_nothing_that_a_client_sends_becomes_the_address(said: bytes) -> None:
    """It is refused, or what the proxy has added counts."""
    with suppress(ValueError):
        assert client(said + b", for=203.0.113.9") == "203.0.113.9"


@given(st.lists(st.ip_addresses(), min_size=1, max_size=6), st.integers(1, 3))
def test_both_fields_say_the_same(nodes: list[IPv4Address | IPv6Address], trusted: int) -> None:
    proxies = [f"{node}/{node.max_prefixlen}" for node in nodes[-trusted:]]
    plain = ", ".join(map(str, nodes)).encode()
    quoted = ", ".join(f'for="[{node}]"' if node.version == 6 else f"for={node}" for node in nodes).encode()
    assert Peers(proxies).client(plain) == Peers(proxies, field=FORWARDED).client(quoted)
