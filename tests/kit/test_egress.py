"""The one way out. Whatever address a stranger names, nothing inside is asked, and no packet is sent to find that out;
the honest twin of each, where somebody may be reached, is answered."""

import asyncio
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.outside import Asked, Outside, answer, outside

from idp.kit.egress import Allowed, Egress, Reason, Unreachable, read_target
from idp.kit.egress.budget import Budget

PUBLIC = "93.184.215.14"
LOOPBACK = Allowed.read(["127.0.0.0/8"])

_connects: list[object] = []
_watching = [False]


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watching[0] and event == "socket.connect":
        _connects.append(arguments[1])


sys.addaudithook(_watch)


@pytest.fixture
def packets() -> Iterator[list[object]]:
    """Where connections were tried to, by anything in this process."""
    _connects.clear()
    _watching[0] = True
    yield _connects
    _watching[0] = False


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("outside")) as server:
        yield server


def to_loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def egress(there: Outside | None = None, **more: object) -> Egress:
    given: dict[str, object] = {"resolve": to_loopback, "extra_ca": there.ca if there else None, **more}
    return Egress(**given)  # type: ignore[arg-type]


def reason(client: Egress, url: str, **more: float) -> Reason:
    with pytest.raises(Unreachable) as raised:
        client.fetch(url, tenant="ten_1", **more)  # type: ignore[arg-type]
    assert raised.value.public == "The service cannot answer at the moment."  # the same for every reason
    return raised.value.reason


