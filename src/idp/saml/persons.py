"""What a service is told of a person: one name, and attributes under the names that the service knows."""

from typing import NamedTuple

from idp import federation, users
from idp.federation import NameIdFormat, SamlService, Service
from idp.kit.units import Unit
from idp.saml.elements import new_id
from idp.saml.judging import name_format
from idp.saml.model import Attribute, NameId
from idp.saml.requests import AuthnRequest
from idp.sessions import Allowed


class Person(NamedTuple):
    """`name` is None where the person has none of the format that is wanted; `is_new` has yet to be kept."""

    name: NameId | None
    attributes: tuple[Attribute, ...]
    is_new: bool = False


def told(unit: Unit, service: Service, user_id: str, request: AuthnRequest, *, own: str) -> Person:
    """`own` is our name."""
    saml = service.saml
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
    if format_ is None:
        return Person(None, attributes)
    if source is not None:
        values = texts(known.get(source, ()))
        name = NameId(values[0], format_, own, saml.entity_id) if len(values) == 1 else None
        return Person(name, attributes)
    if format_ is NameIdFormat.TRANSIENT:
        return Person(NameId(new_id(), format_, own, saml.entity_id), attributes)
    kept = federation.find_person_name(unit, service_id=service.id, user_id=user_id)
    name = NameId(kept or federation.new_person_name(), format_, own, saml.entity_id)
    return Person(name, attributes, is_new=kept is None)


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
