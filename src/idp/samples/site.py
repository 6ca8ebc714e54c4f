"""What both samples are made of: a visitor for each browser, pages under one policy, and the files that they need."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from idp.samples.model import NotSignedIn
from idp.samples.pages import SamplePages
from idp.samples.visitors import Visitor, Visitors
from idp.web.assets import asset_headers
from idp.web.languages import Language, choose

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STATUS = {"access_denied": 403, "RequestDenied": 403, "provider_unreachable": 502, "unexpected_answer": 502}

Step = Callable[[Request, Visitor], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Site:
    """`cookie` is a name of its own: localhost's cookies are shared by all its ports."""

    def __init__(self, pages: SamplePages, *, origin: str, issuer: str, cookie: str) -> None:
        self.pages = pages
        self.visitors = Visitors()
        self._origin = origin
        self._issuer = issuer
        self._cookie = cookie

    def for_visitor(self, step: Step, *, from_elsewhere: bool = False) -> Endpoint:
        """`from_elsewhere`: the provider's page posts here."""

        async def endpoint(request: Request) -> Response:
            if request.method == "POST" and not from_elsewhere and request.headers.get("origin") != self._origin:
                return PlainTextResponse("This was not sent from a page of this service.", 403)
            visitor = self.visitors.find(request.cookies.get(self._cookie, ""))
            if pressed := next((each for each in Language if each == request.query_params.get("lang")), None):
                visitor.language = pressed
            try:
                response = await step(request, visitor)
            except NotSignedIn as why:
                page = self.pages.refused(language_of(request, visitor), why, issuer=self._issuer)
                response = HTMLResponse(page, status_of(why))
            self.visitors.keep(visitor)
            response.headers.update(_HEADERS)
            response.set_cookie(self._cookie, visitor.id, httponly=True, samesite="lax")
            return response

        return endpoint

    def files(self) -> list[Route]:
        return [Route("/brand.css", self._brand_css), Route("/static/{digest}/{name}", self._static)]

    async def _brand_css(self, _: Request) -> Response:
        headers = asset_headers("text/css; charset=utf-8") | {"Cache-Control": "no-cache"}
        return Response(self.pages.brand_css, headers=headers)

    async def _static(self, request: Request) -> Response:
        found = self.pages.static.get(request.path_params["name"])
        if found is None or found.digest != request.path_params["digest"]:
            return PlainTextResponse("There is nothing here.", 404)
        return Response(found.content, headers=asset_headers(found.media_type))


def is_final(why: NotSignedIn) -> bool:
    """The provider has said no, and will not say otherwise in a moment."""
    return why.code not in _STATUS


def status_of(why: NotSignedIn) -> int:
    return _STATUS.get(why.code, 400)


def language_of(request: Request, visitor: Visitor) -> Language:
    accepted: Any = request.headers.get("accept-language")
    return choose(ui_locales=None, chosen=visitor.language, accept_language=accepted)
