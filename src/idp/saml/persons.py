"""What a service is told of a person: one name, and attributes under the names that the service knows."""

from typing import NamedTuple

from idp import federation
from idp.federation import NameIdFormat, SamlService, Service, SubjectId, ToldAttribute
from idp.kit.units import Unit
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


def told(unit: Unit, service: Service, user_id: str, request: AuthnRequest, *, issuer: str, own: str) -> Person:
    """`own` is our name."""
    saml = service.saml
    assert saml is not None
    format_ = name_format(request, saml)
    source = federation.name_source(saml, format_)
    known = federation.known_of(unit, saml, user_id, [source] if source else [])
    is_named = format_ is not None and source is None and format_ is not NameIdFormat.TRANSIENT
    named = _own_name(unit, service, user_id) if is_named or saml.subject_id.is_pairwise else None
    scope, value = federation.scope_of(issuer), named.value if named else None
    identifier = federation.told_identifier(saml, user_id, value, scope=scope)
    attributes = (*([identifier] if identifier else []), *federation.told_attributes(saml, known))
    person = Person(None, tuple(map(_attribute, attributes)), value if named and named.is_new else None)
    if format_ is None:
        return person
    if source is not None:
        name = federation.told_name(source, known)
        return person if name is None else person._replace(name=NameId(name, format_, own, saml.entity_id))
    made = value if is_named and value else new_id()
    return person._replace(name=NameId(made, format_, own, saml.entity_id))


def _attribute(told: ToldAttribute) -> Attribute:
    return Attribute(told.name, told.values, told.format, told.friendly_name)


def _own_name(unit: Unit, service: Service, user_id: str) -> _OwnName:
    kept = federation.find_person_name(unit, service_id=service.id, user_id=user_id)
    return _OwnName(kept or federation.new_person_name(), kept is None)


def disclosed(saml: SamlService, request: AuthnRequest) -> Allowed:
    """What the person lets it know, whether or not there is such a thing to know of them: who it is, and attributes."""
    source = federation.name_source(saml, name_format(request, saml))
    sources = {name for each in saml.attributes for name in each.sources} | ({source} if source else set())
    if saml.subject_id is SubjectId.SUBJECT:  # by it services could put together what they know
        sources |= {"subject_id"}
    return Allowed(frozenset({"openid"} | {f"person.{each}" for each in sources}))
