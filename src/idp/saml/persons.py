"""What a service is told of a person: one name, and attributes under the names that the service knows."""

from typing import NamedTuple

from idp import federation, users
from idp.federation import NameFormat, NameIdFormat, SamlService, Service, SubjectId
from idp.kit.units import Unit
from idp.saml import places
from idp.saml.elements import new_id
from idp.saml.judging import name_format
from idp.saml.model import Attribute, NameId
from idp.saml.requests import AuthnRequest
from idp.sessions import Allowed


class Person(NamedTuple):
    """`name` is None where the person has none of the format that is wanted; `new_name` has yet to be kept."""

    name: NameId | None
    attributes: tuple[Attribute, ...]
    new_name: str | None = None


class _OwnName(NamedTuple):
    """Under which this service alone knows the person."""

    value: str
    is_new: bool


def told(unit: Unit, service: Service, user_id: str, request: AuthnRequest, *, issuer: str) -> Person:
    saml, own = service.saml, places.entity_id(issuer)
    assert saml is not None
    format_ = name_format(request, saml)
    source = _source(saml, format_)
    wanted = [*(each.source for each in saml.attributes), *([source] if source else [])]
    known = users.attributes_of(unit, users.get(unit, user_id), wanted) if wanted else {}
    attributes = tuple(
        Attribute(each.name, texts(known[each.source]), each.format, each.friendly_name)
        for each in saml.attributes
        if each.source in known
    )
    is_named = format_ is not None and source is None and format_ is not NameIdFormat.TRANSIENT
    named = _own_name(unit, service, user_id) if is_named or saml.subject_id.is_pairwise else None
    identifier = _identifier(saml, user_id, named, scope=places.scope(issuer))
    person = Person(None, (*identifier, *attributes), named.value if named and named.is_new else None)
    if format_ is None:
        return person
    if source is not None:
        values = texts(known.get(source, ()))
        return person._replace(name=NameId(values[0], format_, own, saml.entity_id) if len(values) == 1 else None)
    value = named.value if is_named and named else new_id()
    return person._replace(name=NameId(value, format_, own, saml.entity_id))


def _own_name(unit: Unit, service: Service, user_id: str) -> _OwnName:
    kept = federation.find_person_name(unit, service_id=service.id, user_id=user_id)
    return _OwnName(kept or federation.new_person_name(), kept is None)


def _identifier(saml: SamlService, user_id: str, named: _OwnName | None, *, scope: str) -> tuple[Attribute, ...]:
    """As the service needs it (Subject Identifier Attributes Profile 2.5.1)."""
    if saml.subject_id is SubjectId.SUBJECT:
        value = federation.subject_id(user_id, scope)
        return (Attribute(federation.SUBJECT_ID, (value,), NameFormat.URI, "subject-id"),)
    if saml.subject_id.is_pairwise and named is not None:
        value = federation.pairwise_id(named.value, scope)
        return (Attribute(federation.PAIRWISE_ID, (value,), NameFormat.URI, "pairwise-id"),)
    return ()


def disclosed(saml: SamlService, request: AuthnRequest) -> Allowed:
    """What the person lets it know, whether or not there is such a thing to know of them: who it is, and attributes."""
    source = _source(saml, name_format(request, saml))
    sources = {each.source for each in saml.attributes} | ({source} if source else set())
    return Allowed(frozenset({"openid"} | {f"person.{each}" for each in sources}))


def _source(saml: SamlService, format_: NameIdFormat | None) -> str | None:
    """None: a name that is made. One that is for once alone never says who it is."""
    if format_ is NameIdFormat.TRANSIENT:
        return None
    if format_ is saml.name_id_format and saml.name_id_source:
        return saml.name_id_source
    return "email" if format_ is NameIdFormat.EMAIL else None


def texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(map(_text, value))
    return (_text(value),)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):  # an address
        return str(value.get("formatted") or ", ".join(map(str, value.values())))
    return str(value)
