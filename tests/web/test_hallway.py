import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import structlog

from idp.kit.errors import Unavailable
from idp.web.asgi import App, Receive, Scope, Send, json_response, respond
from idp.web.dispatch import Dispatcher, Route
from idp.web.hallway import Hallway

REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{10}")


async def careless(scope: Scope, receive: Receive, send: Send) -> None:
    """Fails in every way that an application can."""
    match scope["path"]:
        case "/silent":
            return
        case "/half":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        case "/own":
            headers = [(b"cache-control", b"public, max-age=60"), (b"x-request-id", b"theirs")]
            await json_response(send, 200, {}, headers)
            return
        case "/nothing":
            await respond(send, 204)
            return
        case "/deaf":
            message = await receive()
            await json_response(send, 200, {"gone": message["type"] == "http.disconnect"})
            return
        case "/down":
            raise Unavailable("the database is gone: sesame")
    raise RuntimeError("the secret word is swordfish")


@pytest.fixture(scope="module")
def application(echoing: App) -> App:
    wild = frozenset({"GET", "POST", "PUT"})
    paths = ["/health/live", "/t/{tenant}/par", "/t/{tenant}/token", "/api/v1/x", "/x"]
    return Dispatcher([Route(path, wild, f"echo {path}", echoing) for path in paths], careless)


@pytest.fixture(scope="module")
def wire(serving: Callable[..., AbstractContextManager], application: App) -> Iterator:
    with (
        structlog.testing.capture_logs() as log,
        serving(Hallway(application, base_url="https://idp.example")) as wire,
    ):
        wire.log = log
        yield wire


@pytest.fixture(scope="module")
def behind_proxy(serving: Callable[..., AbstractContextManager], application: App) -> Iterator:
    with serving(
        Hallway(application, base_url="https://idp.example", trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"])
    ) as wire:
        yield wire


# The host


@pytest.mark.parametrize("host", ["idp.example", "IDP.Example"])
def test_the_host_of_the_base_url_is_answered(wire, host) -> None:
    assert wire.ask("/x", host=host).json()["scheme"] == "https"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "idp.example.",
        "idp.example:443",
        "idp.example:80@evil.example",
        "127.0.0.1",
        "",
        "idp.example, x",
    ],
)
def test_any_other_host_is_misdirected(wire, host) -> None:
    assert wire.ask("/x", host=host).status == 421


def test_two_hosts_are_refused_even_when_they_agree(wire) -> None:
    for second in ("idp.example", "evil.example"):
        assert wire.ask("/x", f"Host: {second}").status == 400
        assert wire.ask("/health/live", f"Host: {second}").status == 400


def test_no_host_is_refused(wire) -> None:
    assert wire.ask("/x", host=None).status == 400


def test_health_is_answered_under_any_host_and_nothing_beside_it_is(wire) -> None:
    assert wire.ask("/health/live", host="10.0.0.7:8080").status == 200
    assert wire.ask("/health/live", host=None).status == 200
    assert wire.ask("/health/livez", host="10.0.0.7:8080").status == 421


@pytest.mark.parametrize(
    "field",
    ["Authorization: Bearer a", "Content-Type: text/plain", "Origin: null", "DPoP: a", "Idempotency-Key: a"],
)
def test_a_field_with_two_readings_is_refused(wire, field) -> None:
    assert wire.ask("/x", field).status == 200
    assert wire.ask("/x", field, field).status == 400


# The path and the method


@pytest.mark.parametrize(
    "path", ["//x", "/./x", "/a/../x", "/x;a=1", "/%2e%2e/x", "/a%2fx", "/a%5Cx", "/a\\x", "/x.", "/%78"]
)
def test_a_path_in_another_form_is_refused(wire, path) -> None:
    assert wire.ask(path).status == 400


@pytest.mark.parametrize("path", ["/x", "/x?a=//../%2e%2e;b"])
def test_a_path_in_its_normal_form_is_answered_whatever_its_query_holds(wire, path) -> None:
    assert wire.ask(path).json()["path"] == "/x"


@pytest.mark.parametrize("method", ["PROPFIND", "SUBSCRIBE"])
def test_methods_that_nothing_here_knows_are_refused(wire, method) -> None:
    assert wire.ask("/x", method=method).status == 501


# The client's address


@pytest.mark.parametrize(
    "field",
    [
        "X-Forwarded-For: 203.0.113.9",
        "Forwarded: for=203.0.113.9",
        "X-Real-IP: 203.0.113.9",
        "X_Forwarded_For: 203.0.113.9",
        "X-Forwarded_For: 203.0.113.9",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: http",
        "X-Original-URL: /api/v1/x",
    ],
)
def test_what_a_stranger_forwards_is_neither_believed_nor_passed_on(wire, field) -> None:
    seen = wire.ask("/x", field).json()
    assert seen["address"] == seen["client"][0] == "127.0.0.1"
    assert seen["scheme"] == "https"
    assert seen["fields"] == seen["table"] == ["host", "connection"]


