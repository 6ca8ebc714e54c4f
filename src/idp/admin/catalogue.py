"""Well-known applications, with what each needs to be registered: facts that come with this program."""

from typing import Any

from idp import federation
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.routes import Route
from idp.admin.shapes.catalogue import Application
from idp.credentials import Noun
from idp.kit.errors import NotFound

_UNCHANGING = 1


def listing(call: Call) -> Answer:
    """The applications that can be registered by their parameters alone."""
    rows = federation.catalogue.applications().values()
    return call.page.shown(federation.catalogue.LISTED.gathered(None, rows, call.page.question), _to_json)


def shown(call: Call) -> Answer:
    """One application: what to say of it in `parameters`, what is registered then, and what to enter on its side."""
    application = federation.catalogue.applications().get(call.names["application"])
    if application is None:
        raise NotFound("application")
    return call.shown(_to_json(application), version=_UNCHANGING)


def _to_json(application: federation.catalogue.Application) -> dict[str, Any]:
    return {
        "id": application.id,
        "name": application.name,
        "protocol": application.protocol.value,
        "documentation": application.documentation,
        "sources": list(application.sources),
        "where": application.where and application.where._asdict(),
        "note": application.note and application.note._asdict(),
        "parameters": [each.to_json() for each in application.parameters],
        application.protocol.value: dict(application.settings),
        "setup": [_step(each) for each in application.setup],
    }


def _step(step: federation.catalogue.Step) -> dict[str, Any]:
    if step.value.startswith("="):
        return {"field": step.field, "meaning": None, "value": step.value[1:]}
    return {"field": step.field, "meaning": federation.catalogue.MEANINGS[step.value]._asdict(), "value": None}


ROUTES = (
    Route(
        "GET",
        "/catalogue",
        listing,
        rights.read(Noun.CATALOGUE),
        gives=Application,
        pages=True,
        listed=federation.catalogue.LISTED,
    ),
    Route("GET", "/catalogue/{application}", shown, rights.read(Noun.CATALOGUE), gives=Application, versioned=True),
)
