"""Every request takes the same steps in the same order, whatever its route."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp.admin import callers, documents, gate, places, quotas, rights, supporting
from idp.admin.answers import Answer, Conditions, File, Stream
from idp.admin.call import Call
from idp.admin.callers import Caller
from idp.admin.documents import SentFile
from idp.admin.paging import Page, page_of
from idp.admin.quotas import Counter
from idp.admin.repeats import Repeat, repeat_of
from idp.admin.routes import Route
from idp.credentials import ApiKey
from idp.kit.asking import EVERYTHING
from idp.kit.errors import Failure, FieldError, Invalid, TooMany
from idp.kit.sealing import PLATFORM
from idp.web.forms import parse_query
from idp.web.house import House

Reply = Answer | File | Stream
_PAGING = ("limit", "cursor")


def serve(house: House, counter: Counter, route: Route, request: Request, body: bytes) -> Response:
    """Blocks. What the path names is looked up before permissions are asked: what the caller may not read is not there,
    whatever else the caller may or may not do."""
    caller = _counted(house, counter, request)
    response = judged(house, route, request, body, caller).response()
    response.headers.update(request.state.quotas)
    return response


def identified(house: House, counter: Counter, request: Request, *, glance: bool = False) -> Caller:
    """Who asks. Strangers are counted, by their address; raises `TooMany` for them once they have come too often from
    there. Whoever is known is no stranger: nobody is locked out by what others at the same address do (attack U4)."""
    address = counter.of_address(request.state.client_address)
    before = counter.look(*address, house.throttle.now_us())
    request.state.quotas = quotas.fields([before])
    try:
        shown = callers.shown_by(request.scope, request.path_params.get("tenant"), glance=glance)
        return callers.authenticate(house, shown)
    except Failure:
        if before.left < 1:
            counter.refuse_spent([before._replace(left=-1)])
        request.state.quotas = quotas.fields(counter.count([address], house.throttle.now_us()))
        raise


def strayed(house: House, counter: Counter, request: Request) -> Mapping[str, str]:
    """What to say of the quotas of whoever asks for what is not there: nothing is, to anybody, so nobody is asked who
    they are, but it counts as any other request. Raises `TooMany`."""
    try:
        _counted(house, counter, request)
    except TooMany:
        raise
    except Failure:
        pass
    told: Mapping[str, str] = request.state.quotas
    return told


def _counted(house: House, counter: Counter, request: Request) -> Caller:
    caller = identified(house, counter, request)
    standings = counter.count(counter.of_key(caller.key), house.throttle.now_us())
    request.state.quotas = quotas.fields(standings)
    counter.refuse_spent(standings)
    return caller


def judged(house: House, route: Route, request: Request, body: bytes, caller: Caller) -> Reply:
    """The steps once it is known who asks."""
    names, key = dict(request.path_params), caller.key
    place = places.find(house, key, names)
    rights.check(route.right, key, preparing=place.preparing)
    gate.require_reader(route, place, key)
    key = supporting.admitted(house, route, place, key)
    if not route.asks:  # RFC 9470; attack U11
        caller.must_meet(house.api_demand, house.units.clock.now_us())
    filters, page = _query(house, route, request, key)
    document, sent = _sent(route, request, body)
    call = Call(
        house=house,
        key=key,
        place=place,
        names=names,
        document=document,
        filters=filters,
        page=page,
        conditions=Conditions(request.headers.get("if-match"), request.headers.get("if-none-match")),
        repeat=_repeat(route, request, key),
        accept=request.headers.get("accept"),
        sent=sent,
    )
    return _once(call, _asked(request, body), lambda: route.handler(call))


def _sent(route: Route, request: Request, body: bytes) -> tuple[dict[str, Any], SentFile | None]:
    """The document, or the file that a route takes in its place."""
    kind = request.headers.get("content-type")
    documents.refuse_encoded(body, request.headers.get("content-encoding"))
    if route.takes_file is not None:
        return {}, documents.read_file(body, kind, media_type=route.takes_file)
    return documents.read(body, kind, takes=route.takes is not None, patch=route.method == "PATCH"), None


def _asked(request: Request, body: bytes) -> bytes:
    """All that makes one request another one than the last under the same Idempotency-Key: a trial is not the deed."""
    kind = request.headers.get("content-type", "").encode("latin-1")
    return b"\n".join((request.scope["query_string"], kind, body))


def _once(call: Call, asked: bytes, handle: Callable[[], Reply]) -> Reply:
    repeat = call.repeat
    if repeat is None:
        return handle()
    with call.house.units.open(call.home, actor=call.actor) as unit:
        earlier = repeat.begin(unit, asked)
    if earlier is not None:
        return earlier
    try:
        return handle()
    except Exception:
        with call.house.units.open(call.home, actor=call.actor) as unit:
            repeat.release(unit)
        raise


def _repeat(route: Route, request: Request, key: ApiKey) -> Repeat | None:
    given = request.headers.get("idempotency-key")
    if given is None or route.method != "POST":
        return None
    return repeat_of(key.id, request.url.path, given)


def _query(house: House, route: Route, request: Request, key: ApiKey) -> tuple[dict[str, str], Page]:
    """The filters, and the page that a list is asked for. Raises `Invalid` for a parameter that is unknown or said
    twice."""
    fields = parse_query(request.scope["query_string"]).fields
    known = {*route.parameters, *(_PAGING if route.pages else ())}
    given: dict[str, str] = {}
    wrong: list[FieldError] = []
    for name, value in fields:
        if name not in known:
            wrong.append(FieldError(f"/{_pointed(name)}", "unknown_parameter", "There is no such query parameter."))
        elif name in given:
            wrong.append(FieldError(f"/{_pointed(name)}", "repeated_parameter", "It is said more than once."))
        given[name] = value
    if wrong:
        raise Invalid("invalid", "The query cannot be read.", errors=wrong)
    limit, cursor = given.pop("limit", None), given.pop("cursor", None)
    bound = "\n".join([route.name, request.url.path, key.id, *(f"{name}={given[name]}" for name in sorted(given))])
    asked = EVERYTHING if route.listed is None else route.listed.read(given)
    return given, page_of(limit, cursor, bound=bound, box=house.units.keys.box(PLATFORM), asked=asked)


def _pointed(name: str) -> str:
    return name[:100].replace("~", "~0").replace("/", "~1")