def test_a_trusted_proxy_is_believed(behind_proxy) -> None:
    seen = behind_proxy.ask("/x", "X-Forwarded-For: 203.0.113.9").json()
    assert (seen["address"], seen["client"]) == ("203.0.113.9", ["203.0.113.9", 0])
    assert "x-forwarded-for" not in seen["fields"]


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        (["X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        (["X-Forwarded-For: 203.0.113.9", "X_Forwarded_For: 198.51.100.1"], "203.0.113.9"),
        (["X-Forwarded-For: 203.0.113.9", "Forwarded: for=198.51.100.1", "X-Real-IP: 198.51.100.1"], "203.0.113.9"),
        (["X-Forwarded-For: 203.0.113.9", "Connection: X-Forwarded-For"], "203.0.113.9"),
        ([], "::"),
        (["X_Forwarded_For: 198.51.100.1"], "::"),
        (["Forwarded: for=198.51.100.1"], "::"),
    ],
)
def test_only_what_the_proxy_itself_appended_counts(behind_proxy, fields, address) -> None:
    assert behind_proxy.ask("/x", *fields).json()["address"] == address


def test_a_proxy_that_names_no_address_is_told_so(behind_proxy) -> None:
    assert behind_proxy.ask("/x", "X-Forwarded-For: unknown").status == 400


# Bodies


def _chunked(size: int, *, times: int) -> bytes:
    return (b"%x\r\n" % size + b"x" * size + b"\r\n") * times + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/t/aoba/token", 64 * 1024), ("/t/aoba/par", 256 * 1024), ("/api/v1/x", 1024 * 1024), ("/x", 64 * 1024)],
)
def test_a_body_is_taken_up_to_its_limit_and_not_a_byte_beyond(wire, path, limit) -> None:
    assert wire.ask(path, method="POST", body=b"x" * limit).json()["length"] == limit
    assert wire.ask(path, f"Content-Length: {limit + 1}", method="POST").status == 413


def test_a_body_without_a_declared_length_is_cut_off_at_the_limit(wire) -> None:
    head = b"POST /x HTTP/1.1\r\nHost: idp.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert wire.say(head + _chunked(1024, times=64)).json()["length"] == 64 * 1024
    assert wire.say(head + _chunked(1024, times=65)).status == 413


def test_an_application_that_reads_on_after_the_limit_cannot_answer_for_us(wire) -> None:
    head = b"POST /deaf HTTP/1.1\r\nHost: idp.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert wire.say(head + _chunked(70_000, times=1)).status == 413


# Answers


def test_every_answer_carries_the_security_headers(wire) -> None:
    answers = [
        wire.ask("/x"),
        wire.ask("/nothing"),
        wire.ask("/x", host="evil.example"),
        wire.ask("/broken"),
        wire.ask("/t/aoba/token", method="DELETE"),
    ]
    assert [answer.status for answer in answers] == [200, 204, 421, 500, 405]
    for answer in answers:
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("referrer-policy") == "no-referrer"
        assert answer.header("cache-control") == "no-store"
        assert answer.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"
        assert answer.header("x-frame-options") == "DENY"
        assert answer.header("cross-origin-resource-policy") == "same-origin"
        assert answer.header("strict-transport-security") == "max-age=63072000"
        assert REFERENCE.fullmatch(answer.header("x-request-id"))


def test_what_a_door_says_itself_is_left_alone(wire) -> None:
    answer = wire.ask("/own")
    assert answer.header("cache-control") == "public, max-age=60"
    assert answer.header("x-request-id") == "theirs"
    assert answer.header("x-frame-options") == "DENY"


def test_strict_transport_is_asked_for_on_https_only(serving, application) -> None:
    with serving(Hallway(application, base_url="http://idp.example")) as plain:
        assert plain.ask("/x").header("strict-transport-security") is None


def test_each_request_has_its_own_reference_and_the_door_knows_it(wire) -> None:
    answers = [wire.ask("/x") for _ in range(5)]
    references = {answer.header("x-request-id") for answer in answers}
    assert len(references) == 5
    assert {answer.json()["reference"] for answer in answers} == references


# Failures


def test_an_unforeseen_failure_is_logged_under_the_reference_and_told_without_detail(wire) -> None:
    for path in ("/broken", "/silent"):
        answer = wire.ask(path)
        reference = answer.header("x-request-id")
        assert answer.status == 500
        assert reference in answer.body.decode()
        assert b"swordfish" not in answer.body
        logged = next(line for line in wire.logged(answer) if line["log_level"] == "error")
        if path == "/broken":
            assert "swordfish" in str(logged["exc_info"])


def test_a_meaning_that_no_door_rendered_keeps_its_status(wire) -> None:
    answer = wire.ask("/down")
    assert (answer.status, answer.header("retry-after")) == (503, "2")
    assert b"sesame" not in answer.body
    assert "sesame" in wire.logged(answer)[0]["detail"]


def test_below_the_api_failures_are_problem_documents(wire) -> None:
    answer = wire.ask("/api/broken")
    assert answer.header("content-type") == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong here. The reference finds it in the log.",
        "code": "internal",
        "reference": answer.header("x-request-id"),
    }
    assert wire.ask("/api/v1/x", "Content-Length: 9999999", method="POST").json()["code"] == "too_large"
    assert wire.ask("/api//x").json()["code"] == "malformed_path"


