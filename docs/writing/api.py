"""The admin API, from the description that the program publishes: a page for each noun, one for all documents."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, cast

from docs.writing.markdown import anchored, block, code, json_block, link, table
from fastapi.routing import APIRoute

from idp.admin import build
from idp.credentials import STRICT
from idp.web.house import House

BASE = "https://id.example.com"
Described = dict[str, Any]
_GENERAL = {"400", "401", "403", "404", "413", "415", "422", "429", "503"}
_ABOUT = """# The admin API

Everything stands below `{base}/api/v1`. The same description for programs, OpenAPI 3.1, is at `/api/openapi.json` of
every installation, and to be read at `/api/docs`.

{about}

Any request may be answered 400 (it cannot be read), 401 (no valid key or token), 403 (you may not), 404 (nothing of
yours is there), 413 and 415 (the body is too large or of another type), 422 (fields are wrong), 429 and 503 (later;
`Retry-After` says when). What the pages say beside that is special to a route. {codes} lists every code.
"""


class _House:
    base_url = BASE
    throttle = STRICT


def description() -> Described:
    """As the program writes it. Nothing is served: of the house only its address and its limits are read."""
    routes = build(cast(House, _House())).routes
    (found,) = [route for route in routes if isinstance(route, APIRoute) and route.path == "/api/openapi.json"]
    made: Described = json.loads(found.endpoint().body)
    return made


def pages() -> Iterator[tuple[str, str]]:
    made = description()
    operations = sorted(_operations(made), key=lambda each: str(each[2]["tags"][0]))
    groups = [(noun, list(those)) for noun, those in groupby(operations, key=lambda each: str(each[2]["tags"][0]))]
    yield "api/index.md", _index(made, groups)
    for noun, those in groups:
        yield f"api/{noun}.md", _noun(noun, those)
    yield "api/documents.md", _documents(made["components"]["schemas"])


_Operation = tuple[str, str, Described]


def _operations(made: Described) -> Iterator[_Operation]:
    for path, methods in made["paths"].items():
        for method, described in methods.items():
            yield method.upper(), path.removeprefix("/api/v1"), described


def _index(made: Described, groups: list[tuple[str, list[_Operation]]]) -> str:
    about = _ABOUT.format(base=BASE, about=made["info"]["description"], codes=link("Codes of failures", "codes"))
    listed = [
        f"- {link(noun.replace('_', ' '), f'noun-{noun}')}: "
        + ", ".join(sorted({code(path) for _, path, _ in those}, key=lambda each: (len(each), each)))
        for noun, those in groups
    ]
    tree = "\n".join([*(noun for noun, _ in groups), "documents"])
    return "\n".join([about, "## By noun\n", *listed, "", f"```{{toctree}}\n:hidden:\n\n{tree}\n```\n"])


def _noun(noun: str, those: list[_Operation]) -> str:
    title = noun.replace("_", " ").capitalize()
    return "\n".join([anchored(f"noun-{noun}", f"# {title}"), *(_operation(*each) for each in those)])


def _operation(method: str, path: str, described: Described) -> str:
    facts = [
        ("Permission", f"{code(described['x-permission'])}, keys of scope {', '.join(described['x-scopes'])}"),
        *_parameters(described),
        *_body(described),
        *_answers(described),
    ]
    return "\n".join(
        [
            anchored(described["operationId"], f"## `{method} {path}`"),
            described["summary"] + "\n",
            described.get("description", "") + "\n",
            table(("", ""), facts),
            *_examples(described),
        ]
    )


def _parameters(described: Described) -> Iterator[tuple[str, str]]:
    for each in described["parameters"]:
        if each["in"] != "path":
            kind = "query" if each["in"] == "query" else "header"
            yield code(each["name"]), f"{each['description']} ({kind})"


def _body(described: Described) -> Iterator[tuple[str, str]]:
    for media_type, content in described.get("requestBody", {}).get("content", {}).items():
        name = referred(content["schema"])
        yield "Takes", f"{code(media_type)} file" if name is None else document_link(name)


def _answers(described: Described) -> Iterator[tuple[str, str]]:
    for status, answer in described["responses"].items():
        if status < "300":
            yield status, _success(answer)
        elif status not in _GENERAL:
            yield status, answer["description"]


def _success(answer: Described) -> str:
    content = answer.get("content", {})
    kinds = [_given(media_type, each["schema"]) for media_type, each in content.items()]
    headers = f", with {', '.join(code(name) for name in answer['headers'])}" if "headers" in answer else ""
    return (" or ".join(kinds) or answer["description"]) + headers


def _given(media_type: str, schema: Described) -> str:
    if "properties" in schema:
        item = referred(schema["properties"]["items"]["items"])
        return f"a page of {document_link(item)}" if item else "a page"
    name = referred(schema)
    return document_link(name) if name else code(media_type)


def _examples(described: Described) -> Iterator[str]:
    for content in described.get("requestBody", {}).get("content", {}).values():
        yield from _example("Sent, for example:", content)
    for status, answer in described["responses"].items():
        if status < "300":
            for content in answer.get("content", {}).values():
                yield from _example("Answered, for example:", content)


def _example(title: str, content: Described) -> Iterator[str]:
    if "example" in content:
        shown = content["example"]
        yield f"{title}\n"
        yield block("text", shown.rstrip()) if isinstance(shown, str) else json_block(shown)


def _documents(schemas: Described) -> str:
    return "\n".join(["# Documents\n", *(_document(name, schema) for name, schema in sorted(schemas.items()))])


def _document(name: str, schema: Described) -> str:
    required = schema.get("required", [])
    members = (
        (code(member), "yes" if member in required else "", kind_of(each), each.get("description", ""))
        for member, each in schema.get("properties", {}).items()
    )
    words = ", ".join(code(str(word)) for word in schema.get("enum", []))
    return "\n".join(
        [
            anchored(f"document-{name}", f"## {name}"),
            " ".join(schema.get("description", "").split()) + "\n",
            words + "\n",
            table(("Member", "Required", "Kind", "About"), members),
        ]
    )


_BOUNDS = (("minimum", "≥"), ("maximum", "≤"), ("minLength", "length ≥"), ("maxLength", "length ≤"))


def kind_of(schema: Described) -> str:
    if choices := schema.get("anyOf"):
        return " or ".join(kind_of(choice) for choice in choices)
    name = referred(schema)
    if name is not None:
        return document_link(name)
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if "enum" in schema or "const" in schema:
        return " or ".join(code(str(word)) for word in schema.get("enum", [schema.get("const")]))
    words = [str(schema.get("format", schema.get("type", "anything")))]
    words += [f"{symbol} {schema[bound]}" for bound, symbol in _BOUNDS if bound in schema]
    return " ".join(words)


def referred(schema: Described) -> str | None:
    reference = schema.get("$ref")
    return None if reference is None else str(reference).rpartition("/")[2]


def document_link(name: str) -> str:
    return link(name, f"document-{name}")
