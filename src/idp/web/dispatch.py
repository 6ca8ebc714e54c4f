"""From a path to the door's endpoint: dictionary look-ups only, in front of the framework."""

from collections.abc import Awaitable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from idp.web.asgi import App, Message, Receive, Scope, Send
from idp.web.failures import Refusal
from idp.web.paths import is_slug, split_tenant

_TENANT: Final = "{tenant}"


class Route(NamedTuple):
    """`path` may hold `{tenant}` behind a segment `t`, at its beginning (`/t/{tenant}/token`) or further on
    (`/.well-known/oauth-authorization-server/t/{tenant}`); `name` is what logs and metrics call the endpoint.
    A route for GET answers HEAD too. Several routes may share a path, each with its own methods.
    """

    path: str
    methods: frozenset[str]
    name: str
    endpoint: App


_Methods = dict[str, Route]
_Table = dict[str, _Methods]


class Dispatcher:
    """Calls the endpoint of a known path; everything else goes to `fallback`.

    Sets `state["endpoint"]`, and `state["tenant_slug"]` wherever the path names a tenant: well-formed, not known to
    exist.
    """

    def __init__(self, routes: Iterable[Route], fallback: App) -> None:
        """Raises ValueError for a path with `{tenant}` elsewhere, and for two routes that want the same request."""
        self._below: _Table = {}  # by what follows /t/{tenant}
        self._before: _Table = {}  # by what stands before {tenant}, and behind it
        self._fixed: _Table = {}
        self._fallback = fallback
        self._found = lru_cache(256)(self._find)
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        before, tenant, after = route.path.partition(_TENANT)
        if _TENANT in after:
            raise ValueError(route.path)
        if not tenant:
            table, key = self._fixed, route.path
        elif before == "/t/" and after.startswith("/"):
            table, key = self._below, after
        elif before.endswith("/t/") and (not after or after.startswith("/")):
            table, key = self._before, before + after
        else:
            raise ValueError(route.path)
        methods = table.setdefault(key, {})
        for method in route.methods:
            if method in methods:
                raise ValueError(f"{method} {route.path} is taken twice")
            methods[method] = route

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._fallback(scope, receive, send)
        slug, methods = self._found(scope["path"])
        if slug is not None:
            scope["state"]["tenant_slug"] = slug
        if methods is None:
            return self._fallback(scope, receive, send)
        route = methods.get(scope["method"])
        if route is None:
            if scope["method"] != "HEAD" or "GET" not in methods:
                raise _not_allowed(methods)
            route = methods["GET"]
            scope, send = {**scope, "method": "GET"}, without_body(send)
        scope["state"]["endpoint"] = route.name
        return route.endpoint(scope, receive, send)

    def _find(self, path: str) -> tuple[str | None, _Methods | None]:
        """The tenant's slug where the path names one, and the routes there."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return None, fixed
        below = split_tenant(path)
        if below is not None:
            slug, rest = below
            table, key = self._below, rest
        else:
            before, tenants, within = path.partition("/t/")
            slug, slash, after = within.partition("/")
            table, key = self._before, before + tenants + slash + after
            if not tenants or key not in table:
                return None, None
        # `/T/Aoba`, `/t/aoba.` and their like are not other spellings of a tenant but nothing at all.
        if not is_slug(slug):
            raise Refusal(404, "not_found", "There is nothing here.")
        return slug, table.get(key)


def _not_allowed(methods: _Methods) -> Refusal:
    allowed = {*methods, "HEAD"} if "GET" in methods else {*methods}
    allow = ", ".join(sorted(allowed)).encode("ascii")
    return Refusal(405, "method_not_allowed", "This method is not taken here.", headers=[(b"allow", allow)])


def without_body(send: Send) -> Send:
    """The answer to a HEAD, made from that to a GET (RFC 9110 9.3.2)."""

    async def send_head(message: Message) -> None:
        if "body" in message:
            message = {**message, "body": b""}
        await send(message)

    return send_head
