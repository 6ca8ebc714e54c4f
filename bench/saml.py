"""The servers of SAML that are compared: ours with one service, ours with ten thousand, and pysaml2 with xmlsec1."""

import base64
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from tests.support import installation
from tests.support.sign_in import Person

from bench.pysaml2_idp import SESSION
from bench.subjects import on_core
from bench.tally import Order
from bench.workloads import Workload

SERVICES = 10_000
"""How many there are in the crowded tenant."""
ASKED = 200
"""Of how many of them people go to: all are registered, and nobody uses all of them at once."""

ACS = "https://sp.bench.example/acs"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_USER = "bench@aoba.example"
_PERSON = {
    "user_name": _USER,
    "display_name": "太郎 山田",
    "email": "taro@aoba.example",
    "affiliation": "employee",
    "password": installation.PASSWORD,
    "claims": {
        "given_name": "太郎",
        "family_name": "山田",
        "nickname": "たろ",
        "phone_number": "+81 3 1234 5678",
    },
}
_TOLD = ("email", "display_name", "given_name", "family_name", "user_name", "affiliation", "phone_number", "nickname")
_SPACES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}


def entity_id(number: int) -> str:
    return f"https://sp{number}.bench.example/metadata"


@dataclass(frozen=True, slots=True)
class SamlSubject:
    """A running server: its main process, where it takes requests, and the certificate that it signs by (base64)."""

    name: str
    pid: int
    port: int
    host: str
    path: str
    services: Sequence[str]
    sessions: Sequence[str]
    certificate: str
    folder: Path
    database: Path | None = None

    def order(self, workload: Workload, *, connections: int, seconds: float) -> Order:  # noqa: ARG002 - as others
        return Order(
            port=self.port,
            host=self.host,
            path=self.path,
            authorization="",
            form="",
            connections=connections,
            seconds=seconds,
            sessions=self.sessions,
            services=self.services,
            destination=f"http://{self.host}{self.path}",
        )

    def recorded(self) -> int:
        """How many entries the audit trail has."""
        if self.database is None:
            return 0
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as trail:
            found: tuple[int] = trail.execute("SELECT count(*) FROM audit_entries").fetchone()
        return found[0]

    def verify(self, workload: Workload, sample: str) -> None:  # noqa: ARG002 - as others
        """Raises unless both signatures are right in the eyes of xmlsec1 and eight attributes are told."""
        document, certificate = self.folder / f"{self.name}.xml", self.folder / f"{self.name}.crt"
        document.write_bytes(base64.b64decode(sample))
        lines = "\n".join(self.certificate[at : at + 64] for at in range(0, len(self.certificate), 64))
        certificate.write_text(f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
        ids = [part for name in ("samlp:Response", "saml:Assertion") for part in ("--id-attr:ID", _long(name))]
        for path in ("/samlp:Response/ds:Signature", "/samlp:Response/saml:Assertion/ds:Signature"):
            where = "".join(f"/*[local-name()='{each.partition(':')[2]}']" for each in path.split("/")[1:])
            command = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(certificate), *ids, "--node-xpath", where]
            subprocess.run([*command, str(document)], check=True, capture_output=True)
        told = etree.parse(document).findall(".//saml:Attribute", _SPACES)
        if len(told) != len(_TOLD):
            raise ValueError(f"{self.name} told {len(told)} attributes of {len(_TOLD)}")


def _long(name: str) -> str:
    prefix, _, local_name = name.partition(":")
    return f"{_SPACES[prefix]}:{local_name}"


@dataclass(frozen=True, slots=True)
class SamlFilled:
    """Two installations that a demo has left behind; in both the same people are signed in."""

    one: installation.Installation
    many: installation.Installation
    sessions: tuple[str, ...]

    def database(self, left: installation.Installation) -> Path:
        return Path(left.settings["IDP_DATABASE_URL"].removeprefix("sqlite:///"))


def fill(directory: Path, *, people: int, services: int = SERVICES) -> SamlFilled:
    one, many = directory / "one", directory / "many"
    one.mkdir(parents=True)
    with installation.demo(one / "data", settings={"IDP_DATABASE_URL": f"sqlite:///{one / 'idp.db'}"}) as demo:
        made = demo.call("POST", "/tenants/aoba/users", _PERSON)
        assert made.status == 201, made
        _register(demo, range(1))
        sessions = _signed_in(demo, people)
    shutil.copytree(one, many)
    moved = {"IDP_DATABASE_URL": f"sqlite:///{many / 'idp.db'}", "IDP_DATA_DIR": str(many / "data")}
    left = replace(demo, data_dir=many / "data", settings={**demo.settings, **moved})
    with installation.serve(left, workers=1, port=installation.free_port()) as running:
        _register(running, range(1, services))
    return SamlFilled(demo, left, sessions)


