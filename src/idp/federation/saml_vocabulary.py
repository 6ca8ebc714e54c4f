"""Words of SAML 2.0 with which a service is registered."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from idp.kit.fields import Fields

E = TypeVar("E", bound=StrEnum)

LONGEST_ENTITY_ID = 1_024  # core 8.3.6
_IN_URI = r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
ENTITY_ID = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:" + _IN_URI)
# An absolute URI it should be (core 8.3.6), but some have given themselves a bare name, such as box.net; for xs:anyURI
# that will do.
FOREIGN_ENTITY_ID = re.compile(_IN_URI)
_SHORT = re.compile(r"[^:/#]+$")


class Binding(StrEnum):
    """Bindings 3.2 to 3.6: how a message gets from one to the other."""

    REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
    SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
    PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"


class NameIdFormat(StrEnum):
    """Core 8.3: those by which a person is named here."""

    PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"


class NameFormat(StrEnum):
    """Core 8.2: how the name of an attribute is to be read."""

    URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
    BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
    UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"


class Signs(StrEnum):
    """What of an answer is signed."""

    ASSERTION = "assertion"
    RESPONSE = "response"
    BOTH = "both"

    @property
    def assertion(self) -> bool:
        return self is not Signs.RESPONSE

    @property
    def response(self) -> bool:
        return self is not Signs.ASSERTION


def short(word: StrEnum) -> str:
    """`persistent` for that format: what stands behind the last separator of an identifier."""
    found = _SHORT.search(word.value)
    return found[0] if found else word.value


def chosen(fields: Fields, name: str, words: Sequence[E], *, default: E) -> E:
    """By its identifier, or by the short name of it that people write."""
    value = fields.given(name)
    if value is None:
        return default
    for word in words:
        if value in (word.value, short(word)):
            return word
    fields.refuse(
        name, "unknown_value", "This value is not known.", found=value, expected=[short(each) for each in words]
    )
    return default
