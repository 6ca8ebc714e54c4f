"""Signatures of XML for pysaml2, which otherwise runs the program xmlsec1 for each: verified in process by lxml and
cryptography. pysaml2 has judged their shape before it asks; what it has read is the one element with that ID."""

import base64
from copy import deepcopy
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree
from saml2.sigver import CryptoBackend

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_RSA: dict[str | None, hashes.HashAlgorithm] = {
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": hashes.SHA384(),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": hashes.SHA512(),
}
_DIGESTS: dict[str | None, hashes.HashAlgorithm] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384(),
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512(),
}


class InProcess(CryptoBackend):  # type: ignore[misc] # pysaml2 has no types
    @property
    def version(self) -> str:
        return "1.0.0"

    def validate_signature(
        self,
        enctext: str | bytes,
        cert_file: str,
        cert_type: str,  # noqa: ARG002 - as pysaml2 calls it
        node_name: str,  # noqa: ARG002
        node_id: str,
    ) -> bool:
        certificate = x509.load_pem_x509_certificate(Path(cert_file).read_bytes())
        return verifies(enctext, certificate.public_key(), node_id)


def verifies(document: str | bytes, key: object, node_id: str) -> bool:
    """Whether the element of that ID is signed by the key, by algorithms of today."""
    data = document if isinstance(document, bytes) else document.encode()
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    found = [each for each in root.iter() if each.get("ID") == node_id]
    if len(found) != 1 or not isinstance(key, rsa.RSAPublicKey):
        return False
    signature = found[0].find(f"{_DS}Signature")
    info = None if signature is None else signature.find(f"{_DS}SignedInfo")
    if signature is None or info is None:
        return False
    return _digest_is_right(found[0], info) and _is_signed(info, signature, key)


def _digest_is_right(element: etree._Element, info: etree._Element) -> bool:
    reference = info.find(f"{_DS}Reference")
    method = None if reference is None else reference.find(f"{_DS}DigestMethod")
    algorithm = None if method is None else _DIGESTS.get(method.get("Algorithm"))
    if reference is None or algorithm is None:
        return False
    bare = deepcopy(element)
    enveloped = bare.find(f"{_DS}Signature")
    assert enveloped is not None
    bare.remove(enveloped)
    digest = hashes.Hash(algorithm)
    digest.update(_canonical(bare))
    return digest.finalize() == base64.b64decode(reference.findtext(f"{_DS}DigestValue") or "")


def _is_signed(info: etree._Element, signature: etree._Element, key: rsa.RSAPublicKey) -> bool:
    method = info.find(f"{_DS}SignatureMethod")
    algorithm = None if method is None else _RSA.get(method.get("Algorithm"))
    if algorithm is None:
        return False
    value = base64.b64decode(signature.findtext(f"{_DS}SignatureValue") or "")
    try:
        key.verify(value, _canonical(info), padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