_SPECIAL_V4 = [
    *("0.0.0.0", "0.0.0.1", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255"),
    *("127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "169.254.0.1", "169.254.169.254", "169.254.170.2"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *("192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.254", "255.255.255.255"),
]
_SPECIAL_V6 = [
    *("::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::2", "::127.0.0.1", "::7f00:1"),
    *("::ffff:127.0.0.1", "::ffff:7f00:1", "::FFFF:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1"),
    *("0:0:0:0:0:ffff:127.0.0.1", "::ffff:192.168.1.1", "::ffff:0.0.0.0", "::ffff:100.64.0.1", "::ffff:224.0.0.1"),
    *("64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1", "64:ff9b:1:2::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:c0a8:101::1", "2002:5db8:d70e::1"),
    *("2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "3fff:fff::1"),
    *("fc00::1", "fd00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1"),
    *("ff01::1", "ff02::1", "ff02::fb", "ff05::2", "ff0e::1", "100::1", "5f00::1", "4000::1", "8000::1", "1::1"),
]
_ODD_NUMBERS = [
    *(
        "0",
        "1",
        "127",
        "127.1",
        "127.0.1",
        "10.1",
        "0x7f.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "0X7F000001",
        "0x7F.0x0.0x0.0x1",
    ),
    *(
        "017700000001",
        "0177.0.0.1",
        "0177.1",
        "00000177.0.0.1",
        "127.0.0.01",
        "127.0.0.001",
        "127.0.00.1",
        "127.000.0.1",
    ),
    *(
        "2130706433",
        "2852039166",
        "3232235777",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
    ),
    *("169.16689662", "0x0", "00", "0.0", "0.0.0", "0x", "0x7f.0x1", "1.1", "4294967295", "4294967296", "127.0.0.0x1"),
    *(
        "127.0.0.1.",
        "127.1.",
        "2130706433.",
        "0x7f000001.",
        "0.",
        "127.0.0.1..",
        ".127.0.0.1",
        "127..0.1",
        "256.256.256.256",
    ),
    *(
        "999.1.1.1",
        "1.2.3.4.5",
        "a.b.127",
        "host.1",
        "host.0x1",
        "127.0.0.1.2",
        "-1",
        "1e3",
        "127.0.0.١",
        "１２７.0.0.1",
    ),
]
_NAMES = [
    *(
        "localhost",
        "LOCALHOST",
        "LocalHost",
        "localhost.",
        "localhost..",
        "a.localhost",
        "a.b.localhost.",
        "localhost.localdomain",
    ),
    *(
        "ip6-localhost",
        "router",
        "intranet",
        "metadata",
        "kubernetes",
        "metadata.google.internal",
        "a.internal",
        "a.intranet",
    ),
    *(
        "printer.local",
        "nas.lan",
        "fritz.home",
        "dc.corp",
        "1.0.0.127.in-addr.arpa",
        "db.localdomain",
        "redis",
        "postgres",
    ),
    *(
        "ⓛocalhost",
        "ｌｏｃａｌｈｏｓｔ",
        "loca\u00adlhost",
        "loc\u200balhost",
        "localhost\u3002",
        "localhost\uff0e",
        "①②⑦.⓪.⓪.①",
    ),
    *(
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "xn--",
        "xn--.example",
        "a_b.example",
        "-a.example",
        "a-.example",
        "a..example",
    ),
    *(
        ".example",
        "a.example.",
        f"{'a' * 64}.example",
        ".".join(["a" * 60] * 5),
        "%6c%6f%63%61%6c%68%6f%73%74",
        "127.0.0.1%00.example",
    ),
    *(
        "rp%2eexample",
        "rp.example%2f",
        "rp.example%23",
        "*",
        "*.example",
        "rp.example:",
        "rp.example:0",
        "rp.example:00443",
    ),
    *(
        "rp.example:0443",
        "rp.example:65536",
        "rp.example:99999",
        "rp.example:-1",
        "rp.example:+443",
        "rp.example:４４３",
        "rp.example:443x",
    ),
    *(
        "rp.example:443:443",
        "rp.example: 443",
        "rp.example:4 43",
        "rp.example:0x1bb",
        "rp.example:1e3",
        "(rp.example)",
        "rp,example",
    ),
]
_PORTS = [21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 445, 465, 514, 587, 631, 636, 873, 993, 995, 1023,
          1433, 1521, 2049, 2375, 2379, 3306, 3389, 5432, 5900, 5984, 6379, 9200, 11211, 27017]  # fmt: skip
_BRACKETS = [
    *(
        "[::1",
        "::1]",
        "::1",
        "[::1]]",
        "[[::1]]",
        "[]",
        "[:]",
        "[:::]",
        "[127.0.0.1]",
        "[rp.example]",
        "[localhost]",
        "[1]",
    ),
    *(
        "[fe80::1%lo]",
        "[fe80::1%25lo]",
        "[fe80::1%251]",
        "[::1%eth0]",
        "[::1%25]",
        "[2606:4700::1%25eth0]",
        "[v1.a]",
        "[vF.::1]",
    ),
    *(
        "[::ffff:127.0.0.01]",
        "[::ffff:0x7f.1]",
        "[::ffff:127.1]",
        "[12345::1]",
        "[1::2::3]",
        "[::1].example",
        "[::1]example",
    ),
    *("[::1]:", "[::1]:0", "[ ::1]", "[::1 ]", "[::１]", "[2606:4700::1]a"),
]
_SHAPES = [
    *("", " ", "/", "//", "a", "https", "https:", "https:/", "https://", "https:///", "https:///path", "https://:443/"),
    *("https:rp.example", "https:/rp.example", "https:///rp.example"),
    *("https:////rp.example", "//rp.example/", "rp.example"),
    *("http://rp.example/", "HTTP://rp.example/"),
    *("http://93.184.215.14/", "http://[2606:4700::1]/", "ftp://rp.example/"),
    *("file:///etc/passwd", "file://localhost/etc/passwd"),
    *("gopher://127.0.0.1:6379/_x", "dict://127.0.0.1:11211/", "data:,x"),
    *("ldap://127.0.0.1", "ws://rp.example", "wss://rp.example"),
    *("javascript:alert(1)", "jar:https://rp.example!/", "unix:/run/x"),
    *("unix:///var/run/docker.sock", "netdoc:///etc", "sftp://rp.example"),
    *("tftp://rp.example", "smb://rp.example", "urn:x:y"),
    *("https+unix://x", "httpss://rp.example", "xhttps://rp.example", "h\ttps://rp.example", "https\u2236//rp.example"),
    *(" https://rp.example/", "https://rp.example/ "),
    *("\thttps://rp.example/", "https://rp.example/\n", "https://rp.example/\r\n"),
    *("https://rp.example\r\nHost: evil/", "https://rp.example/\r\nX: y"),
    *("https://rp.example/ HTTP/1.1\r\nX: y", "https://rp\n.example/"),
    *("https://rp.example/a b", "https://rp.example/\x00"),
    *("https://rp.example\x00/", "https://rp.example/\x7f", "https://rp.example/é"),
    *("https://rp\u00a0.example/", "https://rp.example\u2028/"),
    *("\ufeffhttps://rp.example/", "https://rp.example/%", "https://rp.example/%g0"),
    *("https://rp.example/%0", "https://rp.example/a?b=%zz"),
    *("https://rp.example/<x>", 'https://rp.example/"', "https://rp.example/`"),
    *("https://rp.example/{a}", "https://rp.example/|"),
    *("https://rp.example/^", "https://rp.example/\\x", "https://rp.example/?a=\\"),
    *("https://rp.example\\@127.0.0.1/", "https://rp.example\\.127.0.0.1/"),
    *("https:\\\\rp.example/", "https:/\\rp.example/"),
    *("https://user@rp.example/", "https://user:pass@rp.example/", "https://@rp.example/", "https://:@rp.example/"),
    *("https://rp.example@127.0.0.1/", "https://127.0.0.1@rp.example/"),
    *("https://rp.example:443@127.0.0.1/", "https://a@b@rp.example/"),
    *("https://127.0.0.1#@rp.example/", "https://127.0.0.1?@rp.example/"),
    *("https://127.0.0.1/@rp.example", "https://127.0.0.1;@rp.example/"),
    *("https://rp.example#\\@127.0.0.1/", "https://rp.example%40127.0.0.1/"),
    *("https://rp.example%09/", "https://rp.example%0d%0a/"),
    *(f"https://rp.example/{'a' * 2048}", f"https://{'a.' * 1200}example/"),
    *("https://rp.example/#a#b", "https://rp.example/?#\n"),
]  # fmt: skip

ATTACKS = {
    "special addresses of IPv4": [f"https://{address}/jwks" for address in _SPECIAL_V4],
    "special addresses with a port": [f"https://{address}:8443/" for address in _SPECIAL_V4],
    "special addresses of IPv6": [f"https://[{address}]/jwks" for address in _SPECIAL_V6],
    "numbers that stand for addresses": [f"https://{number}/" for number in _ODD_NUMBERS],
    "names of what is inside, and names that are none": [f"https://{name}/" for name in _NAMES],
    "brackets, zones and notations": [f"https://{bracket}/" for bracket in _BRACKETS],
    "ports of other services": [f"https://{host}:{port}/" for host in (PUBLIC, "[2606:4700::1]") for port in _PORTS],
    "other schemes, user information, control characters": _SHAPES,
}


def test_there_are_more_than_three_hundred_ways_to_try() -> None:
    assert len({url for family in ATTACKS.values() for url in family}) >= 300


@pytest.mark.attack("D2")
@pytest.mark.parametrize("family", ATTACKS)
def test_an_address_that_leads_inside_is_refused_before_any_name_is_looked_up(
    family: str, packets: list[object]
) -> None:
    def resolve(host: str, _port: int) -> Sequence[str]:
        raise AssertionError(host)

    client = egress(resolve=resolve)
    for url in ATTACKS[family]:
        assert reason(client, url) in {Reason.FORM, Reason.FORBIDDEN}, url
    assert packets == []


@pytest.mark.attack("D2")
def test_a_name_that_leads_inside_is_refused_without_a_packet(packets: list[object]) -> None:
    for address in (*_SPECIAL_V4, *_SPECIAL_V6, "fe80::1%lo", "2606:4700::1%eth0", "", "127.1", "x"):
        # one public address beside it does not help: which of them is used would be chance
        for found in ([address], [PUBLIC, address], [address, PUBLIC]):
            client = egress(resolve=lambda *_, found=found: found)
            assert reason(client, "https://rp.example/") is Reason.FORBIDDEN, found
    assert packets == []


@pytest.mark.attack("D2")
def test_a_name_does_not_make_another_service_a_web_server(packets: list[object]) -> None:
    client = egress(resolve=lambda *_: [PUBLIC])
    for port in _PORTS:
        assert reason(client, f"https://rp.example:{port}/") is Reason.FORBIDDEN, port
    assert packets == []


@pytest.mark.honest("D2")
@pytest.mark.attack("D2")
@pytest.mark.parametrize(
    "url",
    [
    *("https://rp.example/", "https://RP.example/"),
    *("https://rp.example", "https://rp.example/#part", "https://rp.example?a=b"),
    *("https://rp.example:443/", "https://rp.example:8443/"),
    *("https://a-b.rp.example/~x/%20?q=%3D&r=(1)", f"https://{PUBLIC}/"),
    *("https://[2606:4700::1111]/", "https://[2606:4700::1111]:8443/a"),
    *("https://xn--wgv71a119e.example/", "https://1a.example/"),
    ],
)  # fmt: skip
def test_a_place_on_the_internet_is_asked_at_the_address_that_was_judged(
    url: str, packets: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as a connection to it: the machine that tests need not have the Internet."""

    def refuse(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        packets.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert reason(egress(resolve=lambda *_: [PUBLIC]), url) is Reason.UNCONNECTED
    assert packets in ([PUBLIC], ["2606:4700::1111"])


@pytest.mark.attack("D2")
def test_a_name_is_looked_up_once_and_the_connection_goes_where_that_led(there: Outside) -> None:
    said = iter([["127.0.0.1"], ["127.0.0.2"]])
    there.pages["/pinned"] = answer(b"once")
    client = egress(there, resolve=lambda *_: next(said), allowed=Allowed.read(["127.0.0.1"]))
    assert client.fetch(there.url("/pinned", host="rp.example"), tenant="ten_1").body == b"once"
    assert reason(client, there.url("/pinned", host="rp.example")) is Reason.FORBIDDEN  # rebound to a neighbour


def test_an_allowed_network_is_reached_and_asked_as_http_wants_it(there: Outside) -> None:
    there.pages["/jwks?a=b"] = answer(b'{"keys":[]}', content_type="Application/JWK-Set+json; charset=utf-8")
    found = egress(there, allowed=LOOPBACK).fetch(there.url("/jwks?a=b#part", host="rp.example"), tenant="ten_1")
    assert found[:3] == (200, "application/jwk-set+json", b'{"keys":[]}')
    asked = there.asked[-1]
    assert (asked.method, asked.path, asked.headers["host"]) == ("GET", "/jwks?a=b", f"rp.example:{there.port}")
    assert asked.headers["accept-encoding"] == "identity"
    assert "authorization" not in asked.headers
    assert "cookie" not in asked.headers


def test_an_allowed_name_is_reached_and_no_other(there: Outside) -> None:
    there.pages["/"] = answer(b"here")
    client = egress(there, allowed=Allowed.read(["rp.example"]))
    assert client.fetch(there.url(host="RP.example"), tenant="ten_1").body == b"here"
    assert reason(client, there.url(host="a.rp.example")) is Reason.FORBIDDEN
    assert reason(client, there.url(host="localhost")) is Reason.FORBIDDEN
    assert reason(client, there.url(host="127.0.0.1")) is Reason.FORBIDDEN


def test_a_form_is_posted(there: Outside) -> None:
    there.pages["/logout"] = lambda asked: answer(asked.body, status=204 if asked.method == "POST" else 400)
    found = egress(there, allowed=LOOPBACK).fetch(there.url("/logout"), tenant="ten_1", form=b"logout_token=a.b.c")
    assert found.status == 204
    assert there.asked[-1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert there.asked[-1].body == b"logout_token=a.b.c"


def test_plain_http_reaches_what_is_allowed_outside_production_alone(tmp_path: Path) -> None:
    with outside(tmp_path, tls=False) as there:
        there.pages["/"] = answer(b"plain")
        url = there.url(scheme="http")
        assert egress(allowed=LOOPBACK, plain=True).fetch(url, tenant="ten_1").body == b"plain"
        assert reason(egress(allowed=LOOPBACK), url) is Reason.FORM
        assert reason(egress(plain=True), url) is Reason.FORBIDDEN
        assert reason(egress(allowed=LOOPBACK, plain=True, resolve=lambda *_: [PUBLIC]), "http://rp.example/") is (
            Reason.FORBIDDEN
        )


@pytest.mark.attack("D2")
@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int, there: Outside) -> None:
    there.pages["/from"] = answer(b"", status=status, location=there.url("/secret"))
    before = there.connections
    assert egress(there, allowed=LOOPBACK).fetch(there.url("/from"), tenant="ten_1").status == status
    assert there.connections == before + 1


def drip(_asked: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 Said\r\ncontent-length: 1000\r\n\r\n"
    while True:
        yield b"x"
        time.sleep(0.05)


def endless(_asked: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 Said\r\ncontent-type: application/json\r\n\r\n"
    while True:
        yield b"x" * 65_536


def chunks(_asked: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 Said\r\ntransfer-encoding: chunked\r\n\r\n"
    while True:
        yield b"1\r\nx\r\n" * 4096


def headers(_asked: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 Said\r\n"
    while True:
        yield b"x: " + b"y" * 1_000 + b"\r\n"


def hints(_asked: Asked) -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"


@pytest.mark.attack("D2")
@pytest.mark.parametrize(
    ("page", "found"),
    [
        (drip, {Reason.SLOW}),
        (endless, {Reason.TOO_LARGE}),
        (chunks, {Reason.TOO_LARGE, Reason.SLOW}),
        (headers, {Reason.TOO_LARGE, Reason.GARBLED}),
        (hints, {Reason.TOO_LARGE, Reason.GARBLED, Reason.SLOW}),
        (answer(b"x" * 600_000), {Reason.TOO_LARGE}),
        (answer(b"x", content_length=str(10 << 30)), {Reason.GARBLED}),
        (answer(b"\x1f\x8b" + b"\0" * 100, content_encoding="gzip"), {Reason.GARBLED}),
        (answer(b"x", content_encoding="br"), {Reason.GARBLED}),
        (answer(b"", x="y" * 40_000), {Reason.TOO_LARGE}),
        (b"hello, this is HTTP/0.9\r\n", {Reason.GARBLED}),
        (b"SSH-2.0-OpenSSH_9.9\r\n", {Reason.GARBLED}),
        (b"+OK\r\n", {Reason.GARBLED}),
        (b"\0" * 200, {Reason.GARBLED}),
        (b"HTTP/1.1 200\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx", {Reason.GARBLED}),
        (b"HTTP/1.1 200 Said\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", {Reason.GARBLED}),
        (b"HTTP/1.1 200 Said\r\ncontent-length: -1\r\n\r\n", {Reason.GARBLED}),
        (b"", {Reason.GARBLED}),
    ],
)
def test_an_answer_without_end_or_sense_is_given_up(page: object, found: set[Reason], there: Outside) -> None:
    there.pages["/bad"] = page  # type: ignore[assignment]
    began = time.monotonic()
    assert reason(egress(there, allowed=LOOPBACK), there.url("/bad"), patience=1.0) in found
    assert time.monotonic() - began < 10


@pytest.mark.attack("D2")
def test_a_certificate_is_of_that_name_and_of_an_authority_that_we_know(there: Outside, tmp_path: Path) -> None:
    there.pages["/"] = answer(b"ok")
    assert reason(egress(there, allowed=LOOPBACK), there.url(host="other.example")) is Reason.TLS
    assert reason(egress(allowed=LOOPBACK), there.url(host="rp.example")) is Reason.TLS  # nobody vouches for it
    with outside(tmp_path, known=False) as forged:
        assert reason(egress(forged, allowed=LOOPBACK), forged.url()) is Reason.TLS
    with outside(tmp_path, tls=False) as bare:
        assert reason(egress(bare, allowed=LOOPBACK), bare.url()) in {Reason.TLS, Reason.SLOW}
    assert egress(there, allowed=LOOPBACK).fetch(there.url(host="rp.example"), tenant="ten_1").status == 200


def test_names_that_lead_nowhere_and_resolvers_that_hang_end_in_time() -> None:
    def nothing(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror

    assert reason(egress(resolve=nothing), "https://rp.example/") is Reason.UNRESOLVED
    assert reason(egress(resolve=lambda *_: []), "https://rp.example/") is Reason.UNRESOLVED
    assert reason(egress(resolve=lambda *_: time.sleep(1.0) or []), "https://rp.example/", patience=0.2) is Reason.SLOW


def test_nobody_listening_is_told_apart_for_the_log_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert reason(egress(allowed=LOOPBACK), f"https://rp.example:{port}/") is Reason.UNCONNECTED


def test_a_tenant_that_calls_too_often_waits_while_others_go_on(there: Outside) -> None:
    there.pages["/"] = answer(b"ok")
    client = egress(there, allowed=LOOPBACK, budget=Budget(most=2, per_second=0.001))
    for _ in range(2):
        assert client.fetch(there.url(), tenant="ten_1").status == 200
    assert reason(client, there.url()) is Reason.BUDGET
    assert client.fetch(there.url(), tenant="ten_2").status == 200


def test_calls_of_a_tenant_at_once_are_bounded_and_are_given_back(there: Outside) -> None:
    budget = Budget(at_once=1)
    client = egress(there, allowed=LOOPBACK, budget=budget)
    there.pages["/"] = answer(b"ok")
    with budget.one("ten_1"):
        assert reason(client, there.url()) is Reason.BUDGET
    assert reason(client, there.url(host="other.example")) is Reason.TLS  # a failure is given back too
    assert client.fetch(there.url(), tenant="ten_1").status == 200


def test_a_door_goes_on_while_it_waits(there: Outside) -> None:
    def slow(_asked: Asked) -> Iterator[bytes]:
        time.sleep(0.3)
        yield answer(b"late")

    there.pages["/slow"] = slow
    client = egress(there, allowed=LOOPBACK)

    async def both() -> tuple[bytes, int]:
        waiting = asyncio.create_task(client.fetch_aside(there.url("/slow"), tenant="ten_1"))
        turns = 0
        while not waiting.done():
            await asyncio.sleep(0.01)
            turns += 1
        return (await waiting).body, turns

    body, turns = asyncio.run(both())
    client.close()
    assert body == b"late"
    assert turns >= 5


@pytest.mark.parametrize("entry", ["127.0.0.0/8", "::1", "rp.example", "localhost", "10.1.2.3", "fd00::/8"])
def test_the_operator_names_hosts_and_networks(entry: str) -> None:
    assert Allowed.read([entry])


@pytest.mark.parametrize(
    "entry",
    ["0.0.0.0/0", "::/0", "*", "*.example", "https://rp.example", "rp.example:443", "a b", "127.1", "10.0.0.1/8", ""],
)
def test_the_operator_does_not_name_everything_or_nothing(entry: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its sentence is the settings'
        Allowed.read([entry])


def test_a_target_says_its_authority_as_the_url_did() -> None:
    assert read_target("HTTPS://Rp.Example:443/a").authority == "rp.example"
    assert read_target("https://[2606:4700::1]:8443").authority == "[2606:4700::1]:8443"
    assert read_target("https://rp.example?a=b").path == "/?a=b"