def test_half_an_answer_is_broken_off_and_not_completed(wire) -> None:
    answer = wire.ask("/half")
    assert (answer.header("content-length"), answer.body) == ("9", b"half")


def test_pages_of_failure_can_be_handed_in(serving, application) -> None:
    def page(scope: Scope, status: int, reference: str):
        return ([(b"content-type", b"text/html")], f"<h1>{status} {reference}".encode()) if status == 500 else None

    with serving(Hallway(application, base_url="http://idp.example", render_failure=page)) as paged:
        answer = paged.ask("/broken")
        assert answer.body.decode() == f"<h1>500 {answer.header('x-request-id')}"
        assert paged.ask("/api/broken").header("content-type") == "application/problem+json"
        assert paged.ask("//x").header("content-type") == "text/plain; charset=utf-8"


# The log


def test_one_line_tells_of_a_request_and_nothing_that_was_in_it(wire) -> None:
    answer = wire.ask("/t/aoba/token?code=sesame", "Authorization: Bearer sesame", method="POST", body=b"secret=sesame")
    (line,) = wire.logged(answer)
    line = dict(line)
    assert line.pop("ms") < 5000
    assert line == {
        "event": "request",
        "log_level": "info",
        "reference": answer.header("x-request-id"),
        "method": "POST",
        "endpoint": "echo /t/{tenant}/token",
        "status": 200,
        "bytes": len(answer.body),
    }


def test_an_unknown_path_is_not_written_into_the_log(wire) -> None:
    answer = wire.ask("/nothing/sesame")
    assert "sesame" not in str(wire.logged(answer)[-1])


def test_a_client_that_leaves_is_logged_as_gone(wire) -> None:
    before = len(wire.log)
    with wire.connect() as leaving:
        leaving.sendall(b"POST /x HTTP/1.1\r\nHost: idp.example\r\nContent-Length: 10\r\n\r\nhalf")
    while len(wire.log) == before:
        wire.ask("/health/live")
    assert [line["log_level"] for line in wire.log[before:]] == ["info"] * len(wire.log[before:])


def test_addresses_are_logged_when_asked_for(serving, application) -> None:
    with (
        structlog.testing.capture_logs() as log,
        serving(Hallway(application, base_url="http://idp.example", log_addresses=True)) as noted,
    ):
        noted.ask("/x")
    assert [line["address"] for line in log] == ["127.0.0.1"]


def test_a_base_url_without_a_host_is_refused(application) -> None:
    with pytest.raises(ValueError, match="idp"):
        Hallway(application, base_url="idp.example")


# Heads that are said again on one connection

HEADS = {
    "plain": b"Host: idp.example\r\n",
    "other host": b"Host: idp.examplf\r\n",  # as long as the first
    "no host": b"Hosx: idp.example\r\n",
    "forwarded": b"Host: idp.example\r\nX-Forwarded-For: 203.0.113.9\r\n",
    "otherwise forwarded": b"Host: idp.example\r\nX-Forwarded-For: 203.0.113.8\r\n",
    "underscore": b"Host: idp.example\r\nX_Forwarded_For: 203.0.113.9\r\n",
    "twice": b"Host: idp.example\r\nOrigin: a\r\nOrigin: b\r\n",
}


def _said_on(line: socket.socket, head: bytes) -> tuple[int, dict[str, object]]:
    """The status, and what of the answer does not differ from one request to the next."""
    line.sendall(b"POST /x HTTP/1.1\r\n%bContent-Length: 2\r\n\r\nab" % head)
    raw = line.recv(65536)  # head and body leave in one piece
    status, body = int(raw[9:12]), raw.partition(b"\r\n\r\n")[2]
    seen = json.loads(body) if status == 200 else {}
    seen.pop("reference", None)
    return status, {**seen, "client": seen.get("client", [""])[0]}


def test_what_is_kept_with_a_head_is_that_heads_own(behind_proxy) -> None:
    alone = {}
    for name, head in HEADS.items():
        with behind_proxy.connect() as line:
            alone[name] = _said_on(line, head)
    assert {status for status, _ in alone.values()} == {200, 400, 421}
    assert alone["forwarded"][1]["address"] == "203.0.113.9"
    with behind_proxy.connect() as line:
        for name in [*HEADS, *HEADS, *reversed(HEADS)]:
            assert [_said_on(line, HEADS[name]) for _ in range(3)] == [alone[name]] * 3, name


def test_every_answer_to_the_same_head_has_a_reference_of_its_own(wire) -> None:
    with wire.connect() as line:
        answers = []
        for _ in range(5):
            line.sendall(b"GET /x HTTP/1.1\r\nHost: idp.example\r\n\r\n")
            answers.append(line.recv(65536))
    references = [re.search(rb"x-request-id: (\S+)", answer)[1] for answer in answers]
    assert len(set(references)) == 5
    assert all(b'"reference":"%b"' % reference in answer for answer, reference in zip(answers, references, strict=True))
