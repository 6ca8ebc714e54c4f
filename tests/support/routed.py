"""Pages of a provider in this process, in a real browser: what the browser asks for is answered here, by no server.

A redirect would leave the browser's routes: people sign in beforehand, and the browser is given their cookies.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, Route
from tests.support.filling import BASE_URL
from tests.support.party import Browser
from tests.support.provider import Provider

Elsewhere = Callable[[str], str | None]
"""The HTML at an address that is not the provider's; None where there is nothing."""


def route(page: Page, provider: Provider, elsewhere: Elsewhere) -> list[str]:
    """Every address that the browser asks for from now on, in order."""
    asked: list[str] = []
    pool = ThreadPoolExecutor(1)  # Playwright's own loop runs in this thread: the provider's needs another

    def answer(found: Route, request: Request) -> None:
        asked.append(request.url)
        if not request.url.startswith(f"{BASE_URL}/"):
            html = elsewhere(request.url)
            found.fulfill(status=404 if html is None else 200, content_type="text/html", body=html or "")
            return
        target = request.url.removeprefix(BASE_URL)
        headers = {name: value for name, value in request.all_headers().items() if not name.startswith(":")}
        said = pool.submit(provider.first.call, request.method, target, {**headers, "host": urlsplit(BASE_URL).netloc})
        reply = said.result()
        found.fulfill(status=reply.status, headers=reply.headers, body=reply.body)

    page.context.route("**/*", answer)
    return asked


def bring(page: Page, browser: Browser, *, path: str = "/") -> None:
    """The cookies that a person's browser holds."""
    for name, value in browser.jar.items():
        where = path if name.endswith("-state") else "/"
        page.context.add_cookies(
            [
                {
                    "name": name,
                    "value": value,
                    "domain": urlsplit(BASE_URL).netloc,
                    "path": where,
                    "secure": True,
                    "sameSite": "None" if name.endswith("-state") else "Lax",
                }
            ]
        )
