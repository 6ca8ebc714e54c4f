"""Whole messages, taken by programs that share no code with us (xmlsec1, signxml, pysaml2), and theirs by us."""

import base64
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import signxml
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.response import StatusRequestDenied, UnsolicitedResponse, VerificationError
from saml2.sigver import SignatureError
from saml2.validate import ResponseLifetimeExceed
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256
from tests.support.saml_messages import ACS, ATTRIBUTES, IDP, NAME_ID, idp_metadata, response
from tests.support.saml_requests import REQUEST_ID, SP
from tests.support.xml_keys import Pair, ec_pair, rsa_pair

from idp import xml
from idp.federation import Signs, saml_metadata
from idp.saml import answers, codec, elements, metadata
from idp.saml.model import Kind, Outcome, Status
from idp.signing import ContentCipher, SignatureAlg
from idp.web.forms import Form
from idp.xml import SAML, SAMLP

SSO = "https://id.example/t/aoba/saml/sso"


def files(folder: Path, pair: Pair) -> tuple[str, str]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    key.write_bytes(pair.private_pem)
    certificate.write_text(pair.certificate_pem)
    return str(key), str(certificate)


def xmlsec(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["xmlsec1", *arguments], capture_output=True, check=False)


def taken_by_xmlsec(folder: Path, data: bytes, pair: Pair, name: str, uri: str) -> bool:
    """The signature that stands in the element of that name."""
    document = folder / "document.xml"
    document.write_bytes(data)
    path = f"//*[local-name()='{name}']/*[local-name()='Signature']"
    _, certificate = files(folder, pair)
    ids = [option for each in ("Response", "Assertion") for option in ("--id-attr:ID", f"{_space(each)}:{each}")]
    assert uri == _space(name)
    done = xmlsec("--verify", "--pubkey-cert-pem", certificate, *ids, "--node-xpath", path, str(document))
    return done.returncode == 0


def _space(name: str) -> str:
    return SAML.uri if name == "Assertion" else SAMLP.uri


@pytest.mark.parametrize("alg", [SignatureAlg.RSA_SHA256, SignatureAlg.RSA_SHA512, SignatureAlg.ECDSA_SHA256])
def test_xmlsec1_takes_both_signatures_and_those_of_no_other_key(tmp_path: Path, alg: SignatureAlg) -> None:
    pair = rsa_pair() if alg.is_rsa else ec_pair()
    data = response(pair=pair, alg=alg)
    for name in ("Response", "Assertion"):
        assert taken_by_xmlsec(tmp_path, data, pair, name, _space(name))
        assert not taken_by_xmlsec(tmp_path, data, rsa_pair("stranger"), name, _space(name))
    assert not taken_by_xmlsec(tmp_path, data.replace(b"hanako", b"jiro00"), pair, "Assertion", SAML.uri)


def test_signxml_takes_the_assertion_where_it_stands() -> None:
    root = xml.read(response(signs=Signs.ASSERTION))
    found = signxml.XMLVerifier().verify(root, x509_cert=rsa_pair().certificate_pem, id_attribute="ID")
    assert not isinstance(found, list)
    assert found.signed_xml is not None
    assert found.signed_xml.tag == SAML("Assertion")


@pytest.mark.parametrize("cipher", ContentCipher)
def test_xmlsec1_decrypts_the_assertion_and_takes_its_signature(tmp_path: Path, cipher: ContentCipher) -> None:
    document = tmp_path / "encrypted.xml"
    document.write_bytes(response(receiver=rsa_pair("receiver").certificate, cipher=cipher))
    key, _ = files(tmp_path, rsa_pair("receiver"))
    done = xmlsec("--decrypt", "--privkey-pem", key, str(document))
    assert done.returncode == 0, done.stderr
    decrypted = done.stdout
    assert b"hanako@aoba.example" in decrypted
    assert taken_by_xmlsec(tmp_path, decrypted, rsa_pair(), "Assertion", SAML.uri)


