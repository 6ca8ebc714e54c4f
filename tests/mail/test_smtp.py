"""A real mail server, in every mood."""

import email
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from tests.mail.conftest import SENDER

from idp.delivery import Impossible, PutOff
from idp.kit.clock import instant, monotonic
from idp.kit.smtp_urls import parse_smtp_url
from idp.mail import Mailbox, Smtp
from idp.mail.message import Letter, message

LETTER = Letter((Mailbox("山田 太郎", "taro@aoba.example"),), "件名", "一行目\n.二行目\n", "<p>本文</p>", "ja")


class Moody:
    """`answers` by the step at which they are given."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.received: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - likewise
        if "data" in self.answers:
            return self.answers["data"]
        read = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(read, EmailMessage)
        self.received.append(read)
        return "250 OK"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of `localhost`, by nobody that a machine knows: certificate and key."""
    home = tmp_path_factory.mktemp("smtp")
    cert, key = home / "cert.pem", home / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    assert isinstance(given, LoginPassword)
    return AuthResult(success=given == LoginPassword(b"warifu", b"p@ss:word"))


@contextmanager
def serving(moody: Moody, *, files: tuple[Path, Path] | None = None, tls: bool = False, **more: Any) -> Iterator[int]:
    context = None
    if files is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    class Server(Controller):
        def factory(self) -> SMTP:
            return SMTP(moody, tls_context=None if tls else context, enable_SMTPUTF8=True, hostname="test", **more)

    server = Server(moody, hostname="localhost", port=port, ssl_context=context if tls else None)
    server.start()
    try:
        yield port
    finally:
        server.stop()


def deliver(url: str, *, extra_ca: Path | None = None, seconds: float = 20, letter: Letter = LETTER) -> None:
    written = message(letter, sender=SENDER, message_id="dlv_1", date=instant(0))
    Smtp(parse_smtp_url(url), extra_ca=extra_ca, patience=5).deliver(written, "dlv_1", until=monotonic() + seconds)


def test_a_letter_arrives_whole() -> None:
    moody = Moody()
    with serving(moody) as port:
        deliver(f"smtp://localhost:{port}")
    (letter,) = moody.received
    body = letter.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "一行目\n.二行目\n"
    assert (letter["Subject"], letter["Message-ID"]) == ("件名", "<dlv_1@idp.example>")


def test_credentials_go_over_tls_to_a_server_that_an_extra_authority_vouches_for(
    certificate: tuple[Path, Path],
) -> None:
    moody = Moody()
    with serving(moody, files=certificate, require_starttls=True, authenticator=login, auth_required=True) as port:
        deliver(f"starttls://warifu:p%40ss%3Aword@localhost:{port}", extra_ca=certificate[0])
        with pytest.raises(PutOff, match="smtp_login_failed"):
            deliver(f"starttls://warifu:wrong@localhost:{port}", extra_ca=certificate[0])
    with serving(moody, files=certificate, tls=True) as port:
        deliver(f"smtps://localhost:{port}", extra_ca=certificate[0])
    assert len(moody.received) == 2


def test_a_server_that_nobody_vouches_for_gets_nothing(certificate: tuple[Path, Path]) -> None:
    moody = Moody()
    for tls in (True, False):
        scheme = "smtps" if tls else "starttls"
        with serving(moody, files=certificate, tls=tls) as port, pytest.raises(PutOff, match="smtp_tls_failed"):
            deliver(f"{scheme}://localhost:{port}")
    with serving(moody) as port, pytest.raises(PutOff, match="smtp_not_supported"):
        deliver(f"starttls://localhost:{port}")
    assert moody.received == []


@pytest.mark.parametrize(
    ("step", "answer", "failure", "code"),
    [
        ("rcpt", "550 no such mailbox: taro@aoba.example", Impossible, "smtp_550"),
        ("rcpt", "451 later", PutOff, "smtp_451"),
        ("data", "554 refused", Impossible, "smtp_554"),
        ("data", "452 full", PutOff, "smtp_452"),
    ],
)
def test_answers_are_kept_as_numbers(step: str, answer: str, failure: type[Exception], code: str) -> None:
    with serving(Moody(**{step: answer})) as port, pytest.raises(failure) as refused:
        deliver(f"smtp://localhost:{port}")
    assert str(refused.value) == code


def test_a_server_that_is_not_there_or_does_not_answer_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = monotonic()
        with pytest.raises(PutOff, match="smtp_unreachable"):
            deliver(f"smtp://127.0.0.1:{port}", seconds=1)
        assert monotonic() - began < 4
    with pytest.raises(PutOff, match="smtp_unreachable"):
        deliver(f"smtp://127.0.0.1:{port}")


def test_no_letter_is_begun_when_the_lease_is_nearly_over() -> None:
    moody = Moody()
    with serving(moody) as port, pytest.raises(PutOff, match="smtp_slow"):
        deliver(f"smtp://localhost:{port}", seconds=2.5)
    assert moody.received == []


@pytest.mark.parametrize(
    "url",
    ["http://host", "host:25", "smtp://", "smtp://host:x", "smtp://user:secret@mail.example", "smtp://host/path"],
)
def test_a_wrong_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="expected") as refused:
        parse_smtp_url(url)
    assert "secret" not in str(refused.value)
