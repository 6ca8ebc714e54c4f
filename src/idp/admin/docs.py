"""The description of the API as a page to read: server-rendered, without a script, with one stylesheet of its own."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import Response

STYLESHEET = "/api/docs.css"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
}
_METHODS = ("get", "post", "put", "patch", "delete")


class Operation(NamedTuple):
    """One method of one path; `body` and `answer` name schemas, or a media type where a file is sent; `pages` says that
    the answer is a page of them. `sent` and `answered` are examples."""

    method: str
    path: str
    described: dict[str, Any]
    body: str | None
    answer: str | None
    pages: bool
    sent: str | None
    answered: str | None

    @property
    def id(self) -> str:
        return str(self.described["operationId"])

    @property
    def noun(self) -> str:
        return str(self.described["tags"][0])


class Member(NamedTuple):
    name: str
    required: bool
    kind: str
    refers: str | None
    about: str


def docs_page(description: Callable[[], dict[str, Any]]) -> Callable[[], Response]:
    page = cache(lambda: _render(description()))
    return lambda: Response(page(), headers=_HEADERS, media_type="text/html")


def stylesheet() -> Callable[[], Response]:
    content = resources.files("idp.admin").joinpath("templates", "docs.css").read_bytes()
    return lambda: Response(content, headers=_HEADERS, media_type="text/css")


def _render(description: dict[str, Any]) -> bytes:
    environment = Environment(
        loader=PackageLoader("idp.admin"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = _marked
    operations = sorted(_operations(description), key=lambda operation: operation.noun)
    schemas = description["components"]["schemas"]
    text = environment.get_template("docs.html").render(
        info=description["info"],
        stylesheet=STYLESHEET,
        groups=[(noun, list(those)) for noun, those in groupby(operations, key=lambda operation: operation.noun)],
        schemas=[(name, schema, list(_members(schema))) for name, schema in sorted(schemas.items())],
    )
    return text.encode()


def _marked(text: str) -> Markup:
    """Words between backticks are code."""
    parts = text.split("`")
    words = (Markup("<code>{}</code>").format(part) if odd % 2 else escape(part) for odd, part in enumerate(parts))
    return Markup("").join(words)


def _operations(description: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in description["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield _operation(method, path, methods[method])


def _operation(method: str, path: str, described: dict[str, Any]) -> Operation:
    nothing: tuple[str | None, dict[str, Any]] = (None, {})
    kind, body = next(iter(described.get("requestBody", {}).get("content", {}).items()), nothing)
    success = next(answer for status, answer in described["responses"].items() if status.startswith("2"))
    answered = success.get("content", {}).get("application/json", {})
    answer = answered.get("schema", {})
    pages = "properties" in answer
    item = answer["properties"]["items"]["items"] if pages else answer
    return Operation(
        method.upper(),
        path,
        described,
        body=_referred(body.get("schema", {})) or kind,
        answer=_referred(item),
        pages=pages,
        sent=_example(body),
        answered=_example(answered),
    )


def _example(content: dict[str, Any]) -> str | None:
    shown = content.get("example")
    return shown if shown is None or isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, indent=2)


def _members(schema: dict[str, Any]) -> Iterator[Member]:
    required = schema.get("required", [])
    for name, member in schema.get("properties", {}).items():
        kind, refers = _kind(member)
        yield Member(name, name in required, kind, refers, member.get("description", ""))


def _kind(schema: dict[str, Any]) -> tuple[str, str | None]:
    """In words, and the schema that it refers to."""
    choices = schema.get("anyOf")
    if choices is not None:
        kinds = [_kind(choice) for choice in choices]
        refers = next((referred for _, referred in kinds if referred), None)
        return " or ".join(kind for kind, _ in kinds), refers
    referred = _referred(schema)
    if referred is not None:
        return referred, referred
    if schema.get("type") == "array":
        kind, referred = _kind(schema.get("items", {}))
        return f"list of {kind}", referred
    words = [str(schema.get("format", schema.get("type", "anything")))]
    words += [f"{symbol} {schema[bound]}" for bound, symbol in _BOUNDS if bound in schema]
    return " ".join(words), None


_BOUNDS = (("minimum", "≥"), ("maximum", "≤"), ("minLength", "length ≥"), ("maxLength", "length ≤"))


def _referred(schema: dict[str, Any]) -> str | None:
    reference = schema.get("$ref")
    return None if reference is None else str(reference).rpartition("/")[2]
