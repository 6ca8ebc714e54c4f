"""The two who talk to a provider: a relying party, and a person's browser."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urljoin

from tests.support.filling import BASE_URL, CALLBACK, PASSWORD
from tests.support.in_process import FORM, Answer, Fields, Running, basic, encoded
from tests.support.sign_in import Form, Page

VERIFIER = "a-code-verifier-that-is-fixed-because-a-test-is-no-secret"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
STATE = "state 1+2/3=~"
SAME_ORIGIN = {"origin": BASE_URL, "sec-fetch-site": "same-origin"}
STEPS = 8


@dataclass(frozen=True)
class Party:
    worker: Running
    slug: str
    registered: Mapping[str, Any]

    @property
    def client_id(self) -> str:
        found: str = self.registered["oidc"]["client_id"]
        return found

    @property
    def secret(self) -> str:
        found: str = self.registered["oidc"].get("client_secret", "")
        return found

    @property
    def method(self) -> str:
        found: str = self.registered["oidc"]["token_endpoint_auth_method"]
        return found

    def at(self, worker: Running) -> "Party":
        """The same service, as another worker sees it."""
        return replace(self, worker=worker)

    def asking(self, **changes: str | None) -> dict[str, str]:
        """An authorization request; a parameter that is None is left out."""
        redirects = self.registered["oidc"]["redirect_uris"]
        asked: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": redirects[0] if redirects else CALLBACK,
            "response_type": "code",
            "scope": "openid profile email offline_access",
            "state": STATE,
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def address(self, **changes: str | None) -> str:
        return f"/t/{self.slug}/authorize?{urlencode(self.asking(**changes))}"

    def proof(self, fields: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, str | None]]:
        """Headers and form of a request in which the client proves itself as it is registered."""
        if self.method == "client_secret_basic":
            return {"authorization": basic(self.client_id, self.secret)}, dict(fields)
        named = {"client_id": self.client_id}
        return {}, named | ({"client_secret": self.secret} if self.secret else {}) | dict(fields)

    def post(self, endpoint: str, **fields: str | None) -> Answer:
        headers, form = self.proof(fields)
        return self.worker.call("POST", f"/t/{self.slug}/{endpoint}", headers | {"content-type": FORM}, encoded(form))

    def redeem(self, code: str, **changes: str | None) -> Answer:
        own = {"code": code, "redirect_uri": self.asking()["redirect_uri"], "code_verifier": VERIFIER}
        return self.post("token", grant_type="authorization_code", **{**own, **changes})

    def refresh(self, token: str, **more: str | None) -> Answer:
        return self.post("token", grant_type="refresh_token", refresh_token=token, **more)

    def credentials(self, **more: str | None) -> Answer:
        return self.post("token", grant_type="client_credentials", **{"scope": "api", **more})

    def introspect(self, token: str) -> Any:
        answer = self.post("introspect", token=token)
        assert answer.status == 200, answer
        return answer.json()

    def userinfo(self, token: str) -> Answer:
        return self.worker.call("GET", f"/t/{self.slug}/userinfo", {"authorization": f"Bearer {token}"})

    def tokens(self, browser: "Browser", **changes: str | None) -> dict[str, Any]:
        """The token response of a whole sign-in."""
        answer = self.redeem(browser.code(self, **changes))
        assert answer.status == 200, answer
        told: dict[str, Any] = answer.json()
        return told


@dataclass
class Browser:
    """Follows redirects within the provider and fills in the forms it meets; holds cookies as a browser does."""

    worker: Running
    user: str = "taro@aoba.example"
    password: str = PASSWORD
    button: str = "consent-allow"
    jar: dict[str, str] = field(default_factory=dict)
    here: str = ""

    def get(self, address: str, **headers: str) -> Answer:
        return self._send("GET", address, headers)

    def post(self, address: str, fields: Fields, headers: Mapping[str, str] = SAME_ORIGIN) -> Answer:
        answer = self._send("POST", address, {"content-type": FORM, **headers}, encoded(fields))
        again = sent_once_more(answer, self.here)
        return answer if again is None else self._send("POST", *again)

    def authorize(self, party: Party, **changes: str | None) -> Answer:
        """Up to the answer that leads to the service, or a page that asks for nothing."""
        return self.follow(self.get(party.address(**changes)))

    def code(self, party: Party, **changes: str | None) -> str:
        answer = self.authorize(party, **changes)
        assert "code" in answer.query, answer
        return answer.query["code"]

    def login_page(self, party: Party, **changes: str | None) -> Form:
        """The form in front of which a person sits who has typed nothing yet."""
        return self.form(self.get(self.get(party.address(**changes)).location))

    def form(self, page: Answer, name: str = "login-form") -> Form:
        assert page.status == 200, page
        return Page(page.text).forms[name]

    def sign_in(self, form: Form, headers: Mapping[str, str] = SAME_ORIGIN, **changes: str | None) -> Answer:
        filled = {**form.fields, "username": self.user, "password": self.password, **changes}
        return self.post(form.action, filled, headers)

    def follow(self, answer: Answer) -> Answer:
        for _ in range(STEPS):
            if answer.location:
                if not answer.location.startswith(f"{BASE_URL}/"):
                    return answer
                answer = self.get(answer.location)
                continue
            forms = Page(answer.text).forms if "html" in answer.headers["content-type"] else {}
            if "login-form" in forms and "login-error" not in Page(answer.text).texts:
                answer = self.sign_in(forms["login-form"])
            elif "consent-form" in forms:
                answer = self.press(forms["consent-form"], self.button)
            else:
                return answer
        raise AssertionError(f"no end after {STEPS} steps: {answer}")

    def press(self, form: Form, button: str, headers: Mapping[str, str] = SAME_ORIGIN) -> Answer:
        name, value = form.buttons[button]
        return self.post(form.action, {**form.fields, **({name: value} if name else {})}, headers)

    def _send(self, method: str, address: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        self.here = urljoin(self.here or BASE_URL, address)
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        fields = {**({"cookie": cookies} if cookies else {}), **headers}
        answer = self.worker.call(method, self.here.removeprefix(BASE_URL), fields, body)
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.jar.pop(name, None)
            else:
                self.jar[name] = value
        return answer


def sent_once_more(answer: Answer, address: str) -> tuple[str, Mapping[str, str], bytes] | None:
    """What the script of a page makes of it that posts a form of another site again, from here."""
    if 'src="/static/' not in answer.text or "/submit.js" not in answer.text:
        return None
    form = next(iter(Page(answer.text).forms.values()))
    if form.action != urljoin(BASE_URL, address):
        return None
    return form.action, {"content-type": FORM, **SAME_ORIGIN}, encoded(hidden_of(answer.text))


def hidden_of(page: str) -> list[tuple[str, str]]:
    """The hidden fields of a page, in order, repeated ones too."""
    found = re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


def unverified_header(token: str) -> dict[str, Any]:
    return _decoded(token.split(".", maxsplit=1)[0])


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, unverified."""
    return _decoded(token.split(".")[1])


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
