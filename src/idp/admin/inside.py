"""The same questions without HTTP, from a command on the machine itself: the same table, steps, verdicts and words.

Whoever may run commands here and read the master key may do what an operator's key may that is no account's. It stands
in the trail as the host, with the source `operator`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlencode

from starlette.requests import Request

from idp.admin.app import PREFIX, ROUTES
from idp.admin.callers import Caller
from idp.admin.documents import JSON
from idp.admin.routes import Route
from idp.admin.serving import Reply, judged
from idp.credentials import EVERYTHING, MACHINE, ApiKey, KeyScope
from idp.kit.actors import Actor, Source
from idp.kit.errors import NotFound
from idp.kit.sealing import PLATFORM
from idp.web.house import House

_HOST = Actor("operator", MACHINE, Source.OPERATOR)


class _HostKey(ApiKey):
    @property
    def actor(self) -> Actor:
        return _HOST


_KEY = _HostKey(
    id=MACHINE,
    tenant=PLATFORM,
    scope=KeyScope.OPERATOR,
    partner_id="",
    name="",
    permissions=EVERYTHING,
    expires_at=None,
    created_at=0,
    used_at=None,
)


def ask(
    house: House,
    method: str,
    path: str,
    *,
    document: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """`path` is below `/api/v1`. Blocks. Raises what the API renders as a problem, `NotFound` for what is no route."""
    route, names = _found(method, path)
    body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
    fields = {"content-type": JSON, **(headers or {})} if body else dict(headers or {})
    scope = {
        "type": "http",
        "method": method,
        "path": PREFIX + path,
        "path_params": names,
        "query_string": urlencode(query or {}, quote_via=quote).encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
    }
    return judged(house, route, Request(scope), body, Caller(_KEY))


def _found(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """As a server would: what is fixed in a path goes before what is named in it."""
    for route, pattern in _patterns():
        if route.method == method and (match := pattern.fullmatch(path)):
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    raise NotFound(f"no route {method} {path}")


@cache
def _patterns() -> list[tuple[Route, re.Pattern[str]]]:
    return [(route, re.compile(_pattern(route.path))) for route in _by_fixed_words()]


def _by_fixed_words() -> Iterator[Route]:
    yield from sorted(ROUTES, key=lambda route: route.path.count("{"))


def _pattern(path: str) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
