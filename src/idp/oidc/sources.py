"""Where the parameters of an authorization request come from: the one place from which all of them are taken.

From its query or form, as ever; or from what its client has pushed beforehand (RFC 9126), and then nothing beside the
reference and the client counts. What they are worth is for the checks of `request` to say, which read them alike.
"""

import hmac
import json
from dataclasses import replace
from typing import NamedTuple

from idp.federation import Service
from idp.kit import ids
from idp.kit.units import Unit
from idp.oidc import request as requests
from idp.oidc import store
from idp.oidc.errors import PageError
from idp.oidc.model import PUSHED_KIND
from idp.oidc.request import AuthorizationRequest, RedirectError
from idp.web.browsers import Browser
from idp.web.forms import Form
from idp.web.house import House

URN = "urn:ietf:params:oauth:request_uri:"  # RFC 9126 2.2


class Parameters(NamedTuple):
    """`pushed` is the id under which they waited; their answer ends it."""

    form: Form
    pushed: str | None = None


async def parameters_of(house: House, browser: Browser, form: Form) -> Parameters:
    """Of a request as it arrives. Raises `PageError` and `RedirectError`."""
    if "request" not in form and "request_uri" not in form:
        return Parameters(form)
    client_id = requests.client_of(form)
    by_value, by_reference = form.get("request"), form.get("request_uri")
    if not by_value and not by_reference:
        return Parameters(form)  # RFC 6749 3.1: without a value as if they were left out
    if by_reference and by_reference.startswith(URN):
        if by_value or "request_uri" in form.repeated:  # RFC 9101 5: never both
            raise PageError("invalid_request", detail="request_uri stands alone")
        return await house.units.read(browser.tenant, lambda unit: _pushed(house, unit, client_id, by_reference))
    name = "request" if by_value else "request_uri"

    def refuse(unit: Unit) -> Parameters:
        service = house.memory.current(unit, client_id).services.get(client_id)
        back = requests.way_back(form, service)
        raise RedirectError(back, f"{name}_not_supported", f"The parameter {name} is not supported.")

    return await house.units.read(browser.tenant, refuse)


def described(parameters: Parameters, request: AuthorizationRequest, service: Service) -> AuthorizationRequest:
    """The checked request, with how it came here. Raises `RedirectError` where it had to come in another way."""
    if parameters.pushed is not None:
        return replace(request, pushed=parameters.pushed)
    assert service.oidc is not None
    if service.oidc.requests.pushed_only:  # RFC 9126 6
        raise RedirectError(request.back, "invalid_request", "This client has to push its requests.")
    return request


def to_text(parameters: Parameters) -> str:
    """For an interaction to keep."""
    return json.dumps([parameters.pushed, *_own(parameters.form)], ensure_ascii=False)


def from_text(text: str) -> Parameters:
    pushed, *fields = json.loads(text)
    return Parameters(_form(fields), pushed)


def pushed_text(form: Form, client_id: str) -> str:
    """What is kept of a request that an authenticated client pushes: no credential is among it."""
    fields = [field for field in _own(form) if field[0] != "client_id"]
    return json.dumps([("client_id", client_id), *fields], ensure_ascii=False)


def _pushed(house: House, unit: Unit, client_id: str, reference: str) -> Parameters:
    """Dead, expired, somebody else's or made up: one answer for all, on a page of ours."""
    service = house.memory.current(unit, client_id).services.get(client_id)
    shown = ids.presented(PUSHED_KIND, reference.removeprefix(URN))
    found = None if shown is None else store.find_pushed(unit, shown.id)
    if service is None or shown is None or found is None:
        raise PageError("invalid_request_uri")
    alive = found.finished_at is None and unit.now_us < found.expires_at
    if not (alive and found.service_id == service.id and hmac.compare_digest(found.digest, shown.digest)):
        raise PageError("invalid_request_uri")
    return Parameters(_form(json.loads(found.request)), found.id)


def _own(form: Form) -> list[tuple[str, str]]:
    return [field for field in form.fields if field[0] in requests.PARAMETERS]


def _form(fields: list[tuple[str, str]]) -> Form:
    return Form(tuple((name, value) for name, value in fields))