def now_us() -> int:
    """pysaml2 looks at the machine's clock."""
    return time.time_ns() // 1_000


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Saml2Client:
    """A service on pysaml2, which has read our metadata."""
    folder = tmp_path_factory.mktemp("sp")
    key, certificate = files(folder, rsa_pair("receiver"))
    ours = idp_metadata(rsa_pair(), now_us=now_us(), sso=SSO)
    metadata.sign(ours, rsa_pair().key, SignatureAlg.RSA_SHA256)
    endpoints = {
        "assertion_consumer_service": [(ACS, BINDING_HTTP_POST)],
        "single_logout_service": [("https://sp.example/slo", BINDING_HTTP_REDIRECT)],
    }
    service = {"endpoints": endpoints, "want_response_signed": True, "want_assertions_signed": True}
    settings = {
        "entityid": SP,
        "xmlsec_binary": shutil.which("xmlsec1"),
        "service": {"sp": service},
        "metadata": {"inline": [xml.written(ours).decode()]},
        "key_file": key,
        "cert_file": certificate,
        "encryption_keypairs": [{"key_file": key, "cert_file": certificate}],
    }
    return Saml2Client(SPConfig().load(settings))


def taken_by_pysaml2(provider: Saml2Client, data: bytes) -> Any:
    text = base64.b64encode(data).decode()
    return provider.parse_authn_request_response(text, BINDING_HTTP_POST, outstanding={REQUEST_ID: "/"})


@pytest.mark.parametrize("encrypted", [False, True])
def test_pysaml2_signs_somebody_in(provider: Saml2Client, *, encrypted: bool) -> None:
    receiver = rsa_pair("receiver").certificate if encrypted else None
    found = taken_by_pysaml2(provider, response(now_us=now_us(), receiver=receiver))
    assert found.name_id.text == NAME_ID.value
    assert found.issuer() == IDP
    assert found.ava["mail"] == list(ATTRIBUTES[0].values)
    assert found.ava["displayName"] == list(ATTRIBUTES[1].values)


@pytest.mark.attack("X5", "X9")
def test_pysaml2_takes_nothing_that_was_not_for_it(provider: Saml2Client) -> None:
    for wrong in (
        response(now_us=now_us(), pair=rsa_pair("stranger")),
        response(now_us=now_us()).replace(b"hanako", b"jiro00"),
        response(now_us=now_us(), signs=Signs.ASSERTION),
        response(now_us=now_us(), request_id="_other"),
        response(now_us=now_us() - 3_600_000_000),
    ):
        found = None
        with suppress(SignatureError, VerificationError, UnsolicitedResponse, ResponseLifetimeExceed):
            found = taken_by_pysaml2(provider, wrong)
        assert found is None


def test_pysaml2_understands_why_somebody_was_refused(provider: Saml2Client) -> None:
    denied = answers.response(
        Outcome(Status.RESPONDER, Status.REQUEST_DENIED, "契約"),
        entity_id=IDP,
        destination=ACS,
        request_id=REQUEST_ID,
        at_us=now_us(),
    )
    elements.sign(denied, rsa_pair().key, SignatureAlg.RSA_SHA256)
    with pytest.raises(StatusRequestDenied, match="契約"):
        taken_by_pysaml2(provider, xml.written(denied))


def test_we_take_the_metadata_of_pysaml2(provider: Saml2Client) -> None:
    found = saml_metadata.read(str(entity_descriptor(provider.config)).encode())
    assert found.members["entity_id"] == SP
    assert [(each["url"], each["binding"]) for each in found.members["acs"]] == [(ACS, BINDING_HTTP_POST)]
    assert {each["certificate"] for each in found.members["certificates"]} == {rsa_pair("receiver").certificate.text}
    assert found.described.wants_signed_assertions


def test_we_take_the_requests_of_pysaml2(provider: Saml2Client) -> None:
    known = [rsa_pair("receiver").certificate]
    made, info = provider.prepare_for_authenticate(
        IDP, "/back", binding=BINDING_HTTP_REDIRECT, sign=True, sigalg=SIG_RSA_SHA256
    )
    query = urlsplit(dict(info["headers"])["Location"]).query.encode()
    by_redirect = codec.verified(codec.from_redirect(query, [Kind.AUTHN_REQUEST]), known, required=True)
    assert by_redirect.root.get("ID") == made
    _, posted = provider.create_authn_request(
        SSO, binding=BINDING_HTTP_POST, sign=True, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256
    )
    form = Form((("SAMLRequest", base64.b64encode(str(posted).encode()).decode()),))
    by_post = codec.verified(codec.from_post(form, [Kind.AUTHN_REQUEST]), known, required=True)
    assert by_post.root.get("Destination") == SSO
