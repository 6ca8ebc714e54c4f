"""The pages of the sample and what their buttons do."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from idp.samples.model import Sample, Visitor, Visitors
from idp.samples.pages import SamplePages
from idp.samples.relying_party import NotSignedIn, RelyingParty
from idp.web.assets import asset_headers
from idp.web.languages import Language, choose

COOKIE = "warifu-sample"  # localhost's cookies are shared by all its ports: a name of its own

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STATUS = {"access_denied": 403, "provider_unreachable": 502, "unexpected_answer": 502}

Step = Callable[["_Site", Request, Visitor], Awaitable[Response]]


class _Site:
    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.visitors = Visitors()
        self.pages = SamplePages(sample.name)
        self.party = RelyingParty(sample)


def build(sample: Sample) -> Starlette:
    site = _Site(sample)
    return Starlette(
        routes=[
            Route("/", _for_visitor(site, _home)),
            Route("/sign-in", _for_visitor(site, _sign_in)),
            Route("/callback", _for_visitor(site, _callback)),
            Route("/refresh", _for_visitor(site, _refresh), methods=["POST"]),
            Route("/sign-out", _for_visitor(site, _sign_out), methods=["POST"]),
            Route("/signed-out", _for_visitor(site, _signed_out)),
            Route("/brand.css", partial(_brand_css, site)),
            Route("/static/{digest}/{name}", partial(_static, site)),
        ]
    )


def _for_visitor(site: _Site, step: Step) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.method == "POST" and request.headers.get("origin") != site.sample.origin:
            return PlainTextResponse("This was not sent from a page of this service.", 403)
        visitor = site.visitors.find(request.cookies.get(COOKIE, ""))
        if pressed := next((each for each in Language if each == request.query_params.get("lang")), None):
            visitor.language = pressed
        try:
            response = await step(site, request, visitor)
        except NotSignedIn as why:
            status = _STATUS.get(why.code, 400)
            page = site.pages.refused(_language(request, visitor), why, issuer=site.sample.issuer)
            response = HTMLResponse(page, status)
        site.visitors.keep(visitor)
        response.headers.update(_HEADERS)
        response.set_cookie(COOKIE, visitor.id, httponly=True, samesite="lax")
        return response

    return endpoint


async def _home(site: _Site, request: Request, visitor: Visitor) -> Response:
    language = _language(request, visitor)
    if visitor.token is None:
        return HTMLResponse(site.pages.welcome(language, signed_out=False))
    return HTMLResponse(site.pages.account(language, visitor))


async def _sign_in(site: _Site, request: Request, visitor: Visitor) -> Response:
    return await site.party.begin(request, visitor, ui_locales=_language(request, visitor).value)


async def _callback(site: _Site, request: Request, visitor: Visitor) -> Response:
    await site.party.finish(request, visitor)
    site.visitors.renamed(visitor)
    return RedirectResponse("/", 303)


async def _refresh(site: _Site, _: Request, visitor: Visitor) -> Response:
    if visitor.token is not None:
        try:
            await site.party.refresh(visitor)
        except NotSignedIn as why:
            if why.code not in _STATUS:  # the provider has ended it: so has this service
                _forget(visitor)
            raise
    return RedirectResponse("/", 303)


async def _sign_out(site: _Site, request: Request, visitor: Visitor) -> Response:
    if visitor.token is None:
        return RedirectResponse("/", 303)
    id_token = visitor.token.get("id_token", "")
    _forget(visitor)
    return await site.party.end(request, visitor, id_token)


async def _signed_out(site: _Site, request: Request, visitor: Visitor) -> Response:
    return HTMLResponse(site.pages.welcome(_language(request, visitor), signed_out=visitor.token is None))


async def _brand_css(site: _Site, _: Request) -> Response:
    return Response(
        site.pages.brand_css, headers=asset_headers("text/css; charset=utf-8") | {"Cache-Control": "no-cache"}
    )


async def _static(site: _Site, request: Request) -> Response:
    found = site.pages.static.get(request.path_params["name"])
    if found is None or found.digest != request.path_params["digest"]:
        return PlainTextResponse("There is nothing here.", 404)
    return Response(found.content, headers=asset_headers(found.media_type))


def _forget(visitor: Visitor) -> None:
    visitor.token = None
    visitor.claims = {}


def _language(request: Request, visitor: Visitor) -> Language:
    accepted: Any = request.headers.get("accept-language")
    return choose(ui_locales=None, chosen=visitor.language, accept_language=accepted)
