"""What the wire itself refuses, said by a client that no library would be."""

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from idp.web.asgi import Receive, Scope, Send, json_response, respond
from idp.web.forms import read_body


async def application(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: C901 - one case for each path
    """No hallway: what is refused here was refused by the protocol."""
    match scope["path"]:
        case "/early":
            await respond(send, 401)
        case "/large":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(400):
                await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        case "/split":
            await respond(send, 200, [(b"location", b"/a\r\nset-cookie: evil=1")])
        case "/short":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
            await send({"type": "http.response.body", "body": b"short"})
        case "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for piece in (b"one", b"", b"two"):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        case "/empty":
            await respond(send, 204)
        case "/wait":
            message = await receive()
            while message["type"] != "http.disconnect":
                message = await receive()
        case _:
            body = await read_body(receive, limit=10_000_000)
            fields = [name.decode() for name, _ in scope["headers"]]
            await json_response(send, 200, {"path": scope["path"], "body": body.decode("latin-1"), "fields": fields})


@pytest.fixture(scope="module")
def wire(serving: Callable[..., AbstractContextManager]) -> Iterator:
    with serving(
        application,
        head_seconds=0.4,
        body_seconds=0.5,
        request_seconds=1.6,
        idle_seconds=0.6,
        linger_seconds=0.3,
        connections=40,
    ) as wire:
        yield wire


GET = b"GET /x HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a\r\n"
CLOSE = b"Connection: close\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (GET + CLOSE + b"\r\n", ""),
        (b"\r\n" + GET + CLOSE + b"\r\n", ""),
        (POST + CLOSE + b"Content-Length: 3\r\n\r\nabc", "abc"),
        (CHUNKED + CLOSE + b"\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", "abc"),
        (POST + CLOSE + b"Content-Length: 0\r\n\r\n", ""),
        (b"GET /x HTTP/1.0\r\n\r\n", ""),
        (b"POST /x HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "abc"),
        (GET + CLOSE + b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", ""),
        (GET + CLOSE + b"X: \xe9\r\n\r\n", ""),
    ],
)
def test_honest_requests_are_answered(wire, raw, body) -> None:
    answer = wire.say(raw)
    assert (answer.status, answer.json()["body"]) == (200, body)
    assert answer.header("connection") == "close"
    assert answer.header("date").endswith("GMT")
    assert answer.header("server") is None


@pytest.mark.parametrize(
    "raw",
    [
        GET + b"Host: a\r\n\r\n",
        GET + b"host: b\r\n\r\n",
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        POST + b"Content-Length: 3, 3\r\n\r\nabc",
        POST + b"Content-Length: +3\r\n\r\nabc",
        POST + b"Content-Length: -3\r\n\r\nabc",
        POST + b"Content-Length: 0x3\r\n\r\nabc",
        POST + b"Content-Length: 99999999999999999999\r\n\r\nabc",
        POST + b"Content-Length:\r\n 3\r\n\r\nabc",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"\r\n-1\r\na\r\n0\r\n\r\n",
        CHUNKED + b"\r\n0x1\r\na\r\n0\r\n\r\n",
        CHUNKED + b"\r\n1\na\n0\n\n",
        CHUNKED + b"\r\n1;a\nb\r\na\r\n0\r\n\r\n",
        CHUNKED + b"\r\n1\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"\r\n1\r\na\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
        CHUNKED + b"\r\nffffffffffffffffff\r\n",
        GET + b"X: a\r\n b\r\n\r\n",
        GET + b"X : a\r\n\r\n",
        GET + b" X: a\r\n\r\n",
        GET + b": a\r\n\r\n",
        GET + b"X: a\rb\r\n\r\n",
        GET + b"X: a\nY: b\r\n\r\n",
        GET + b"X: a\x00\r\n\r\n",
        GET + b"X: a\x7f\r\n\r\n",
        b"GET /x HTTP/1.1\nHost: a\n\n",
        b"GET /x\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://evil.example/x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"get /x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"BREW /x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_ended(wire, raw) -> None:
    answer = wire.say(raw)
    assert answer.status == 400
    assert answer.header("connection") == "close"
    assert answer.body == b"400 Bad Request\n"


@pytest.mark.parametrize("target", [b"http://a/x", b"HTTPS://A/x?y=z", b"http://a", b"http://a/x%20y"])
def test_an_address_of_this_very_host_is_taken_whole(wire, target) -> None:
    """RFC 9112 3.2.2."""
    assert wire.say(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n" + CLOSE + b"\r\n").status == 200


@pytest.mark.parametrize(
    "target",
    [b"http://a:81/x", b"http://b@a/x", b"http://a.b/x", b"http:///x", b"ftp://a/x", b"http://a#/x", b"/x#"],
)
def test_and_of_no_other_one(wire, target) -> None:
    assert wire.say(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n").status == 400


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: identity\r\n\r\n", 501),
        (GET + b"Expect: 200-ok\r\n\r\n", 417),
        (b"GET /x HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /x\r\n\r\n", 505),
        (GET + b"X: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (GET + b"X: " + b"x" * 2_000_000, 431),
        (GET + b"X: 1\r\n" * 120 + b"\r\n", 431),
        (GET + b"X-%d: 1\r\n" * 2_000, 431),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /?scope=" + b"x" * 1_000_000, 414),
    ],
)
def test_other_excess_has_its_own_status(wire, raw, status) -> None:
    began = time.monotonic()
    assert wire.say(raw).status == status
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("fields", [b"X: " + b"x" * 16_000 + b"\r\n", b"X: 1\r\n" * 97])
def test_heads_up_to_the_limit_are_taken(wire, fields) -> None:
    assert wire.say(GET + CLOSE + fields + b"\r\n").status == 200


def test_a_chunk_extension_without_end_is_cut_off(wire) -> None:
    assert wire.say(CHUNKED + b"\r\n1;" + b"x" * 5_000_000).status == 400
    tiny = CHUNKED + CLOSE + b"\r\n" + b"1\r\na\r\n" * 100_000 + b"0\r\n\r\n"
    assert wire.say(tiny).status == 400
    assert wire.say(CHUNKED + CLOSE + b"\r\n" + b"10\r\n0123456789abcdef\r\n" * 9_000 + b"0\r\n\r\n").status == 200


# One after the other


def _answers(raw: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", raw)]


def _until_closed(sock: socket.socket) -> bytes:
    raw = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(65536):
            raw += chunk
    return raw


def test_a_connection_is_used_again(wire) -> None:
    with wire.connect() as sock:
        for _ in range(3):
            sock.sendall(GET + b"\r\n")
            assert b'"body":""' in sock.recv(65536)


@pytest.mark.parametrize(
    ("raw", "statuses"),
    [
        ((GET + b"\r\n") * 3 + GET + CLOSE + b"\r\n", [200] * 4),
        (POST + b"Content-Length: 3\r\n\r\nabc" + GET + CLOSE + b"\r\n", [200, 200]),
        (GET + CLOSE + b"\r\n" + GET + b"\r\n", [200]),
        (GET + b"\r\n" + b"NONSENSE\r\n\r\n", [200]),
        (GET + b"\r\n" + GET + b"\r\n" + b"NONSENSE\r\n\r\n", [200, 200]),
        (GET + b"\r\n" + CHUNKED + b"\r\nNONSENSE\r\n", [200]),
        (b"NONSENSE\r\n\r\n" + GET + b"\r\n", [400]),
        (POST.replace(b"/x", b"/early") + b"Content-Length: 99\r\n\r\nabc" + GET + b"\r\n", [401]),
    ],
)
def test_pipelined_requests_are_answered_in_order_and_nothing_follows_a_broken_one(wire, raw, statuses) -> None:
    with wire.connect() as sock:
        sock.sendall(raw)
        assert _answers(_until_closed(sock)) == statuses


def test_a_pipeline_without_end_is_ended(wire) -> None:
    with wire.connect() as sock, contextlib.suppress(ConnectionResetError, BrokenPipeError):
        sock.sendall((GET + b"\r\n") * 20_000)
        assert len(_answers(_until_closed(sock))) < 20_000


def test_a_client_is_told_to_continue_only_when_its_body_is_wanted(wire) -> None:
    for path, first in ((b"/x", b"HTTP/1.1 100 Continue\r\n\r\n"), (b"/early", b"HTTP/1.1 401 Unauthorized\r\n")):
        with wire.connect() as sock:
            sock.sendall(POST.replace(b"/x", path) + CLOSE + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            assert sock.recv(65536).startswith(first)
            if path == b"/x":
                sock.sendall(b"abc")
                assert b'"body":"abc"' in _until_closed(sock)


def test_an_answer_before_the_end_of_the_body_reaches_a_client_that_is_still_sending(wire) -> None:
    body = b"x" * 900_000
    head = POST.replace(b"/x", b"/early") + b"Content-Length: %d\r\n\r\n" % len(body)
    answer = wire.say(head + body)
    assert (answer.status, answer.header("connection")) == (401, "close")


def test_a_client_that_is_still_sending_is_not_cut_off_by_a_reset(wire) -> None:
    with wire.connect() as sock:
        sock.sendall(POST.replace(b"/x", b"/early") + b"Content-Length: 500000\r\n\r\n")
        time.sleep(0.05)
        for _ in range(5):  # a reset would have been the answer to the first piece
            sock.sendall(b"x" * 1000)
            time.sleep(0.02)
        assert _answers(_until_closed(sock)) == [401]


# Patience


SLOW = {
    "silence": (b"", b"", None, 0.4),
    "part of a line": (b"GET", b"", 408, 0.4),
    "headers": (GET, b"X: 1\r\n", 408, 0.4),
    "one header": (GET + b"X: ", b"x", 408, 0.4),
    "empty lines": (b"", b"\r\n", None, 0.4),
    "body": (POST + b"Content-Length: 9999\r\n\r\n", b"x", 408, 0.5),
    "chunks": (CHUNKED + b"\r\n", b"1\r\nx\r\n", 408, 0.5),
    "application": (GET.replace(b"/x", b"/wait") + b"\r\n", b"", 503, 1.6),
    "idle after an answer": (GET + b"\r\n", b"", 200, 0.6),
}


def _drip(wire, raw: bytes, drip: bytes) -> tuple[list[int], float]:
    """The statuses received, and the seconds until the connection was closed."""
    began = time.monotonic()
    received = b""
    with wire.connect(timeout=0.05) as sock:
        sock.sendall(raw)
        while time.monotonic() - began < 3:
            try:
                chunk = sock.recv(65536)
            except TimeoutError:
                with contextlib.suppress(OSError):
                    sock.sendall(drip)
                continue
            except ConnectionResetError:
                break
            received += chunk
            if not chunk:
                break
    return _answers(received), time.monotonic() - began


def _never_reads(wire) -> tuple[int, float]:
    """The bytes found when it reads at last, and the seconds until it had them all."""
    began = time.monotonic()
    received = 0
    with socket.socket() as sock, contextlib.suppress(ConnectionResetError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(5)
        sock.connect(("127.0.0.1", wire.port))
        sock.sendall(GET.replace(b"/x", b"/large") + b"\r\n")
        time.sleep(2)
        while chunk := sock.recv(65536):
            received += len(chunk)
    return received, time.monotonic() - began


def test_slow_clients_are_waited_for_so_long_and_no_longer_while_others_are_served(wire) -> None:
    with ThreadPoolExecutor() as crowd:
        deaf = crowd.submit(_never_reads, wire)
        slow = {name: crowd.submit(_drip, wire, raw, drip) for name, (raw, drip, _, _) in SLOW.items()}
        while not all(future.done() for future in slow.values()):
            began = time.monotonic()
            assert wire.say(GET + CLOSE + b"\r\n").status == 200
            assert time.monotonic() - began < 2
            time.sleep(0.05)
    for name, (_, _, status, least) in SLOW.items():
        statuses, seconds = slow[name].result()
        assert statuses == ([status] if status else []), name
        assert least - 0.05 < seconds < least + 0.7, name
    received, seconds = deaf.result()
    assert received < 400 * 65536
    assert seconds < 3


def test_beyond_the_cap_connections_are_turned_away_until_others_leave(wire) -> None:
    with contextlib.ExitStack() as crowd:
        socks = [crowd.enter_context(wire.connect()) for _ in range(40)]
        for sock in socks:
            sock.sendall(GET + b"\r\n")
            assert b"200 OK" in sock.recv(65536)
        with wire.connect() as one_more:
            assert _answers(_until_closed(one_more)) == [503]
    time.sleep(0.1)
    assert wire.say(GET + CLOSE + b"\r\n").status == 200


# Answers


def test_a_line_break_in_a_header_never_reaches_the_wire(wire) -> None:
    answer = wire.say(GET.replace(b"/x", b"/split") + b"\r\n")
    assert answer.status == 500
    assert answer.header("set-cookie") is None


def test_an_answer_shorter_than_announced_is_broken_off(wire) -> None:
    assert wire.say(GET.replace(b"/x", b"/short") + b"\r\n").status == 500


def test_an_answer_without_length_is_chunked_and_for_http_1_0_ended_by_closing(wire) -> None:
    answer = wire.say(GET.replace(b"/x", b"/stream") + CLOSE + b"\r\n")
    assert answer.header("transfer-encoding") == "chunked"
    assert answer.body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    old = wire.say(b"GET /stream HTTP/1.0\r\n\r\n")
    assert (old.header("transfer-encoding"), old.body) == (None, b"onetwo")


def test_an_answer_that_has_no_body_has_no_length_of_one(wire) -> None:
    answer = wire.say(GET.replace(b"/x", b"/empty") + CLOSE + b"\r\n")
    assert (answer.status, answer.header("content-length"), answer.header("transfer-encoding")) == (204, None, None)


# Heads that are said again


def read_answers(line: socket.socket, count: int) -> list[bytes]:
    """The bodies of so many answers."""
    raw, bodies = b"", []
    while len(bodies) < count:
        head, blank, rest = raw.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1]) if blank else 0
        if not blank or len(rest) < length:
            piece = line.recv(65536)
            assert piece, raw
            raw += piece
        else:
            assert head.startswith(b"HTTP/1.1 200 "), head
            bodies.append(rest[:length])
            raw = rest[length:]
    return bodies


def told(raw: list[bytes], line: socket.socket, *, at_once: bool) -> list[bytes]:
    """What is answered to requests on one connection, sent one after the other or together."""
    if at_once:
        line.sendall(b"".join(raw))
        return read_answers(line, len(raw))
    answers = []
    for request in raw:
        line.sendall(request)
        answers += read_answers(line, 1)
    return answers


def posted(body: bytes, *, path: bytes = b"/x", more: bytes = b"") -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n%b" % (path, more, len(body), body)


BLANK = b"\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        [posted(b"one"), posted(b"two"), posted(b"three"), posted(b"two"), posted(b"one")],
        [posted(b"one"), posted(b"one", path=b"/y"), posted(b"one", more=b"X-A: b\r\n"), posted(b"two")],
        [posted(b""), posted(b""), GET + b"\r\n", GET + b"\r\n", posted(b"a")],
        # after the body, blank lines that belong to no request, and bodies that look like the end of a head
        [posted(BLANK + b"x") + BLANK, posted(BLANK + b"y") + BLANK, posted(BLANK + b"x") + BLANK],
        [posted(b"a" + BLANK) + b"\r\n", posted(BLANK + b"a") + b"\r\n", posted(BLANK + b"b") + b"\r\n"],
        [b"\r\n" + posted(b"abc"), b"\r\n" + posted(b"def"), posted(b"ghi"), b"\r\n" + posted(b"abc")],
        # a body that is a request itself, and the same bytes as a request
        [posted(posted(b"in")), posted(posted(b"ni")), posted(b"in"), posted(posted(b"in"))],
        [CHUNKED + b"\r\n1\r\na\r\n0\r\n\r\n", CHUNKED + b"\r\n1\r\nb\r\n0\r\n\r\n", posted(b"c")],
        [posted(b"a" * 3000), posted(b"b" * 3000), posted(b"c", more=b"X-Long: %b\r\n" % (b"l" * 3000))] * 2,
    ],
    ids=["bodies", "heads", "empty", "blank-lines", "blank-bodies", "leading", "nested", "chunked", "long"],
)
def test_what_is_said_again_is_read_as_the_first_time(wire, raw: list[bytes]) -> None:
    alone = []
    for request in raw:
        with wire.connect() as line:
            alone += told([request], line, at_once=True)
    for at_once in (False, True):
        with wire.connect() as line:
            assert told(raw, line, at_once=at_once) == alone


@pytest.mark.parametrize("ending", [CLOSE, b"Expect: 100-continue\r\n"], ids=["close", "expect"])
def test_what_ends_or_interrupts_a_connection_is_heard_each_time(wire, ending: bytes) -> None:
    with wire.connect() as line:
        assert len(told([posted(b"one"), posted(b"two")], line, at_once=False)) == 2
        line.sendall(posted(b"two", more=ending))
        answer = line.recv(65536)
        assert (b"connection: close" in answer) if ending == CLOSE else answer.startswith(b"HTTP/1.1 100 ")
