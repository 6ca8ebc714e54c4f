"""What one service is told of one person: for the answer to a request, and for whoever sets the service up and asks
beforehand. Both come here, so that what is shown is what is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from idp import tenants, users
from idp.federation import document, own_identity, saml_subject_ids, store
from idp.federation.own_identity import OwnIdentity
from idp.federation.person_names import find_person_name
from idp.federation.saml_attributes import texts_of
from idp.federation.saml_service import SamlService
from idp.federation.saml_subject_ids import SubjectId
from idp.federation.saml_vocabulary import NameFormat, NameIdFormat
from idp.kit.errors import FieldError, Invalid
from idp.kit.units import Unit


class ToldAttribute(NamedTuple):
    name: str
    format: NameFormat
    friendly_name: str | None
    values: tuple[str, ...]


def known_of(unit: Unit, saml: SamlService, user_id: str, also: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """What its attributes are made of, and `also`, as far as there is any of this person. Raises `NotFound`."""
    wanted = {source for each in saml.attributes for source in each.sources} | set(also)
    identity = users.get(unit, user_id)
    known = users.attributes_of(unit, identity, wanted) if wanted else {}
    return {name: texts_of(value) for name, value in known.items()}


def told_attributes(saml: SamlService, known: Mapping[str, tuple[str, ...]]) -> tuple[ToldAttribute, ...]:
    told = ((each, each.told(known)) for each in saml.attributes)
    return tuple(ToldAttribute(each.name, each.format, each.friendly_name, values) for each, values in told if values)


def told_identifier(saml: SamlService, user_id: str, own_name: str | None, *, scope: str) -> ToldAttribute | None:
    """As the service needs it (Subject Identifier Attributes Profile 2.5.1); `own_name` is the one that it alone knows
    the person by, None: there is none yet."""
    if saml.subject_id is SubjectId.SUBJECT:
        value = saml_subject_ids.subject_id(user_id, scope)
        return ToldAttribute(saml_subject_ids.SUBJECT_ID, NameFormat.URI, "subject-id", (value,))
    if not saml.subject_id.is_pairwise:
        return None
    values = () if own_name is None else (saml_subject_ids.pairwise_id(own_name, scope),)
    return ToldAttribute(saml_subject_ids.PAIRWISE_ID, NameFormat.URI, "pairwise-id", values)


def name_source(saml: SamlService, format_: NameIdFormat | None) -> str | None:
    """What of a person is their name; None: one that is made. A name for once alone never says who it is."""
    if format_ is NameIdFormat.TRANSIENT:
        return None
    if format_ is saml.name_id_format and saml.name_id_source:
        return saml.name_id_source
    return "email" if format_ is NameIdFormat.EMAIL else None


def told_name(source: str, known: Mapping[str, tuple[str, ...]]) -> str | None:
    """None where the person has none, or several."""
    values = known.get(source, ())
    return values[0] if len(values) == 1 else None


def preview(
    unit: Unit, service_id: str, user_id: str, patch: Mapping[str, Any], *, issuer: str, production: bool
) -> dict[str, Any]:
    """With the registration as it is, or as `patch` (RFC 7396) would have it. Nothing is written: what has yet to be
    made, at the first sign-on or at each, has no value. Raises `NotFound` and `Invalid`."""
    registered = store.registered(unit, service_id)
    saml = registered.service.saml
    if saml is not None and patch:
        saml = document.read(document.changed(registered, {"saml": patch}), production=production).saml
    if saml is None:
        detail = "There is a preview for services of SAML."
        raise Invalid("invalid", detail, errors=[FieldError("/saml", "inconsistent", detail)])
    said = registered.service.saml.described if registered.service.saml else None
    own = OwnIdentity.from_text(tenants.get(unit).saml)
    saml = own_identity.released(replace(saml, described=saml.described or said), own)
    source = name_source(saml, saml.name_id_format)
    known = known_of(unit, saml, user_id, [source] if source else [])
    kept = find_person_name(unit, service_id=service_id, user_id=user_id)
    identifier = told_identifier(saml, user_id, kept, scope=saml_subject_ids.scope_of(issuer))
    attributes = [*([identifier] if identifier else []), *told_attributes(saml, known)]
    value = told_name(source, known) if source else kept
    return {
        "user": user_id,
        "name_id": {
            "format": saml.name_id_format.value,
            "value": None if saml.name_id_format is NameIdFormat.TRANSIENT else value,
        },
        "attributes": [{**each._asdict(), "values": list(each.values)} for each in attributes],
    }
