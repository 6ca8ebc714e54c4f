"""Signatures that nobody should take: of the one shape that is known here, by whatever algorithm one likes."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.support.xml_keys import Pair

from idp import xml
from idp.saml.inflating import deflate, to_base64
from idp.xml import DS, Element

DSIG = "http://www.w3.org/2000/09/xmldsig#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
ENVELOPED = f"{DSIG}enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


class Forgery(NamedTuple):
    """The names that it gives its algorithms, and how its values are really made."""

    method: str
    value: Callable[[Pair, bytes], bytes]
    digest_method: str = "http://www.w3.org/2001/04/xmlenc#sha256"
    digest: Callable[[bytes], bytes] = lambda data: hashlib.sha256(data).digest()
    canonical: str = EXCLUSIVE
    transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE)


def by_rsa(algorithm: hashes.HashAlgorithm) -> Callable[[Pair, bytes], bytes]:
    def value(pair: Pair, message: bytes) -> bytes:
        assert isinstance(pair.private, rsa.RSAPrivateKey)
        return pair.private.sign(message, padding.PKCS1v15(), algorithm)

    return value


def by_hmac(name: str) -> Callable[[Pair, bytes], bytes]:
    """With the public key, which everybody knows, as the secret."""
    return lambda pair, message: hmac.new(pair.certificate.der, message, name).digest()


def by_nothing(_: Pair, __: bytes) -> bytes:
    return b""


HONEST = Forgery(f"{MORE}rsa-sha256", by_rsa(hashes.SHA256()))
DOWNGRADES = {
    "rsa-sha1": Forgery(f"{DSIG}rsa-sha1", by_rsa(hashes.SHA1())),
    "rsa-md5": Forgery(f"{MORE}rsa-md5", by_rsa(hashes.MD5())),
    "hmac-sha1": Forgery(f"{DSIG}hmac-sha1", by_hmac("sha1")),
    "hmac-sha256": Forgery(f"{MORE}hmac-sha256", by_hmac("sha256")),
    "dsa-sha1": Forgery(f"{DSIG}dsa-sha1", by_rsa(hashes.SHA1())),
    "ripemd": Forgery(f"{MORE}rsa-ripemd160", by_rsa(hashes.SHA256())),
    "none": Forgery("none", by_nothing),
    "no name": Forgery("", by_nothing),
    "sha-256 under the name of sha-512": Forgery(f"{MORE}rsa-sha512", by_rsa(hashes.SHA256())),
    "an elliptic name": Forgery(f"{MORE}ecdsa-sha256", by_rsa(hashes.SHA256())),
    "pss": Forgery("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", by_rsa(hashes.SHA256())),
    "no value": Forgery(f"{MORE}rsa-sha256", by_nothing),
}
DIGESTS = {
    "digest sha1": HONEST._replace(digest_method=f"{DSIG}sha1", digest=lambda data: hashlib.sha1(data).digest()),
    "digest md5": HONEST._replace(digest_method=f"{MORE}md5", digest=lambda data: hashlib.md5(data).digest()),
    "digest of nothing": HONEST._replace(digest=lambda _: b""),
    "digest none": HONEST._replace(digest_method="none", digest=lambda _: b""),
    "inclusive form": HONEST._replace(canonical="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    "form with comments": HONEST._replace(canonical=f"{EXCLUSIVE}WithComments"),
    "xslt": HONEST._replace(transforms=(ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116")),
    "xpath": HONEST._replace(transforms=(ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116")),
    "base64": HONEST._replace(transforms=(f"{DSIG}base64", EXCLUSIVE)),
    "not enveloped": HONEST._replace(transforms=(EXCLUSIVE,)),
    "no transforms": HONEST._replace(transforms=()),
}


def forged(element: Element, pair: Pair, forgery: Forgery) -> Element:
    """Signs it behind its issuer."""
    info = DS.make(
        "SignedInfo",
        DS.make("CanonicalizationMethod", Algorithm=forgery.canonical),
        DS.make("SignatureMethod", Algorithm=forgery.method),
        DS.make(
            "Reference",
            DS.make("Transforms", *(DS.make("Transform", Algorithm=each) for each in forgery.transforms)),
            DS.make("DigestMethod", Algorithm=forgery.digest_method),
            DS.make("DigestValue", to_base64(forgery.digest(xml.canonical(element)))),
            URI=f"#{element.get('ID')}",
        ),
    )
    value = to_base64(forgery.value(pair, xml.canonical(info)))
    certificate = DS.make("X509Data", DS.make("X509Certificate", base64.b64encode(pair.certificate.der).decode()))
    element.insert(1, DS.make("Signature", info, DS.make("SignatureValue", value), DS.make("KeyInfo", certificate)))
    return element


def forged_query(element: Element, pair: Pair, forgery: Forgery) -> str:
    """Bindings 3.4.4.1."""
    values = {"SAMLRequest": to_base64(deflate(xml.written(element))), "SigAlg": forgery.method}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())
    return f"{query}&Signature={quote(to_base64(forgery.value(pair, query.encode())), safe='')}"
