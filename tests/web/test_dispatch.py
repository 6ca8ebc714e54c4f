import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from idp.web.asgi import App, Receive, Scope, Send, json_response
from idp.web.dispatch import Dispatcher, Route
from idp.web.hallway import Hallway

GET, POST = frozenset({"GET"}), frozenset({"POST"})


async def framework(scope: Scope, receive: Receive, send: Send) -> None:
    await json_response(send, 200, {"endpoint": "the framework", "tenant": scope["state"].get("tenant_slug")})


@pytest.fixture(scope="module")
def wire(serving: Callable[..., AbstractContextManager], echoing: App) -> Iterator:
    routes = [
        Route("/t/{tenant}/token", POST, "oidc.token", echoing),
        Route("/t/{tenant}/userinfo", GET, "oidc.userinfo", echoing),
        Route("/t/{tenant}/userinfo", POST, "oidc.userinfo.form", echoing),
        Route("/t/{tenant}/", GET, "portal", echoing),
        Route("/t/{tenant}/.well-known/openid-configuration", GET, "oidc.discovery", echoing),
        Route("/.well-known/oauth-authorization-server/t/{tenant}", GET, "oauth.metadata", echoing),
        Route("/health/live", GET, "health.live", echoing),
    ]
    with serving(Hallway(Dispatcher(routes, framework), base_url="http://idp.example")) as wire:
        yield wire


@pytest.mark.honest("B13")
@pytest.mark.parametrize(
    ("method", "path", "endpoint", "tenant"),
    [
        ("POST", "/t/aoba/token", "oidc.token", "aoba"),
        ("GET", "/t/aoba/userinfo", "oidc.userinfo", "aoba"),
        ("POST", "/t/aoba/userinfo", "oidc.userinfo.form", "aoba"),
        ("GET", "/t/aoba/", "portal", "aoba"),
        ("GET", "/t/a-1/.well-known/openid-configuration", "oidc.discovery", "a-1"),
        ("GET", "/.well-known/oauth-authorization-server/t/aoba", "oauth.metadata", "aoba"),
        ("GET", "/health/live?x=1", "health.live", None),
        ("GET", "/t/aoba", "the framework", "aoba"),
        ("GET", "/t/aoba/userinfo/x.css", "the framework", "aoba"),
        ("GET", "/t/aoba/USERINFO", "the framework", "aoba"),
        ("GET", "/t/aoba/userinfo/", "the framework", "aoba"),
        ("POST", "/token", "the framework", None),
        ("GET", "/health/live/", "the framework", None),
        ("GET", "/.well-known/oauth-authorization-server/t/aoba/x", "the framework", None),
        ("GET", "/.well-known/other/t/aoba", "the framework", None),
        ("GET", "/T/aoba/userinfo", "the framework", None),
        ("DELETE", "/api/v1/users", "the framework", None),
    ],
)
def test_a_path_finds_its_endpoint_or_the_framework(wire, method, path, endpoint, tenant) -> None:
    answer = wire.ask(path, method=method)
    assert answer.status == 200
    assert (answer.json()["endpoint"], answer.json()["tenant"]) == (endpoint, tenant)


@pytest.mark.parametrize("slug", ["Aoba", "-a", "a_b", "a" * 64, "a%20b", ""])
def test_a_tenant_that_could_not_exist_is_not_found(wire, slug) -> None:
    for path in (f"/t/{slug}/token", f"/.well-known/oauth-authorization-server/t/{slug}"):
        answer = wire.ask(path, method="POST")
        assert answer.status in ((404, 400) if not slug else (404,))


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/t/aoba/token", "POST"),
        ("HEAD", "/t/aoba/token", "POST"),
        ("OPTIONS", "/t/aoba/token", "POST"),
        ("TRACE", "/t/aoba/token", "POST"),
        ("DELETE", "/t/aoba/userinfo", "GET, HEAD, POST"),
        ("POST", "/health/live", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(wire, method, path, allow) -> None:
    answer = wire.ask(path, method=method)
    assert answer.status == 405
    assert answer.header("allow") == allow


def test_head_is_answered_as_get_without_its_body(wire) -> None:
    got, headed = (wire.ask("/t/aoba/userinfo", method=method) for method in ("GET", "HEAD"))
    assert (headed.status, headed.body) == (200, b"")
    assert got.json()["method"] == "GET"
    assert headed.header("content-type") == got.header("content-type")
    assert headed.header("content-length") == got.header("content-length")


async def _talk(app: App, method: str) -> list[dict]:
    said = []

    async def send(message: dict) -> None:
        said.append(message)

    await app({"type": "http", "method": method, "path": "/x", "state": {}}, None, send)
    return said


def test_the_body_of_head_is_left_out_whatever_the_server_does() -> None:
    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        await json_response(send, 200, scope["method"])

    dispatcher = Dispatcher([Route("/x", GET, "x", endpoint)], framework)
    got, headed = (asyncio.run(_talk(dispatcher, method)) for method in ("GET", "HEAD"))
    assert got[-1]["body"] == b'"GET"'
    assert headed == [*got[:-1], {**got[-1], "body": b""}]


@pytest.mark.parametrize("path", ["/x/{tenant}/token", "/t/{tenant}x", "/t/{tenant}/{tenant}", "/{tenant}"])
def test_a_route_with_the_tenant_elsewhere_is_refused(path, echoing) -> None:
    with pytest.raises(ValueError, match="tenant"):
        Dispatcher([Route(path, GET, "x", echoing)], framework)


def test_two_routes_for_one_request_are_refused(echoing) -> None:
    route = Route("/t/{tenant}/token", POST, "x", echoing)
    with pytest.raises(ValueError, match="twice"):
        Dispatcher([route, route], framework)
