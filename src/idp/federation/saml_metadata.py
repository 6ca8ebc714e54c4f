"""What a service says of itself (SAML metadata 2), read into the members of a registration, where it is then judged.

Metadata is believed because an administrator has brought it, or because the key that was pinned has signed it. It may
come in a collection: then one service is chosen by its name, and nobody else's word counts. Imported when it is needed,
because the reader of XML is heavy.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from idp import xml
from idp.federation import saml_pace, saml_subject_ids
from idp.federation.saml_described import Described
from idp.federation.saml_vocabulary import Binding, NameIdFormat
from idp.kit.clock import micros, parse
from idp.signing import Certificate, ContentCipher
from idp.xml import DS, MD, METADATA, SAML, SAMLP, XML, BadSignature, BadXml, Element, Limits

_SIGNATURE_PLACE = 0
_MOST = 100
_LONGEST = 2_000
_MDUI = "urn:oasis:names:tc:SAML:metadata:ui"
_RPI = "urn:oasis:names:tc:SAML:metadata:rpi"
_ENTITY_ATTRIBUTES = "urn:oasis:names:tc:SAML:metadata:attribute"
_CATEGORY = "http://macedir.org/entity-category"
_ENTITIES, _ENTITY = MD("EntitiesDescriptor"), MD("EntityDescriptor")


class BadMetadata(ValueError):
    """`code` is stable, `where` an element or attribute; the message is for whoever brought it."""

    def __init__(self, code: str, message: str, *, where: str = "", found: object = None, expected: object = None):
        super().__init__(f"{where}: {message}" if where else message)
        self.code = code
        self.found = found
        self.expected = expected


class Metadata(NamedTuple):
    """`members` as in the document of a registration, `described` what the service says beside that. `valid_until` is
    in microseconds, None where it says nothing. `collective`: it stood in a collection."""

    members: dict[str, Any]
    described: Described
    ciphers: tuple[ContentCipher, ...]
    valid_until: int | None
    collective: bool


def read(
    data: bytes, *, entity_id: str | None = None, pinned: Sequence[Certificate] = (), limits: Limits = METADATA
) -> Metadata:
    """Of the one service in it, or of the one that is called `entity_id`. With `pinned` keys one of them must have
    signed the whole. Whether it is still valid is for whoever takes it to say. Raises `BadMetadata`."""
    try:
        root = xml.read(data, limits)
        xml.refuse_unlike(root, _ENTITIES if root.tag == _ENTITIES else _ENTITY)
        if pinned:
            root = xml.verify(root, pinned, place=_SIGNATURE_PLACE, limits=limits)
    except BadXml as bad:
        raise BadMetadata(bad.code, str(bad)) from bad
    except BadSignature as bad:
        said = "The metadata is not signed by the key that was pinned, or was changed afterwards."
        raise BadMetadata("signature", said, where="Signature", found=bad.code) from bad
    entity = _chosen(root, entity_id)
    role = _role(entity)
    return Metadata(
        members=dict(_members(entity, role)),
        described=_described(root, entity, role),
        ciphers=_ciphers(role),
        valid_until=_valid_until(root, role),
        collective=root.tag != _ENTITY,
    )


def _chosen(root: Element, entity_id: str | None) -> Element:
    entities = list(_entities(root))
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


def _entities(root: Element) -> Iterator[Element]:
    """Metadata 2.3.1. What stands anywhere else, as in a member's extensions, is that member's word about another."""
    if root.tag == _ENTITY:
        yield root
    elif root.tag == _ENTITIES:
        for each in root:
            yield from _entities(each)


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
    if needed := saml_subject_ids.required(_entity_attribute(entity, saml_subject_ids.REQUIREMENT)):
        yield "subject_id", needed.value


def _entity_attribute(entity: Element, name: str) -> Iterator[str]:
    """RFC 8409 4: of the service itself, and not of one of its roles."""
    for attributes in _extended(entity, _ENTITY_ATTRIBUTES, "EntityAttributes"):
        for each in attributes.findall(SAML("Attribute")):
            if each.get("Name") == name:
                values = ((value.text or "").strip() for value in each.findall(SAML("AttributeValue")))
                yield from (value for value in values if 0 < len(value) <= _LONGEST)


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


def _described(root: Element, entity: Element, role: Element) -> Described:
    formats = [(each.text or "").strip() for each in role.findall(MD("NameIDFormat"))]
    registration = next(iter(_extended(entity, _RPI, "RegistrationInfo")), None)
    return Described(
        requested=tuple(_requested(role))[:_MOST],
        signs_requests=_flag(role, "AuthnRequestsSigned"),
        wants_signed_assertions=_flag(role, "WantAssertionsSigned"),
        name_id_format=next((each for each in formats if each in set(NameIdFormat)), None),
        names=_in_languages(role, "DisplayName"),
        descriptions=_in_languages(role, "Description"),
        privacy=_in_languages(role, "PrivacyStatementURL"),
        categories=tuple(_entity_attribute(entity, _CATEGORY))[:_MOST],
        authority=None if registration is None else registration.get("registrationAuthority"),
        registered_at=None if registration is None else registration.get("registrationInstant"),
        cached=_cached(root, role),
    )


def _extended(element: Element, namespace: str, name: str) -> list[Element]:
    return element.findall(f"{MD('Extensions')}/{{{namespace}}}{name}")


def _in_languages(role: Element, name: str) -> tuple[tuple[str, str], ...]:
    """Metadata Extensions for Login and Discovery 2.1, by language; the first of each."""
    found: dict[str, str] = {}
    for information in _extended(role, _MDUI, "UIInfo"):
        for each in information.findall(f"{{{_MDUI}}}{name}"):
            if text := (each.text or "").strip():
                found.setdefault(each.get(XML("lang"), ""), text[:_LONGEST])
    return tuple(found.items())[:_MOST]


def _cached(root: Element, role: Element) -> int | None:
    """The shortest of those around it (metadata 2.3.1, 2.3.2, 2.4.1)."""
    said = (saml_pace.duration(text) for each in _around(root, role) if (text := each.get("cacheDuration")) is not None)
    return min((each for each in said if each is not None), default=None)


def _flag(element: Element, name: str) -> bool:
    return element.get(name, "").strip() in {"true", "1"}  # XML Schema 2, 3.2.2.1; white space collapses (4.3.6)
