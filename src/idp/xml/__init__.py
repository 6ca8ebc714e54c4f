"""Documents of XML, read and written in the one way that SAML needs here.

Owns what may be in a document at all (`reading`, `schemas`), the one shape of XML Signature that is made and taken, and
encryption to a receiver. A document that was signed is given back as it was signed: read again from the very bytes that
the signature covers, so that nobody can look at anything else. It fetches nothing, believes no key that a document
brings along, and knows neither services nor messages.
"""

from idp.xml.c14n import canonical, written
from idp.xml.enciphering import encipher
from idp.xml.names import DS, ECP, MD, SAML, SAMLP, SOAP, XENC, XML, Namespace
from idp.xml.reading import AGGREGATE, LARGEST_MESSAGE, MESSAGE, METADATA, BadXml, Element, Limits, read
from idp.xml.schemas import refuse_unlike
from idp.xml.signatures import sign
from idp.xml.verifying import BadSignature, signature_of, verify

__all__ = [
    "AGGREGATE",
    "DS",
    "ECP",
    "LARGEST_MESSAGE",
    "MD",
    "MESSAGE",
    "METADATA",
    "SAML",
    "SAMLP",
    "SOAP",
    "XENC",
    "XML",
    "BadSignature",
    "BadXml",
    "Element",
    "Limits",
    "Namespace",
    "canonical",
    "encipher",
    "read",
    "refuse_unlike",
    "sign",
    "signature_of",
    "verify",
    "written",
]
