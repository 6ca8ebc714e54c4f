"""The description of the API (OpenAPI 3.1), written from the same table that serves it."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from idp.admin.errors import MEDIA_TYPE
from idp.admin.examples import Examples
from idp.admin.paging import LARGEST, USUAL
from idp.admin.routes import Route
from idp.admin.shapes.approvals import Proposed
from idp.admin.shapes.base import Problem
from idp.admin.shapes.examples import FILES
from idp.kit.asking import SORT, both_ways
from idp.kit.listing import Listing

_REF = "#/components/schemas/{model}"
_KEY, _TOKEN = "apiKey", "accessToken"
_ABOUT = """Contracts, tenants, people and services, for programs.

Every request carries an API key, or an access token of our own issuer or a tenant's, as `Authorization: Bearer …`.
Times are RFC 3339, days of contracts `YYYY-MM-DD`.
Lists come in pages: follow `next` until it is null. What fails is answered as `application/problem+json` with a stable
`code`; wrong fields stand in `errors`, all of them at once. A `POST` with an `Idempotency-Key` may be sent again for a
day. A change under `If-Match` happens only to what you have read. `RateLimit-Policy` and `RateLimit` in every answer
say how many requests you may send, and how many of them are left; 429 comes with `Retry-After`."""

Schema = dict[str, Any]


def operation(route: Route) -> Schema:
    """What FastAPI cannot see: the handler reads its document and its query by the same steps as every other."""
    described: Schema = {
        "security": [{_KEY: []}, {_TOKEN: [route.right.scope]}],
        "x-permission": str(route.right.permission),
        "x-scopes": sorted(scope.value for scope in route.right.scopes),
        "parameters": [*_path(route), *_query(route), *_headers(route)],
        "responses": {str(status): answer for status, answer in _answers(route)},
    }
    if route.takes is not None:
        schema = {"$ref": _REF.format(model=route.takes.__name__)}
        described["requestBody"] = {
            "required": any(field.is_required() for field in route.takes.model_fields.values()),
            "content": {"application/json": {"schema": schema}},
        }
    elif route.takes_file is not None:
        schema = {"type": "string"}
        described["requestBody"] = {"required": True, "content": {route.takes_file: {"schema": schema}}}
    return described


def document(app: FastAPI, routes: Iterable[Route], *, base_url: str) -> Schema:
    models: set[type[BaseModel]] = {Problem, Proposed}
    for route in routes:
        models |= {model for model in (route.takes, route.gives) if model is not None}
    in_order = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in in_order], ref_template=_REF)
    made = get_openapi(
        title="Warifu admin API",
        version="1",
        description=_ABOUT,
        openapi_version="3.1.0",
        servers=[{"url": base_url}],
        routes=app.routes,
    )
    made["components"] = {
        "schemas": schemas["$defs"],
        "securitySchemes": _schemes(routes, base_url),
    }
    _exemplify(made)
    return made


def _exemplify(made: Schema) -> None:
    """Every body and every answer that is no failure."""
    examples = Examples(made["components"]["schemas"])
    for methods in made["paths"].values():
        for described in methods.values():
            for media_type, content in described.get("requestBody", {}).get("content", {}).items():
                content["example"] = FILES.get(media_type) or examples.of(content["schema"])
            for status, answer in described["responses"].items():
                content = answer.get("content", {}).get("application/json")
                if status < "300" and content is not None:
                    content["example"] = examples.of(content["schema"])


def _schemes(routes: Iterable[Route], base_url: str) -> Schema:
    issuer = f"{base_url}/t/-"
    token = {
        "tokenUrl": f"{issuer}/token",
        "scopes": {scope: f"The permission {scope}." for scope in sorted({route.right.scope for route in routes})},
    }
    about = (
        "An access token of our own issuer, for operators and partners, or of a tenant's, `/t/{tenant}`, for its own "
        "people and programs, as Bearer or bound to a key (DPoP). A tenant's names this API as its `resource`."
    )
    return {
        _KEY: {"type": "http", "scheme": "bearer", "description": "An API key."},
        _TOKEN: {
            "type": "oauth2",
            "description": about,
            "flows": {
                "authorizationCode": {"authorizationUrl": f"{issuer}/authorize", **token},
                "clientCredentials": token,
            },
        },
    }


def _path(route: Route) -> list[Schema]:
    names = [word.strip("{}") for word in route.path.split("/") if word.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query(route: Route) -> list[Schema]:
    filters = [_parameter(name, "query", {"type": "string"}, meaning) for name, meaning in route.filters.items()]
    if route.listed is not None:
        filters += _asked(route.listed)
    if not route.pages:
        return filters
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": USUAL}
    return [
        *filters,
        _parameter("limit", "query", limit, "How many items a page has."),
        _parameter("cursor", "query", {"type": "string"}, "`next` of the page before."),
    ]


def _asked(listed: Listing[Any]) -> list[Schema]:
    order = {"type": "string", "enum": both_ways(listed.sorts), "default": listed.natural}
    return [
        *(_parameter(name, "query", each.takes.schema, each.meaning) for name, each in listed.filters.items()),
        _parameter(SORT, "query", order, "In which order; with `-` the other way round."),
    ]


def _headers(route: Route) -> list[Schema]:
    headers = []
    if route.method == "POST":
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        headers.append(_parameter("Idempotency-Key", "header", key, "Sent again, it has its effect once."))
    if route.versioned and route.method != "GET" and route.status != 201:
        headers.append(_parameter("If-Match", "header", {"type": "string"}, "An `ETag` that you have read."))
    if route.versioned and route.method == "GET":
        headers.append(_parameter("If-None-Match", "header", {"type": "string"}, "An `ETag` that you have."))
    return headers


def _parameter(name: str, place: str, schema: Schema, meaning: str) -> Schema:
    return {"name": name, "in": place, "required": False, "schema": schema, "description": meaning}


def _answers(route: Route) -> Iterable[tuple[int, Schema]]:
    yield route.status, _success(route)
    if route.proposes:
        yield 202, _proposal()
    if route.versioned and route.method == "GET":
        yield 304, {"description": "It is as you have it."}
    for status in _failures(route):
        yield status, _problem(status, _conflicts(route) if status == 409 else ())


def _success(route: Route) -> Schema:
    answer: Schema = {"description": HTTPStatus(route.status).phrase}
    headers = {}
    if route.versioned and route.gives is not None:
        headers["ETag"] = {"schema": {"type": "string"}}
    if route.status == 201:
        headers["Location"] = {"schema": {"type": "string", "format": "uri"}}
    if headers:
        answer["headers"] = headers
    if route.gives is not None:
        schema: Schema = {"$ref": _REF.format(model=route.gives.__name__)}
        answer["content"] = {"application/json": {"schema": _page(schema) if route.pages else schema}}
    if route.also:
        files = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in route.also}
        answer["content"] = answer.get("content", {}) | files
    return answer


def _proposal() -> Schema:
    schema = {"$ref": _REF.format(model=Proposed.__name__)}
    return {
        "description": "Nothing has changed: a second operator has to approve it.",
        "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
        "content": {"application/json": {"schema": schema}},
    }


def _page(item: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "The cursor of the next page."},
        },
    }


def _failures(route: Route) -> list[int]:
    """Those that a client of this route should know to tell apart; any may also be answered 429 or 503."""
    changes = route.method != "GET"
    statuses = [400, 401, 403, 422, 429, 503]
    if "{" in route.path or "tenant" in route.filters:
        statuses.append(404)
    if route.also:
        statuses.append(406)
    if _conflicts(route) or route.method == "POST":
        statuses.append(409)
    if route.versioned and changes and route.status != 201:
        statuses.append(412)
    if route.takes is not None or route.takes_file is not None:
        statuses += [413, 415]
    return sorted(statuses)


def _conflicts(route: Route) -> tuple[str, ...]:
    return ("contract_not_active", *route.conflicts) if route.reads_tenant else route.conflicts


def _problem(status: int, codes: tuple[str, ...]) -> Schema:
    text = HTTPStatus(status).phrase
    if codes:
        text = f"{text}: {', '.join(f'`{code}`' for code in codes)}"
    answer: Schema = {
        "description": text,
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=Problem.__name__)}}},
    }
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    if status == 429:
        answer["headers"] |= {name: {"schema": {"type": "string"}} for name in ("RateLimit", "RateLimit-Policy")}
    return answer
