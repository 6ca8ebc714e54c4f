"""Certificates are envelopes of keys: what is no key that we take is refused when it is read."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.support.xml_keys import NOW_US, ec_pair, rsa_pair

from idp.signing import SignatureAlg, any_verifies, certify, read_certificate
from idp.signing.foreign_keys import BadKey
from idp.signing.keys import Private

STRONG = [alg for alg in SignatureAlg if not alg.is_weak]


def text_of(private: Private) -> str:
    return base64.b64encode(certify(private, name="Aoba", now_us=NOW_US)).decode()


@pytest.mark.parametrize("alg", STRONG)
def test_a_signature_is_of_one_key_and_one_message(alg: SignatureAlg) -> None:
    pair = rsa_pair() if alg.is_rsa else ec_pair()
    signature = pair.key.signature(alg, b"message")
    everybody = [rsa_pair("stranger").certificate, ec_pair().certificate, rsa_pair().certificate]
    assert pair.certificate.verifies(alg, b"message", signature)
    assert any_verifies(everybody, alg, b"message", signature)
    assert not pair.certificate.verifies(alg, b"another", signature)
    assert not pair.certificate.verifies(alg, b"message", signature[:-1])
    assert not any_verifies(everybody[:1], alg, b"message", signature)
    assert not any_verifies([], alg, b"message", signature)


def test_a_certificate_says_whose_it_is_and_until_when() -> None:
    found = rsa_pair().certificate
    assert found.subject == "CN=Aoba"
    assert found.not_before == NOW_US
    assert found.not_after - found.not_before == 3_652 * 86_400 * 1_000_000
    assert len(found.fingerprint) == 64


def test_a_certificate_is_read_with_and_without_armour() -> None:
    assert read_certificate(rsa_pair().certificate_pem) == rsa_pair().certificate
    assert read_certificate("\n " + rsa_pair().certificate.text[:64] + "\r\n" + rsa_pair().certificate.text[64:])


def test_the_same_key_at_the_same_instant_gives_the_same_certificate() -> None:
    private = rsa_pair().private
    assert certify(private, name="Aoba", now_us=NOW_US) == rsa_pair().certificate.der


@pytest.mark.attack("X8")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_certificate"),
        ("AAAA", "invalid_certificate"),
        ("not base64!", "invalid_certificate"),
        ("A" * 40_000, "too_large"),
    ],
)
def test_what_is_no_certificate_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadKey) as refused:
        read_certificate(text)
    assert refused.value.code == code


@pytest.mark.attack("X8")
@pytest.mark.parametrize(
    "private",
    [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256K1())],
    ids=["RSA of 1024 bits", "secp256k1"],
)
def test_a_weak_key_is_refused(private: Private) -> None:
    with pytest.raises(BadKey) as refused:
        read_certificate(text_of(private))
    assert refused.value.code == "weak_key"
    assert read_certificate(text_of(rsa_pair().private))
