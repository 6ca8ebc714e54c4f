"""A person without a browser: a cookie jar, and forms read from the pages by the ids that are promised."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpx2
from tests.support.installation import PASSWORD

STEPS = 10


@dataclass
class Form:
    """A form of a page: its fields with the values they arrived with, and the names that carry an element id."""

    id: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """The forms of a page, and the text of every element that has an id and no children."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.texts: dict[str, str] = {}
        self._form: Form | None = None
        self._id = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._id = found.get("id", "")
        if self._id:
            self.texts[self._id] = ""
        if tag == "form":
            self._form = self.forms[self._id] = Form(self._id, found.get("action", ""))
        if self._form is None:
            return
        name = found.get("name", "")
        if tag == "button":
            self._form.buttons[self._id] = (name, found.get("value", ""))
        elif tag == "input" and name:
            self._form.names[self._id] = name
            if found.get("type") not in {"checkbox", "radio"} or "checked" in found:
                self._form.fields[name] = found.get("value", "on" if found.get("type") == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        self._id = ""
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._id:
            self.texts[self._id] += data.strip()


class Person:
    """Somebody with a session of their own, or none yet."""

    def __init__(self, base_url: str, *, user: str = "taro@aoba.example", password: str = PASSWORD) -> None:
        self.base_url = base_url
        self.user = user
        self.password = password
        self.client = httpx2.Client(trust_env=False, timeout=30, follow_redirects=False)

    def __enter__(self) -> "Person":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def visit(self, address: str) -> httpx2.Response:
        """Follows redirects within the provider, signs in and consents: the first answer that leads elsewhere, or
        a page that asks for nothing of the kind."""
        answer = self.client.get(address)
        for _ in range(STEPS):
            if answer.is_redirect:
                target = urljoin(str(answer.request.url), answer.headers["location"])
                if not target.startswith(f"{self.base_url}/"):
                    return answer
                answer = self.client.get(target)
                continue
            forms = Page(answer.text).forms
            if "login-form" in forms:
                answer = self._submit(answer, forms["login-form"], "login-submit")
            elif "consent-form" in forms:
                answer = self._submit(answer, forms["consent-form"], "consent-allow")
            else:
                return answer
        raise AssertionError(f"no end after {STEPS} steps; now at {answer.request.url}: {answer.status_code}")

    def callback(self, address: str) -> str:
        """As `visit`, where it must lead back to the service: the whole address it leads to."""
        answer = self.visit(address)
        assert answer.is_redirect, f"{answer.status_code} at {answer.request.url}:\n{answer.text[:2000]}"
        return str(answer.headers["location"])

    def cookies(self) -> str:
        """The Cookie header of this person's session."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies.jar)

    def _submit(self, page: httpx2.Response, form: Form, button: str) -> httpx2.Response:
        values = dict(form.fields)
        for element, value in (("login-username", self.user), ("login-password", self.password)):
            if element in form.names:
                values[form.names[element]] = value
        name, value = form.buttons[button]
        if name:
            values[name] = value
        here = urlsplit(str(page.request.url))
        headers = {
            "origin": f"{here.scheme}://{here.netloc}",
            "sec-fetch-site": "same-origin",
            "referer": here.geturl(),
        }
        return self.client.post(urljoin(here.geturl(), form.action), data=values, headers=headers)
