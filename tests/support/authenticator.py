"""A telephone with an authenticator app, and a person who has one (RFC 6238)."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pyotp
from tests.support.in_process import Answer
from tests.support.party import SAME_ORIGIN, Browser
from tests.support.provider import Provider
from tests.support.sign_in import Page

from idp import credentials, users

TWO_FACTORS = "urn:warifu:acr:mfa"
ONE_FACTOR = "urn:warifu:acr:1fa"


@dataclass
class Authenticator:
    """Its clock is the provider's."""

    provider: Provider
    secret: str

    def code(self, *, steps: int = 0) -> str:
        now = self.provider.clock.now_us() // 1_000_000
        return pyotp.TOTP(self.secret).at(now, counter_offset=steps)

    def next_code(self) -> str:
        """Half a minute later, as somebody waits whose code was used."""
        self.provider.clock.advance(seconds=30)
        return self.code()


def enrolled(provider: Provider, user: str = "taro", slug: str = "aoba") -> Authenticator:
    """Somebody who has set the app up before; the code of this moment is used up by it."""
    with provider.open(slug) as unit:
        identity = users.get(unit, provider.user(user))
        proposal = credentials.propose(unit, identity, purpose="test")
        app = Authenticator(provider, parse_qs(urlsplit(proposal.address).query)["secret"][0])
        credentials.enrol(unit, identity, proposal.sealed, app.code(), purpose="test")
    provider.clock.advance(seconds=30)
    return app


@dataclass
class Careful(Browser):
    """Enters the code of the app wherever it is asked for."""

    app: Authenticator | None = None
    asked: list[str] = field(default_factory=list)

    def follow(self, answer: Answer) -> Answer:
        for _ in range(4):
            answer = super().follow(answer)
            form = None if answer.location else Page(answer.text).forms.get("otp-form")
            if form is None or self.app is None or "otp-error" in Page(answer.text).texts:
                return answer
            self.asked.append("code")
            answer = self.post(form.action, {**form.fields, "code": self.app.code()}, SAME_ORIGIN)
        return answer


def careful(provider: Provider, app: Authenticator) -> Careful:
    return Careful(provider.first, app=app)
