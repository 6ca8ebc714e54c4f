"""Somebody else's server, as our outbound calls meet it: TLS under its own authority, and any answer one likes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.kit.clock import SystemClock, instant


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Say = Callable[[Asked], bytes | Iterable[bytes]]


def answer(body: bytes = b"{}", *, status: int = 200, content_type: str = "application/json", **headers: str) -> bytes:
    """A whole answer of HTTP; `some_name` in `headers` is `some-name`."""
    fields = {"content-type": content_type, "content-length": str(len(body)), "connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body


@dataclass
class Outside:
    """`pages` by their path with query; `connections` counts also those that say nothing."""

    port: int
    ca: Path
    pages: dict[str, bytes | Say] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/", *, host: str = "localhost", scheme: str = "https") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            asked = _read(stream)  # type: ignore[arg-type]
            if asked is None:
                return
            self.asked.append(asked)
            page = self.pages.get(asked.path, answer(b"nothing here", status=404, content_type="text/plain"))
            said = page(asked) if callable(page) else page
            for part in [said] if isinstance(said, bytes) else said:
                connection.sendall(part)


@contextmanager
def outside(home: Path, *, names: Iterable[str] = ("localhost", "127.0.0.1", "rp.example"), tls: bool = True,
            known: bool = True) -> Iterator[Outside]:  # fmt: skip
    """On a port of 127.0.0.1. `known` False: its certificate is under another authority than `ca`."""
    ca, chain = _certificates(home, list(names))
    if not known:
        ca, _ = _certificates(home, list(names))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        there = Outside(listening.getsockname()[1], ca)
        threading.Thread(target=_accept, args=(listening, there, context if tls else None), daemon=True).start()
        yield there
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, there: Outside, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        there.connections += 1
        threading.Thread(target=_answer, args=(connection, there, context), daemon=True).start()


def _answer(connection: socket.socket, there: Outside, context: ssl.SSLContext | None) -> None:
    connection.settimeout(20)
    with suppress(OSError):  # whoever asked has hung up
        there.serve(connection if context is None else context.wrap_socket(connection, server_side=True))
    connection.close()


def _read(stream: Iterable[bytes]) -> Asked | None:
    lines = iter(stream)
    first = next(lines, b"").decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    for line in lines:
        if line == b"\r\n":
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))  # type: ignore[attr-defined]
    return Asked(first[0], first[1], headers, body)


def _certificates(home: Path, names: list[str]) -> tuple[Path, Path]:
    """The authority, and the chain with its key."""
    now = instant(SystemClock().now_us())
    above, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, f"authority {above.public_key().public_numbers().x}"[:60])]
    )
    authority = _begun(issuer, issuer, above.public_key(), now)
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = authority.sign(above, hashes.SHA256())
    of = [
        x509.IPAddress(ip_address(each)) if each[0].isdigit() or ":" in each else x509.DNSName(each) for each in names
    ]
    leaf = _begun(x509.Name([]), issuer, key.public_key(), now).add_extension(
        x509.SubjectAlternativeName(of), critical=True
    )
    signed = leaf.sign(above, hashes.SHA256())
    serial = f"{root.serial_number:x}"
    ca, chain = home / f"ca-{serial}.pem", home / f"server-{serial}.pem"
    ca.write_bytes(root.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return ca, chain


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