def _register(running: installation.Installation, numbers: range) -> None:
    """On connections that last: there may be many."""
    own = threading.local()
    url = f"http://127.0.0.1:{running.port}/api/v1/tenants/aoba/services"
    headers = {"authorization": f"Bearer {running.api_key}", "host": running.base_url.partition("://")[2]}

    def register(number: int) -> None:
        answer: httpx2.Response = own.client.post(url, json=_document(number))
        assert answer.status_code == 201, answer.text

    def connect() -> None:
        own.client = httpx2.Client(trust_env=False, timeout=60, headers=headers)

    with ThreadPoolExecutor(8, initializer=connect) as pool:
        list(pool.map(register, numbers))


def _document(number: int) -> dict[str, Any]:
    attributes = [{"name": f"urn:bench:{source}", "source": source} for source in _TOLD]
    saml = {
        "entity_id": entity_id(number),
        "acs": [{"url": ACS, "binding": _POST}],
        "sign": "both",
        "attributes": attributes,
    }
    return {"name": f"SP {number}", "protocol": "saml", "assignment_required": False, "saml": saml}


def _signed_in(running: installation.Installation, people: int) -> tuple[str, ...]:
    found = []
    for _ in range(people):
        with Person(running.base_url, user=_USER) as person:
            person.visit(f"{running.issuer}/")
            found.append(person.cookies())
    return tuple(found)


@contextmanager
def ours(filled: SamlFilled, left: installation.Installation, name: str, *, core: int) -> Iterator[SamlSubject]:
    """`idp serve` with one worker, on durable SQLite, gate and audit as they ship."""
    port = installation.free_port()
    crowded = left is filled.many
    with installation.serve(left, workers=1, port=port, before=on_core(core)) as running:
        host = running.base_url.partition("://")[2]
        services = [entity_id(number) for number in (range(0, SERVICES, SERVICES // ASKED) if crowded else range(1))]
        published = urllib.request.Request(f"http://127.0.0.1:{port}/t/aoba/saml/metadata", headers={"host": host})
        yield SamlSubject(
            name,
            running.program.pid,
            port,
            host,
            "/t/aoba/saml/sso",
            services,
            filled.sessions,
            _certificate(published),
            left.data_dir.parent,
            filled.database(left),
        )


def _certificate(published: urllib.request.Request) -> str:
    with urllib.request.urlopen(published, timeout=30) as answer:
        root = etree.fromstring(answer.read())
    text = root.findtext(".//{urn:oasis:names:tc:SAML:2.0:metadata}IDPSSODescriptor//ds:X509Certificate", "", _SPACES)
    return "".join(text.split())


@contextmanager
def peer(directory: Path, *, core: int) -> Iterator[SamlSubject]:
    """pysaml2 with the xmlsec1 binary."""
    port, folder = installation.free_port(), directory / "pysaml2"
    folder.mkdir(parents=True)
    certificate = _make_key(folder)
    (folder / "sp.xml").write_text(_metadata(entity_id(0)))
    command = [*on_core(core), sys.executable, "-W", "ignore", "-m", "bench.pysaml2_idp", str(port), str(folder)]
    process = subprocess.Popen(command, cwd=installation.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        at = f"localhost:{port}"
        yield SamlSubject("pysaml2", process.pid, port, at, "/sso", [entity_id(0)], [SESSION], certificate, folder)
    finally:
        process.terminate()
        process.communicate()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the peer of SAML did not start")


def _make_key(folder: Path) -> str:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(name, name, private.public_key(), 1, now, now + timedelta(days=1)).sign(
        private, hashes.SHA256()
    )
    pem = serialization.Encoding.PEM
    plain, none = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    (folder / "idp.key").write_bytes(private.private_bytes(pem, plain, none))
    (folder / "idp.crt").write_bytes(certificate.public_bytes(pem))
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


def _metadata(name: str) -> str:
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{name}">'
        '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f'<md:AssertionConsumerService Binding="{_POST}" Location="{ACS}" index="0"/>'
        "</md:SPSSODescriptor></md:EntityDescriptor>"
    )
