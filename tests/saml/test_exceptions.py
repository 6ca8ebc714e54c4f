"""A service that cannot do better yet is excepted from a rule, until a day."""

from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from tests.support.provider import Provider
from tests.support.saml_party import SSO, SamlParty, register
from tests.support.xml_keys import rsa_pair

from idp import xml
from idp.saml.inflating import deflate, to_base64
from idp.signing import SignatureAlg

THEIRS = rsa_pair("theirs")


def by_sha1(party: SamlParty) -> str:
    """As some sign that have never been told of anything else."""
    assert isinstance(THEIRS.private, rsa.RSAPrivateKey)
    values = {"SAMLRequest": to_base64(deflate(xml.written(party.request()))), "SigAlg": SignatureAlg.RSA_SHA1.value}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())
    signature = to_base64(THEIRS.private.sign(query.encode(), padding.PKCS1v15(), SHA1()))
    return f"{SSO}?{query}&Signature={quote(signature, safe='')}"


@pytest.mark.attack("X8")
def test_sha_1_is_taken_of_whom_it_was_granted_to_and_until_then(provider: Provider) -> None:
    browser = provider.browser()
    strict = register(provider, "strict", pair=THEIRS)
    assert browser.get(by_sha1(strict)).status == 400
    day = provider.clock.now().date().isoformat()
    excepted = register(provider, "old", pair=THEIRS, sha1_until=day)
    assert browser.get(by_sha1(excepted)).status == 303
    assert browser.get(excepted.address()).status == 303
    provider.clock.advance(days=1)
    assert browser.get(by_sha1(excepted)).status == 400
    assert browser.get(excepted.address()).status == 303
