"""The application behind the dispatcher: FastAPI routes and describes, the steps of `serving` answer."""

from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from idp.admin import (
    api_keys,
    applications,
    approvals,
    assignments,
    attributes,
    audit,
    catalogue,
    changes,
    contracts,
    credentials,
    decisions,
    deliveries,
    describing,
    errors,
    export,
    groups,
    impact,
    imports,
    keys,
    networks,
    notices,
    operators,
    partner_people,
    partners,
    permissions,
    plans,
    policies,
    quotas,
    roles,
    routes,
    service_certificates,
    service_checks,
    service_metadata,
    service_secrets,
    service_snippets,
    services,
    sessions,
    settings,
    statements,
    support_access,
    system,
    tenants,
    terms,
    traces,
    users,
    webhooks,
    what_if,
)
from idp.admin.docs import STYLESHEET, docs_page, stylesheet
from idp.admin.quotas import Counter
from idp.admin.routes import Route, Undeclared
from idp.admin.serving import identified, serve, strayed
from idp.kit.errors import Failure, TooMany
from idp.web.asgi import Header
from idp.web.dispatch import without_body
from idp.web.failures import Refusal
from idp.web.house import House

PREFIX = "/api/v1"
_TABLE: tuple[Route, ...] = (
    *operators.ROUTES,
    *applications.ROUTES,
    *changes.ROUTES,
    *contracts.ROUTES,
    *impact.ROUTES,
    *tenants.ROUTES,
    *settings.ROUTES,
    *users.ROUTES,
    *imports.ROUTES,
    *credentials.ROUTES,
    *sessions.ROUTES,
    *groups.ROUTES,
    *services.ROUTES,
    *service_secrets.ROUTES,
    *service_checks.ROUTES,
    *service_snippets.ROUTES,
    *service_certificates.ROUTES,
    *service_metadata.ROUTES,
    *catalogue.ROUTES,
    *assignments.ROUTES,
    *what_if.ROUTES,
    *policies.ROUTES,
    *decisions.ROUTES,
    *traces.ROUTES,
    *networks.ROUTES,
    *keys.ROUTES,
    *api_keys.ROUTES,
    *roles.ROUTES,
    *support_access.ROUTES,
    *partners.ROUTES,
    *partner_people.ROUTES,
    *plans.ROUTES,
    *deliveries.ROUTES,
    *statements.ROUTES,
    *terms.ROUTES,
    *notices.ROUTES,
    *attributes.ROUTES,
    *audit.ROUTES,
    *webhooks.ROUTES,
    *export.ROUTES,
    *approvals.ROUTES,
    *system.ROUTES,
)
ROUTES: tuple[Route, ...] = (*_TABLE, permissions.route(_TABLE))


class Application(FastAPI):
    """FastAPI without its outermost layer: what nobody foresaw goes up to the hallway, which answers and logs it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, without_body(send)
        await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        handlers: Any = self.exception_handlers
        return ExceptionMiddleware(AsyncExitStackMiddleware(self.router), handlers=handlers)


def build(house: House, table: tuple[Route, ...] = ROUTES, counter: Counter | None = None) -> FastAPI:
    """Raises `Undeclared` for a route that does not say who may use it. `counter` where others hold than usual."""
    counter = counter or Counter(quotas.beside(house.throttle), enforce=house.throttle.enforce)
    app = Application(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            Failure: partial(errors.render, base_url=house.base_url),
            HTTPException: partial(_refuse, house, counter),
        },
    )
    for route in table:
        routes.check(route)
        _add(app, house, counter, route)
    _refuse_strays(app, table)
    # hardly anybody reads it, and to write it takes longer than everything else here: when it is asked for, and once
    description = cache(lambda: describing.document(app, table, base_url=house.base_url))
    app.add_api_route("/api/openapi.json", _constant(lambda: JSONResponse(description())), include_in_schema=False)
    app.add_api_route("/api/docs", _constant(docs_page(description)), include_in_schema=False)
    app.add_api_route(STYLESHEET, _constant(stylesheet()), include_in_schema=False)
    return app


async def _body(request: Request) -> bytes:
    return await request.body()


def _file(house: House, counter: Counter) -> Callable[[Request], Awaitable[bytes]]:
    """What may be large is read from those alone who are somebody; who they are is asked again once it has come."""

    async def read(request: Request) -> bytes:
        await run_in_threadpool(identified, house, counter, request, glance=True)
        return await request.body()

    return read


def _add(app: FastAPI, house: House, counter: Counter, route: Route) -> None:
    read = _body if route.takes_file is None else _file(house, counter)

    def endpoint(request: Request, body: Annotated[bytes, Depends(read)]) -> Response:
        return serve(house, counter, route, request, body)

    summary, _, about = (route.handler.__doc__ or "").strip().partition("\n\n")
    app.add_api_route(
        PREFIX + route.path,
        endpoint,
        methods=[route.method],
        name=route.name,
        operation_id=route.name,
        summary=" ".join(summary.split()),
        description=" ".join(about.split()),
        tags=[route.right.noun.value],
        status_code=route.status,
        response_class=Response,
        openapi_extra=describing.operation(route),
    )


def _refuse_strays(app: FastAPI, table: tuple[Route, ...]) -> None:
    declared = {(route.method, PREFIX + route.path) for route in table}
    for route in app.routes:
        if not isinstance(route, APIRoute) or any(
            (method, route.path) not in declared for method in route.methods or ()
        ):
            raise Undeclared(f"{route} is not in the table")


async def _refuse(house: House, counter: Counter, request: Request, error: Exception) -> Response:
    """Paths and methods that are not there: the hallway says so, in the grammar of whoever asked."""
    assert isinstance(error, HTTPException)
    headers: list[Header] = []
    if f"{request.url.path}/".startswith(f"{PREFIX}/"):
        try:
            told = await run_in_threadpool(strayed, house, counter, request)
        except TooMany as spent:
            return await errors.render(request, spent, base_url=house.base_url)
        headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    if error.status_code == 405:
        headers.append((b"allow", ", ".join(sorted(_methods(request))).encode()))
        raise Refusal(405, "method_not_allowed", "This method is not taken here.", headers=headers)
    raise Refusal(error.status_code, "not_found", "There is nothing here.", headers=headers)


def _methods(request: Request) -> set[str]:
    """All that the path takes (RFC 9110 10.2.1); the router knows of its first route alone."""
    taken: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, APIRoute) and route.path_regex.match(request.url.path):
            taken |= route.methods or set()
    return taken | {"HEAD"} if "GET" in taken else taken


def _constant(make: Callable[[], Response]) -> Callable[[], Response]:
    def endpoint() -> Response:
        return make()

    return endpoint
