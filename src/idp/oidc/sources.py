"""Where the parameters of an authorization request come from: the one place from which all of them are taken.

From its query or form, as ever; or from what its client has pushed beforehand (RFC 9126) or signed (RFC 9101), and then
nothing beside that and the client counts, unless the client is an old library's, which may sign a part (Core 6). What
they are worth is for the checks of `request` to say, which read them alike.
"""

import hmac
import json
from typing import Final, NamedTuple

from idp.federation import OidcClient, Service
from idp.kit import ids
from idp.kit.errors import Failure
from idp.kit.units import Unit
from idp.oidc import request as requests
from idp.oidc import request_object, signed_requests, store
from idp.oidc.errors import OAuthError, PageError
from idp.oidc.model import PUSHED_KIND
from idp.oidc.request import AuthorizationRequest, RedirectError
from idp.web.browsers import Browser
from idp.web.forms import Form
from idp.web.house import House

_OBJECTS: Final = frozenset({"request", "request_uri"})
URN: Final = "urn:ietf:params:oauth:request_uri:"  # RFC 9126 2.2


class Parameters(NamedTuple):
    """`pushed` is the id under which they waited; their answer ends it. `signed`: by their client."""

    form: Form
    pushed: str | None = None
    signed: bool = False


async def parameters_of(house: House, browser: Browser, form: Form) -> Parameters:
    """Of a request as it arrives. Raises `PageError` and `RedirectError`."""
    if "request" not in form and "request_uri" not in form:
        return Parameters(form)
    by_value, by_reference = form.get("request"), form.get("request_uri")
    client_id = requests.client_of(form)
    is_one = not (by_value and by_reference) and form.repeated.isdisjoint(_OBJECTS)
    if is_one and by_reference and by_reference.startswith(URN):
        return await house.units.read(browser.tenant, lambda unit: _pushed(house, unit, client_id, by_reference))
    facts = await house.units.read(browser.tenant, lambda unit: house.memory.current(unit, client_id))
    service = facts.services.get(client_id)
    if service is None or service.oidc is None:
        raise PageError("unknown_service")
    try:
        if not is_one:  # RFC 9101 5
            raise OAuthError("invalid_request", "request and request_uri exclude each other, and each is given once.")
        token = by_value or await signed_requests.fetch(house, facts, service, by_reference or "")
        if signed_requests.is_unsigned(service.oidc, token):
            name = "request" if by_value else "request_uri"
            raise OAuthError(f"{name}_not_supported", "Only signed request objects are supported.")
        inside = await signed_requests.read(house, facts, service, token)
        return Parameters(_assembled(form, inside, service.oidc), signed=True)
    except OAuthError as fault:
        raise _told(fault, form, service) from fault


def _assembled(outside: Form, inside: Form, client: OidcClient) -> Form:
    """What is signed counts, alone (RFC 9101 6.3); for a library that is older than that also what stands beside it and
    is not said inside (Core 6.3.3), where the type of the answer has to be the same (6.1). Raises `OAuthError`."""
    if client.rules.whole_request_objects or client.requests.signed_only:
        return inside
    kind = outside.get("response_type")
    if kind is not None and inside.get("response_type") not in {None, kind}:
        raise request_object.invalid("response_type is not that of the request.")
    beside = (field for field in outside.fields if field[0] not in inside.names | _OBJECTS)
    return Form((*inside.fields, *beside))


def _told(fault: OAuthError, form: Form, service: Service) -> Failure:
    """To the client, if the address is certain without the object that could not be read."""
    try:
        back = requests.way_back(form, service)
    except PageError:
        return PageError(fault.code, detail=fault.public)
    return RedirectError(back, fault.code, fault.public)


def described(parameters: Parameters, request: AuthorizationRequest, service: Service) -> AuthorizationRequest:
    """The checked request, with how it came here. Raises `RedirectError` where it had to come in another way."""
    assert service.oidc is not None
    rules = service.oidc.requests
    if rules.pushed_only and parameters.pushed is None:  # RFC 9126 6
        raise RedirectError(request.back, "invalid_request", "This client has to push its requests.")
    if rules.signed_only and not parameters.signed:  # RFC 9101 10.5
        raise RedirectError(request.back, "invalid_request", "This client has to sign its requests.")
    return request if parameters.pushed is None else request._replace(pushed=parameters.pushed)


def to_text(parameters: Parameters) -> str:
    """For an interaction to keep, or for a pushed request."""
    own = [field for field in parameters.form.fields if field[0] in requests.PARAMETERS]
    return json.dumps([parameters.pushed, parameters.signed, *own], ensure_ascii=False)


def from_text(text: str) -> Parameters:
    pushed, signed, *fields = json.loads(text)
    return Parameters(Form(tuple((name, value) for name, value in fields)), pushed, signed)


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
    return from_text(found.request)
