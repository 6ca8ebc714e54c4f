"""Messages as administrators may see them: without signatures and certificates, and of what is said of persons nothing
but its shape. Pure."""

import re
from copy import deepcopy
from string import ascii_letters, digits
from typing import Any

from lxml import etree

from idp.saml.model import Attribute, NameId
from idp.xml import DS, MD, SAML, SAMLP, Element

LONGEST = 8_000
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_ASCII = str.maketrans(dict.fromkeys(ascii_letters, "x") | dict.fromkeys(digits, "9"))
# Whose text says nothing of a person.
_OPEN = {
    SAML("Issuer"),
    SAML("AuthnContextClassRef"),
    SAML("AuthnContextDeclRef"),
    SAMLP("RequesterID"),
    SAMLP("GetComplete"),
    SAMLP("StatusMessage"),
}
# Attributes of the protocol's own elements whose values do so neither.
_PLAIN = {
    "ID",
    "Version",
    "IssueInstant",
    "Destination",
    "Consent",
    "InResponseTo",
    "AssertionConsumerServiceURL",
    "AssertionConsumerServiceIndex",
    "AttributeConsumingServiceIndex",
    "ProtocolBinding",
    "ForceAuthn",
    "IsPassive",
    "Format",
    "AllowCreate",
    "SPNameQualifier",
    "Comparison",
    "NotBefore",
    "NotOnOrAfter",
    "Method",
    "Reason",
    "ProxyCount",
    "ProviderID",
    "Value",
    "NameFormat",
    "index",
    "isDefault",
}
_KNOWN = (SAML.uri, SAMLP.uri, MD.uri)


def shape(text: str) -> str:
    """`xxxx@xxxx.xxxxxxx`: enough to see that something is empty, too long, or of another kind than was meant."""
    if text.isascii():  # as most values are, on the way of every sign-on
        return text.translate(_ASCII)
    return _DIGIT.sub("9", _LETTER.sub("x", text))


def redacted(root: Element) -> str:
    """The message without its signatures; `root` stays as it is."""
    bare = deepcopy(root)
    for signature in list(bare.iter(DS("Signature"))):
        parent = signature.getparent()
        if parent is not None:
            parent.remove(signature)
    for each in bare.iter(etree.Element):
        if each.tag in _OPEN:
            continue
        each.text = shape(each.text) if each.text else each.text
        each.tail = shape(each.tail) if each.tail else each.tail
        _shape_attributes(each)
    text = etree.tostring(bare, encoding="unicode")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _shape_attributes(element: Element) -> None:
    """All at once: to set them one by one takes the square of their number."""
    is_known = etree.QName(element).namespace in _KNOWN  # of extensions nobody here knows what stands in them
    shaped = {n: v if is_known and n in _PLAIN else shape(str(v)) for n, v in element.items()}
    if shaped:
        element.attrib.clear()
        element.attrib.update(shaped)


def named(name: NameId | None) -> dict[str, Any] | None:
    if name is None:
        return None
    return {"format": name.format.value, "value": shape(name.value), "sp_name_qualifier": name.sp_name_qualifier}


def attributed(attributes: tuple[Attribute, ...]) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "friendly_name": each.friendly_name, "values": [shape(value) for value in each.values]}
        for each in attributes
    ]
