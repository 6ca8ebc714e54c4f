"""The sample's pages, in the look of the provider's own: they extend its templates and use its stylesheet."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from idp.samples.model import NotSignedIn
from idp.samples.visitors import Asserted, Visitor
from idp.web.assets import static_files
from idp.web.brand import Brand, brand_css, letter
from idp.web.languages import Language, switch_links
from idp.web.pages import return_link, shown, web_link, web_target
from idp.web.wording import Wording

_ZONE = ZoneInfo("Asia/Tokyo")
_OWN_LINES = ("name", "email")  # shown above, not once more in the list
_OWN_ATTRIBUTES = ("displayName", "mail")


class _SampleBrand(Brand):
    @property
    def stylesheet(self) -> str:
        return "/brand.css"


class Facts(NamedTuple):
    """What is known of the tokens: times as they are read aloud in Tokyo."""

    expires: str
    algorithm: str
    scope: str
    refreshed: int


class SamplePages:
    """`protocol` is `oidc` or `saml`: what the pages say of themselves."""

    def __init__(self, name: str, *, colour: str, protocol: str) -> None:
        self.static = static_files()
        self._protocol = protocol
        self._brand = _SampleBrand(slug=None, name=name, colour=colour)
        self.brand_css = brand_css(self._brand)
        self._wordings = {language: Wording(language, "idp.web", "idp.samples") for language in Language}
        environment = Environment(
            loader=ChoiceLoader([PackageLoader("idp.samples"), PackageLoader("idp.web")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"shown": shown, "letter": letter, "web_link": web_link, "return_link": return_link}
        environment.filters["web_target"] = web_target
        environment.globals["asset"] = lambda name: f"/static/{self.static[name].digest}/{name}"
        self._environment = environment

    def welcome(self, language: Language, *, signed_out: bool) -> str:
        return self._render("welcome.html", language, signed_out=signed_out)

    def asserted(self, language: Language, asserted: Asserted) -> str:
        own = {"name": asserted.attribute("displayName") or asserted.name, "email": asserted.attribute("mail")}
        lines = [each for each in asserted.attributes if each[0] not in _OWN_ATTRIBUTES]
        return self._render("asserted.html", language, own=own, lines=lines, facts=asserted.facts)

    def account(self, language: Language, visitor: Visitor) -> str:
        claims = visitor.claims
        lines = [(name, readable(value)) for name, value in claims.items() if name not in _OWN_LINES]
        return self._render("account.html", language, claims=claims, lines=lines, facts=_facts(visitor))

    def refused(self, language: Language, why: NotSignedIn, *, issuer: str) -> str:
        return self._render("refused.html", language, why=why, issuer=issuer)

    def _render(self, template: str, language: Language, **context: object) -> str:
        return self._environment.get_template(template).render(
            context,
            say=self._wordings[language],
            language=language,
            languages=tuple(Language),
            switch=switch_links("", path="/"),
            brand=self._brand,
            protocol=self._protocol,
        )


def readable(value: object) -> str:
    """A claim's value on one line; the address as it is written on an envelope."""
    if isinstance(value, Mapping):
        return str(value.get("formatted") or json.dumps(value, ensure_ascii=False))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _facts(visitor: Visitor) -> Facts:
    token: dict[str, Any] = visitor.token or {}
    expires = datetime.fromtimestamp(token["expires_at"], _ZONE) if "expires_at" in token else None
    return Facts(
        expires=f"{expires:%H:%M:%S} JST" if expires else "",
        algorithm=_algorithm(token.get("id_token", "")),
        scope=token.get("scope", ""),
        refreshed=visitor.refreshed,
    )


def _algorithm(id_token: str) -> str:
    """The header's `alg`, for showing; the signature was verified when the token arrived."""
    head = id_token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"]) if head else ""
