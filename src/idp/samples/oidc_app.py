"""The sample of OpenID Connect: its pages, and what their buttons do."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from idp.samples.model import NotSignedIn, Sample
from idp.samples.pages import SamplePages
from idp.samples.relying_party import RelyingParty
from idp.samples.site import Site, is_final, language_of
from idp.samples.visitors import Visitor

COOKIE = "warifu-sample"
COLOUR = "#0f766e"


class _OidcSite:
    def __init__(self, sample: Sample) -> None:
        pages = SamplePages(sample.name, colour=COLOUR, protocol="oidc")
        self.site = Site(pages, origin=sample.origin, issuer=sample.issuer, cookie=COOKIE)
        self._party = RelyingParty(sample)

    async def home(self, request: Request, visitor: Visitor) -> Response:
        language = language_of(request, visitor)
        if visitor.token is None:
            return HTMLResponse(self.site.pages.welcome(language, signed_out=False))
        return HTMLResponse(self.site.pages.account(language, visitor))

    async def sign_in(self, request: Request, visitor: Visitor) -> Response:
        return await self._party.begin(request, visitor, ui_locales=language_of(request, visitor).value)

    async def callback(self, request: Request, visitor: Visitor) -> Response:
        await self._party.finish(request, visitor)
        self.site.visitors.renamed(visitor)
        return RedirectResponse("/", 303)

    async def refresh(self, _: Request, visitor: Visitor) -> Response:
        if visitor.token is not None:
            try:
                await self._party.refresh(visitor)
            except NotSignedIn as why:
                if is_final(why):  # the provider has ended it: so has this service
                    _forget(visitor)
                raise
        return RedirectResponse("/", 303)

    async def sign_out(self, request: Request, visitor: Visitor) -> Response:
        if visitor.token is None:
            return RedirectResponse("/", 303)
        id_token = visitor.token.get("id_token", "")
        _forget(visitor)
        return await self._party.end(request, visitor, id_token)

    async def signed_out(self, request: Request, visitor: Visitor) -> Response:
        language = language_of(request, visitor)
        return HTMLResponse(self.site.pages.welcome(language, signed_out=visitor.token is None))


def build(sample: Sample) -> Starlette:
    its = _OidcSite(sample)
    of = its.site.for_visitor
    return Starlette(
        routes=[
            Route("/", of(its.home)),
            Route("/sign-in", of(its.sign_in)),
            Route("/callback", of(its.callback)),
            Route("/refresh", of(its.refresh), methods=["POST"]),
            Route("/sign-out", of(its.sign_out), methods=["POST"]),
            Route("/signed-out", of(its.signed_out)),
            *its.site.files(),
        ]
    )


def _forget(visitor: Visitor) -> None:
    visitor.token = None
    visitor.claims = {}
