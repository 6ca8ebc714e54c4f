"""A person who goes from site to site without a browser: follows every redirect, and sends the forms and follows the
links that do so by themselves, as the page's script would."""

import html
import re
from urllib.parse import urljoin

import httpx2
from tests.support.sign_in import STEPS, Page, Person

_MESSAGES = {"SAMLRequest", "SAMLResponse"}
_LINK = re.compile('<a id="signing-out-go" href="([^"]+)"')


class _HostOnly(httpx2.HTTPTransport):
    """For browsers a cookie with `Domain=localhost` is one of localhost; for Python's jar it is nobody's."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        fields = [(name, value.replace(b"; Domain=localhost", b"")) for name, value in response.headers.raw]
        response.headers = httpx2.Headers(fields)
        return response


class Surfer(Person):
    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.client.close()
        self.client = httpx2.Client(transport=_HostOnly(), timeout=30, follow_redirects=False)

    def surf(self, address: str) -> httpx2.Response:
        """The first answer of anybody's that leads nowhere else."""
        answer = self.visit(address)
        for _ in range(STEPS):
            if answer.is_redirect:
                answer = self.visit(urljoin(str(answer.request.url), answer.headers["location"]))
                continue
            form = next((each for each in Page(answer.text).forms.values() if _MESSAGES & each.fields.keys()), None)
            if form is None:
                link = _LINK.search(answer.text)
                if link is None:
                    return answer
                answer = self.visit(html.unescape(link[1]))
                continue
            answer = self.client.post(urljoin(str(answer.request.url), form.action), data=form.fields)
        raise AssertionError(f"no end after {STEPS} steps; now at {answer.request.url}: {answer.status_code}")
