"""`{"catalogue": id, "parameters": {…}}` made into the document of a service; what else is said overrides."""

import re
from collections.abc import Mapping
from typing import Any

from idp.federation.catalogue.loading import PLACE, applications, places
from idp.federation.catalogue.model import Application
from idp.kit.errors import FieldError
from idp.kit.fields import Fields, merged, shortened

_LONGEST = 200
_METADATA = frozenset({"metadata_xml", "metadata_url", "mdq_url"})
_IN_METADATA = frozenset({"entity_id", "acs", "slo", "certificates"})


def filled(document: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """As it is where no application is named; `known` are the members of a document. A parameter is needed as far as
    nobody has said himself what is made of it. Raises `Invalid`, naming the parameter."""
    if document.get("catalogue") is None:
        return dict(document)
    fields = Fields(document)
    fields.only(known | {"catalogue", "parameters"})
    application = _application(fields)
    given = _parameters(fields.inner("parameters"), application)
    fields.finish()
    settings = _put(_unsaid(application, document.get(application.protocol.value)), given)
    made = {"name": application.name, "protocol": application.protocol.value, application.protocol.value: settings}
    rest = {name: value for name, value in document.items() if name != "parameters"}
    found = merged(made, {name: value for name, value in rest.items() if value is not None})
    missing = set(places(found.get(application.protocol.value))) - given.keys()
    for each in application.parameters:
        if each.name in missing:
            detail = f"{each.label.en}."
            expected = {"pattern": each.pattern, "example": each.example}
            fields.errors.append(FieldError(f"/parameters/{each.name}", "required", detail, None, expected))
    fields.finish()
    return found


def _unsaid(application: Application, said: object) -> Mapping[str, Any]:
    """Without what is in the metadata that somebody brings along."""
    if not isinstance(said, Mapping) or _METADATA.isdisjoint(said):
        return application.settings
    return {name: value for name, value in application.settings.items() if name not in _IN_METADATA}


def _application(fields: Fields) -> Application:
    name = fields.text("catalogue")
    found = applications().get(name or "")
    if found is None:
        if fields.clean("catalogue"):
            detail = "The catalogue has no such application."
            fields.refuse("catalogue", "unknown_value", detail, found=name, expected=list(applications()))
        fields.finish()
    assert found is not None
    return found


def _parameters(fields: Fields, application: Application) -> dict[str, str]:
    fields.only({each.name for each in application.parameters})
    given = {}
    for each in application.parameters:
        value = fields.text(each.name, longest=_LONGEST)
        if value is None:
            continue
        if re.fullmatch(each.pattern, value) is None:
            detail = f"{each.label.en}, such as {each.example}."
            expected = {"pattern": each.pattern, "example": each.example}
            fields.refuse(each.name, "invalid_value", detail, found=shortened(value), expected=expected)
        else:
            given[each.name] = value
    return given


def _put(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return PLACE.sub(lambda found: given.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {name: _put(each, given) for name, each in value.items()}
    if isinstance(value, list):
        return [_put(each, given) for each in value]
    return value
