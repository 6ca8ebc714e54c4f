"""The load generator against small servers that answer well and badly: it must notice each kind of bad answer."""

import asyncio
import base64
import contextlib
import itertools
import re
import zlib
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from bench.load import Result, load
from bench.tally import Order

Answer = Callable[[int], bytes]


def _json(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def _measured(answer: Answer, *, connections: int = 4) -> Result:
    """What the generator says of a server that gives `answer(n)` to the n-th request; empty closes the connection."""
    numbers = itertools.count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            assert b"Authorization: Basic xyz" in head
            assert await reader.readexactly(len("grant_type=client_credentials")) == b"grant_type=client_credentials"
            data = answer(next(numbers))
            if not data:
                break
            writer.write(data[:40])  # in two pieces, as a network may deliver it
            await asyncio.sleep(0)
            writer.write(data[40:])
        writer.close()

    async def measure() -> Result:
        async def tolerant(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except asyncio.IncompleteReadError:
                writer.close()

        async with await asyncio.start_server(tolerant, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            order = Order(port, "localhost", "/token", "Basic xyz", "grant_type=client_credentials", connections, 0.2)
            return await load(order)

    return asyncio.run(measure())


def test_distinct_tokens_are_counted_and_timed() -> None:
    result = _measured(lambda n: _json("200 OK", f'{{"access_token": "t{n}"}}'))
    assert result.good > 4
    assert result.bad == {}
    assert 0 < result.p50 <= result.p99
    assert result.elapsed >= 0.2


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda _: _json("200 OK", '{"access_token": "same"}'), "access token seen before"),
        (lambda _: _json("429 Too Many Requests", "{}"), "status 429"),
        (lambda _: _json("200 OK", '{"error": "server_error"}'), "no access token"),
        (lambda _: _json("200 OK", "<html>"), "no access token"),
        (lambda _: b"HTTP/1.1 200 OK\r\n\r\n{}", "no content-length"),
        (lambda _: b"", "connection lost"),
    ],
)
def test_an_answer_that_is_not_a_fresh_token_is_counted_as_bad(answer: Answer, complaint: str) -> None:
    assert _measured(answer).bad[complaint] >= 1


def _flow(redirect: str) -> Result:
    """What the generator says of a server whose authorization endpoint answers with `redirect`."""
    numbers = itertools.count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"GET /authorize?x "):
                    assert b"Cookie: session=one" in head
                    writer.write(redirect.format(code=f"c{next(numbers)}").replace("\n", "\r\n").encode())
                else:
                    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                    form = await reader.readexactly(length)
                    assert form.startswith(b"grant_type=authorization_code&code=c")
                    writer.write(_json("200 OK", f'{{"access_token": "of {form.decode()}"}}'))
        writer.close()

    async def measure() -> Result:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            form = "grant_type=authorization_code&code="
            return await load(Order(port, "localhost", "/token", "B", form, 2, 0.2, "/authorize?x", ("session=one",)))

    return asyncio.run(measure())


def test_a_flow_is_a_code_and_the_token_it_gives() -> None:
    result = _flow("HTTP/1.1 303 See Other\nlocation: https://rp/cb?state=x&code={code}&iss=y\ncontent-length: 0\n\n")
    assert result.good > 2
    assert result.bad == {}


@pytest.mark.parametrize(
    ("redirect", "complaint"),
    [
        ("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "authorization status 200"),
        ("HTTP/1.1 303 See Other\nLocation: https://rp/cb?error=x\nContent-Length: 0\n\n", "no code"),
    ],
)
def test_an_authorization_without_a_code_is_bad(redirect: str, complaint: str) -> None:
    assert _flow(redirect).bad[complaint] >= 1


SIGNED = "<ds:SignatureValue>AAAA</ds:SignatureValue>"
RESPONSE = (
    '<samlp:Response ID="_{number}" InResponseTo="{name}">{signature}<samlp:Status '
    'Value="urn:oasis:names:tc:SAML:2.0:status:Success"/><saml:Assertion><saml:SubjectConfirmationData '
    'InResponseTo="{name}"/>{signature}<saml:AttributeStatement></saml:AttributeStatement></saml:Assertion>'
)


def _sign_on(response: str, *, status: str = "200 OK", parameter: str = "SAMLResponse") -> Result:
    """What the generator says of a provider of SAML that answers every request like this."""
    numbers = itertools.count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                assert b"Cookie: session=one" in head
                query = parse_qs(head.split(b" ")[1].partition(b"?")[2].decode())
                request = zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), wbits=-15).decode()
                assert "<saml:Issuer>https://sp/</saml:Issuer>" in request
                (name,) = re.findall(' ID="([^"]+)"', request)
                text = response.format(number=next(numbers), name=name, signature=SIGNED)
                page = f'<input name="{parameter}" value="{base64.b64encode(text.encode()).decode()}">'
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(page)}\r\n\r\n{page}".encode())
        writer.close()

    async def measure() -> Result:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port, sessions = server.sockets[0].getsockname()[1], ("session=one",)
            order = Order(port, "localhost", "/sso", "", "", 2, 0.2, sessions=sessions, services=("https://sp/",))
            return await load(order)

    return asyncio.run(measure())


def test_a_sign_on_is_a_signed_answer_to_the_very_request() -> None:
    result = _sign_on(RESPONSE)
    assert result.good > 2
    assert result.bad == {}
    assert b"Response" in base64.b64decode(result.sample)


@pytest.mark.parametrize(
    ("result", "complaint"),
    [
        (lambda: _sign_on(RESPONSE, status="500 Oh"), "status 500"),
        (lambda: _sign_on(RESPONSE, parameter="code"), "no response"),
        (lambda: _sign_on(RESPONSE.replace("Success", "Responder")), "no success"),
        (lambda: _sign_on(RESPONSE.replace("{name}", "_1")), "answers another request"),
        (lambda: _sign_on(RESPONSE.replace("{signature}", "", 1)), "less than two signatures"),
        (lambda: _sign_on(RESPONSE.replace("{number}", "1")), "response seen before"),
    ],
)
def test_a_sign_on_that_is_none_is_counted_as_bad(result: Callable[[], Result], complaint: str) -> None:
    assert result().bad[complaint] >= 1
