"""The sample of SAML: its pages, what their buttons do, and where the provider's answers arrive."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from idp.samples.model import SamlSample
from idp.samples.pages import SamplePages
from idp.samples.site import Site, language_of
from idp.samples.visitors import Visitor

if TYPE_CHECKING:
    from idp.samples.service_provider import ServiceProvider

COOKIE = "warifu-sample-saml"
COLOUR = "#9f1f4f"


class _SamlSite:
    def __init__(self, sample: SamlSample) -> None:
        pages = SamplePages(sample.name, colour=COLOUR, protocol="saml")
        self.site = Site(pages, origin=sample.origin, issuer=sample.issuer, cookie=COOKIE)
        self._sample = sample
        self._provider: ServiceProvider | None = None

    @property
    def provider(self) -> "ServiceProvider":
        """Made when somebody first signs in: the library takes a second to load."""
        if self._provider is None:
            from idp.samples.service_provider import ServiceProvider

            self._provider = ServiceProvider(self._sample)
        return self._provider

    async def home(self, request: Request, visitor: Visitor) -> Response:
        language = language_of(request, visitor)
        if visitor.asserted is None:
            return HTMLResponse(self.site.pages.welcome(language, signed_out=False))
        return HTMLResponse(self.site.pages.asserted(language, visitor.asserted))

    async def sign_in(self, request: Request, visitor: Visitor) -> Response:
        passive = "passive" in request.query_params
        return RedirectResponse(await self.provider.begin(visitor, passive=passive), 303)

    async def consume(self, request: Request, visitor: Visitor) -> Response:
        form = dict(parse_qsl((await request.body()).decode("latin-1")))
        await self.provider.finish(visitor, form.get("SAMLResponse", ""))
        self.site.visitors.renamed(visitor)
        return RedirectResponse("/", 303)

    async def sign_out(self, _: Request, visitor: Visitor) -> Response:
        if visitor.asserted is None:
            return RedirectResponse("/", 303)
        asserted, visitor.asserted = visitor.asserted, None
        return RedirectResponse(await self.provider.end(asserted), 303)

    async def logout(self, request: Request, _: Visitor) -> Response:
        """An answer to our own request, or a request of the provider's because somebody signed out elsewhere."""
        query = dict(request.query_params)
        if "SAMLRequest" in query:
            asked = await self.provider.asked_to_end(query)
            ended = self.site.visitors.end(asked.name, asked.session_indexes)
            return RedirectResponse(self.provider.answer(asked, ended=ended > 0), 303)
        await self.provider.ended(query)
        return RedirectResponse("/signed-out", 303)

    async def signed_out(self, request: Request, visitor: Visitor) -> Response:
        language = language_of(request, visitor)
        return HTMLResponse(self.site.pages.welcome(language, signed_out=visitor.asserted is None))


def build(sample: SamlSample) -> Starlette:
    its = _SamlSite(sample)
    of = its.site.for_visitor
    return Starlette(
        routes=[
            Route("/", of(its.home)),
            Route("/sign-in", of(its.sign_in)),
            Route("/acs", of(its.consume, from_elsewhere=True), methods=["POST"]),
            Route("/sign-out", of(its.sign_out), methods=["POST"]),
            Route("/slo", of(its.logout)),
            Route("/signed-out", of(its.signed_out)),
            *its.site.files(),
        ]
    )
