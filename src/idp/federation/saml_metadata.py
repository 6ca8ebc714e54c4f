"""What a service says of itself (SAML metadata 2), read into the members of a registration, where it is then judged.

Metadata is believed because an administrator has brought it, or because the key that was pinned has signed it. It may
come in a collection: then one service is chosen by its name, and nobody else's word counts. Imported when it is needed,
because the reader of XML is heavy.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from idp import xml
from idp.federation.saml_vocabulary import Binding, NameIdFormat
from idp.kit.clock import micros, parse
from idp.signing import Certificate, ContentCipher
from idp.xml import DS, MD, METADATA, SAMLP, XML, BadSignature, BadXml, Element

_SIGNATURE_PLACE = 0
_ENTITY = MD("EntityDescriptor")


class BadMetadata(ValueError):
    """`code` is stable, `where` an element or attribute; the message is for whoever brought it."""

    def __init__(self, code: str, message: str, *, where: str = "", found: object = None, expected: object = None):
        super().__init__(f"{where}: {message}" if where else message)
        self.code = code
        self.found = found
        self.expected = expected


class Metadata(NamedTuple):
    """`members` as in the document of a registration. What the service asks for beside that: `wants_signed_assertions`,
    and attributes by name. `valid_until` is in microseconds, None where it says nothing."""

    members: dict[str, Any]
    wants_signed_assertions: bool
    requested: tuple[tuple[str, bool], ...]  # name, required
    ciphers: tuple[ContentCipher, ...]
    names: dict[str, str]
    valid_until: int | None


def read(data: bytes, *, entity_id: str | None = None, pinned: Sequence[Certificate] = ()) -> Metadata:
    """Of the one service in it, or of the one that is called `entity_id`. With `pinned` keys one of them must have
    signed the whole. Whether it is still valid is for whoever takes it to say. Raises `BadMetadata`."""
    try:
        root = xml.read(data, METADATA)
        xml.refuse_unlike(root, MD("EntitiesDescriptor") if root.tag == MD("EntitiesDescriptor") else _ENTITY)
        if pinned:
            root = xml.verify(root, pinned, place=_SIGNATURE_PLACE, limits=METADATA)
    except BadXml as bad:
        raise BadMetadata(bad.code, str(bad)) from bad
    except BadSignature as bad:
        said = "The metadata is not signed by the key that was pinned, or was changed afterwards."
        raise BadMetadata("signature", said, where="Signature", found=bad.code) from bad
    entity = _chosen(root, entity_id)
    role = _role(entity)
    return Metadata(
        members=dict(_members(entity, role)),
        wants_signed_assertions=_flag(role, "WantAssertionsSigned"),
        requested=tuple(_requested(role)),
        ciphers=_ciphers(role),
        names=_names(role),
        valid_until=_valid_until(root, role),
    )


def _chosen(root: Element, entity_id: str | None) -> Element:
    entities = [root] if root.tag == _ENTITY else list(root.iter(_ENTITY))
    if entity_id is None:
        if len(entities) != 1:
            said = "This is a collection: say by entity_id which of them is meant."
            raise BadMetadata("collection", said, where="EntitiesDescriptor", found=len(entities), expected=1)
        return entities[0]
    found = [each for each in entities if each.get("entityID") == entity_id]
    if len(found) != 1:
        said = "Exactly one service has the name that was asked for."
        raise BadMetadata("entity_id", said, where="@entityID", found=len(found), expected=entity_id)
    return found[0]


def _role(entity: Element) -> Element:
    """Metadata 2.4.4; roles of other protocols, and as anything but a service, are not looked at."""
    roles = [each for each in entity.findall(MD("SPSSODescriptor")) if SAMLP.uri in _protocols(each)]
    if len(roles) != 1:
        said = "There must be one description of a service of SAML 2.0."
        raise BadMetadata("no_service", said, where="SPSSODescriptor", found=len(roles), expected=1)
    return roles[0]


def _protocols(role: Element) -> list[str]:
    return role.get("protocolSupportEnumeration", "").split()


def _valid_until(root: Element, role: Element) -> int | None:
    """The earliest of those around it (metadata 2.3.1, 2.3.2, 2.4.1)."""
    said = [text for each in _around(root, role) if (text := each.get("validUntil")) is not None]
    return min(map(_instant, said), default=None)


def _around(root: Element, role: Element) -> Iterator[Element]:
    inner: Element | None = role
    while inner is not None:
        yield inner
        inner = None if inner is root else inner.getparent()


def _instant(text: str) -> int:
    try:
        return micros(parse(text if text[-1:] in "Zz" or "+" in text else f"{text}Z"))
    except ValueError as error:
        raise BadMetadata("valid_until", "This is no instant in UTC.", where="@validUntil", found=text) from error


def _members(entity: Element, role: Element) -> Iterator[tuple[str, Any]]:
    yield "entity_id", entity.get("entityID")
    yield "acs", list(_consumers(role))
    yield "slo", list(_logouts(role))
    yield "certificates", list(_certificates(role))
    yield "require_signed_requests", _flag(role, "AuthnRequestsSigned")
    formats = [(each.text or "").strip() for each in role.findall(MD("NameIDFormat"))]
    if known := [each for each in formats if each in set(NameIdFormat)]:
        yield "nameid_format", known[0]


def _consumers(role: Element) -> Iterator[dict[str, Any]]:
    """Metadata 2.4.4 and 2.2.3; addresses for other bindings than ours answer to nobody."""
    for each in role.findall(MD("AssertionConsumerService")):
        if each.get("Binding") in {Binding.POST, Binding.ARTIFACT, Binding.PAOS}:
            said = {"url": each.get("Location"), "binding": each.get("Binding"), "index": int(each.get("index", "0"))}
            yield said if each.get("isDefault") is None else {**said, "default": _flag(each, "isDefault")}


def _logouts(role: Element) -> Iterator[dict[str, Any]]:
    for each in role.findall(MD("SingleLogoutService")):
        if each.get("Binding") in {Binding.POST, Binding.REDIRECT, Binding.SOAP}:
            said = {"url": each.get("Location"), "binding": each.get("Binding")}
            response = each.get("ResponseLocation")
            yield said if response is None else {**said, "response_url": response}


def _certificates(role: Element) -> Iterator[dict[str, Any]]:
    """A key without a use is for both (metadata 2.4.1.1): whoever reads it as none would not verify at all."""
    for described in role.findall(MD("KeyDescriptor")):
        for each in described.iter(DS("X509Certificate")):
            use = described.get("use")
            text = "".join((each.text or "").split())
            yield {"certificate": text} if use is None else {"certificate": text, "use": use}


def _requested(role: Element) -> Iterator[tuple[str, bool]]:
    """Metadata 2.4.4.1: those of the service that is asked for by default."""
    services = role.findall(MD("AttributeConsumingService"))
    chosen = next((each for each in services if _flag(each, "isDefault")), services[0] if services else None)
    for each in [] if chosen is None else chosen.findall(MD("RequestedAttribute")):
        yield each.get("Name", ""), _flag(each, "isRequired")


def _ciphers(role: Element) -> tuple[ContentCipher, ...]:
    """Metadata 2.4.1.1: what it can read; nothing said is anything."""
    known = {each.value: each for each in ContentCipher}
    said = [each.get("Algorithm", "") for each in role.iter(MD("EncryptionMethod"))]
    return tuple(known[each] for each in said if each in known)


def _names(role: Element) -> dict[str, str]:
    """Metadata Extensions for Login and Discovery 2.1.2, by language."""
    names = role.iter("{urn:oasis:names:tc:SAML:metadata:ui}DisplayName")
    return {each.get(XML("lang"), ""): each.text.strip() for each in names if each.text}


def _flag(element: Element, name: str) -> bool:
    return element.get(name) in {"true", "1"}  # XML Schema 2, 3.2.2.1
