"""The xmlsec1 program and signxml, which share no code with us, take what we make; we take what they make."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import signxml
from lxml import etree
from tests.support.saml_requests import REQUEST_ID, SP, authn_request, signed
from tests.support.xml_keys import Pair, ec_pair, rsa_pair

from idp import xml
from idp.signing import ContentCipher, KeyTransport, SignatureAlg
from idp.xml import DS, SAML, SAMLP, BadSignature, Element

STRONG = [alg for alg in SignatureAlg if not alg.is_weak]
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
Signer = Callable[[Path, Pair, SignatureAlg], bytes]


def pair_for(alg: SignatureAlg) -> Pair:
    return rsa_pair() if alg.is_rsa else ec_pair()


def xmlsec(folder: Path, data: bytes, command: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    document = folder / "document.xml"
    document.write_bytes(data)
    return subprocess.run(["xmlsec1", f"--{command}", *options, str(document)], capture_output=True, check=False)


def certificate_file(folder: Path, pair: Pair) -> str:
    place = folder / "certificate.pem"
    place.write_text(pair.certificate_pem)
    return str(place)


def key_file(folder: Path, pair: Pair) -> str:
    place = folder / "key.pem"
    place.write_bytes(pair.private_pem)
    return str(place)


def taken_by_xmlsec(folder: Path, data: bytes, pair: Pair) -> bool:
    options = "--pubkey-cert-pem", certificate_file(folder, pair), "--id-attr:ID", f"{SAMLP.uri}:AuthnRequest"
    return xmlsec(folder, data, "verify", *options).returncode == 0


@pytest.mark.parametrize("alg", STRONG)
def test_xmlsec1_takes_our_signatures_and_no_others(tmp_path: Path, alg: SignatureAlg) -> None:
    data = signed(authn_request(), pair_for(alg), alg)
    assert taken_by_xmlsec(tmp_path, data, pair_for(alg))
    assert not taken_by_xmlsec(tmp_path, data.replace(b"sp.example", b"xx.example"), pair_for(alg))
    assert not taken_by_xmlsec(tmp_path, data, rsa_pair("stranger"))


def taken_by_signxml(data: bytes, pair: Pair) -> bool:
    expected = signxml.SignatureConfiguration(location="./", expect_references=1)
    try:
        found = signxml.XMLVerifier().verify(
            data, x509_cert=pair.certificate_pem, id_attribute="ID", expect_config=expected
        )
    except (signxml.exceptions.InvalidInput, signxml.exceptions.InvalidSignature):
        return False
    assert not isinstance(found, list)
    return found.signed_xml is not None and found.signed_xml.findtext(SAML("Issuer")) == SP


@pytest.mark.parametrize("alg", STRONG)
def test_signxml_takes_our_signatures_and_no_others(alg: SignatureAlg) -> None:
    data = signed(authn_request(), pair_for(alg), alg)
    assert taken_by_signxml(data, pair_for(alg))
    assert not taken_by_signxml(data.replace(b"sp.example", b"xx.example"), pair_for(alg))
    assert not taken_by_signxml(data, rsa_pair("stranger"))


def template(alg: SignatureAlg) -> Element:
    """A request with the signature that is to be filled in."""
    request = authn_request()
    xml.sign(request, pair_for(alg).key, place=1, alg=SignatureAlg.RSA_SHA256 if alg.is_weak else alg)
    for name in ("SignatureValue", "DigestValue"):
        next(request.iter(DS(name))).text = None
    next(request.iter(DS("SignatureMethod"))).set("Algorithm", alg.value)
    next(request.iter(DS("DigestMethod"))).set("Algorithm", alg.digest.value)
    return request


def by_xmlsec(folder: Path, pair: Pair, alg: SignatureAlg) -> bytes:
    options = "--privkey-pem", key_file(folder, pair), "--id-attr:ID", f"{SAMLP.uri}:AuthnRequest"
    done = xmlsec(folder, xml.written(template(alg)), "sign", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(b'<?xml version="1.0"?>\n', b"")


class Lax(signxml.XMLSigner):
    def check_deprecated_methods(self) -> None:
        """As old service providers are."""


def by_signxml(_: Path, pair: Pair, alg: SignatureAlg) -> bytes:
    request = authn_request()
    request.insert(1, DS.make("Signature", Id="placeholder"))
    signer = Lax(
        signature_algorithm=alg.name.lower().replace("_", "-"),
        digest_algorithm=alg.digest.name.lower(),
        c14n_algorithm=EXCLUSIVE,
    )
    made = signer.sign(request, key=pair.private_pem, cert=pair.certificate_pem, reference_uri=REQUEST_ID)
    return etree.tostring(made)


@pytest.mark.parametrize("alg", STRONG)
@pytest.mark.parametrize("signer", [by_xmlsec, by_signxml])
def test_we_take_their_signatures_and_no_others(tmp_path: Path, signer: Signer, alg: SignatureAlg) -> None:
    root = xml.read(signer(tmp_path, pair_for(alg), alg))
    verified = xml.verify(root, [pair_for(alg).certificate], place=1)
    assert verified.findtext(SAML("Issuer")) == SP
    with pytest.raises(BadSignature, match="not_by_a_registered_key"):
        xml.verify(root, [rsa_pair("stranger").certificate], place=1)


@pytest.mark.attack("X8")
@pytest.mark.parametrize("signer", [by_xmlsec, by_signxml])
def test_sha_1_is_taken_where_that_was_decided_and_nowhere_else(tmp_path: Path, signer: Signer) -> None:
    root = xml.read(signer(tmp_path, rsa_pair(), SignatureAlg.RSA_SHA1))
    with pytest.raises(BadSignature, match="weak_algorithm"):
        xml.verify(root, [rsa_pair().certificate], place=1)
    assert xml.verify(root, [rsa_pair().certificate], place=1, sha1=True).get("ID") == REQUEST_ID


@pytest.mark.parametrize("cipher", ContentCipher)
def test_xmlsec1_reads_what_we_encrypt_and_only_its_receiver_does(tmp_path: Path, cipher: ContentCipher) -> None:
    secret = SAML.make("Issuer", "山田 花子 <&>")
    made = xml.encipher(secret, rsa_pair().certificate, cipher=cipher, transport=KeyTransport.RSA_OAEP_MGF1P)
    outer = xml.written(SAML.make("EncryptedAssertion", made))
    xml.refuse_unlike(xml.read(outer), SAML("EncryptedAssertion"))
    done = xmlsec(tmp_path, outer, "decrypt", "--privkey-pem", key_file(tmp_path, rsa_pair()))
    assert done.returncode == 0, done.stderr
    assert etree.fromstring(done.stdout).findtext(SAML("Issuer")) == "山田 花子 <&>"
    refused = xmlsec(tmp_path, outer, "decrypt", "--privkey-pem", key_file(tmp_path, rsa_pair("stranger")))
    assert refused.returncode != 0


def test_no_two_encryptions_are_alike() -> None:
    def once() -> bytes:
        return xml.written(
            xml.encipher(
                SAML.make("Issuer", "x"),
                rsa_pair().certificate,
                cipher=ContentCipher.AES256_GCM,
                transport=KeyTransport.RSA_OAEP_SHA256,
            )
        )

    assert once() != once()
