import pytest

from idp.web.peers import UNKNOWN, Peers


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", UNKNOWN),
        ("", UNKNOWN),
        ("testclient", UNKNOWN),
    ],
)
def test_a_peer_has_one_canonical_address(peer: str, address: str) -> None:
    assert Peers([]).peer(peer) == (address, False)


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::7"])
def test_a_named_proxy_is_trusted_in_either_notation(peer: str) -> None:
    assert Peers(["10.1.0.0/16", "fd00::/64"]).peer(peer)[1]
    assert not Peers(["10.2.0.0/16"]).peer(peer)[1]


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        (b"203.0.113.9", "203.0.113.9"),
        (b"198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (b"198.51.100.1,203.0.113.9,10.0.0.2", "203.0.113.9"),
        (b"garbage, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (b"::ffff:203.0.113.9", "203.0.113.9"),
        (b"203.0.113.9:4711", "203.0.113.9"),
        (b"[2001:DB8::9]:4711", "2001:db8::9"),
        (b"[2001:db8::9]", "2001:db8::9"),
        (b"2001:db8::9", "2001:db8::9"),
    ],
)
def test_the_client_is_the_right_most_address_that_is_no_proxy(forwarded_for: bytes, client: str) -> None:
    assert Peers(["10.0.0.0/8"]).client(forwarded_for) == client


@pytest.mark.parametrize(
    "forwarded_for",
    [
        b"",
        b"unknown",
        b"203.0.113.9,",
        b"203.0.113.9, garbage, 10.0.0.2",
        b"fe80::1%25eth0",
        b"fe80::1%eth0",
        b"[2001:db8::9",
        b"[2001:db8::9]x",
        b"203.0.113.9:",
        b"203.0.113.9:x",
        b"203.0.113.009",
        b"3405803785",
        b"203.0.113.9\xa0",
        "２０３.0.113.9".encode(),
    ],
)
def test_an_entry_that_must_be_relied_upon_must_be_an_address(forwarded_for: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the type is the contract
        Peers(["10.0.0.0/8"]).client(forwarded_for)


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "*", "10.0.0.1/8", "proxy.example", ""])
def test_a_setting_that_trusts_everybody_or_nobody_in_particular_is_refused(network: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the type is the contract
        Peers([network])
