"""Every page of the sign-in journey, as bytes, and the headers that go with it.

Pages are rendered from what the handler hands in and nothing else: no request, no database, no clock. Every value is
escaped where it is put; addresses are checked here once more, whoever registered them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from idp.web.assets import StaticFile, asset_headers, static_files
from idp.web.brand import PLATFORM, Brand, brand_css, is_own_path, letter
from idp.web.languages import Language
from idp.web.wording import Wording

__all__ = [
    "PLATFORM",
    "Brand",
    "PageName",
    "Pages",
    "ShownPerson",
    "ShownService",
    "asset_headers",
    "brand_css",
    "page_headers",
]

PageName = Literal[
    "signin",
    "otp",
    "enrolment",
    "portal",
    "consent",
    "terms",
    "denied",
    "error",
    "logout_confirm",
    "logged_out",
    "signing_out",
    "stayed",
    "unavailable",
    "too_many",
    "form_post",
    "invitation",
    "invited",
    "apply",
    "apply_review",
    "apply_received",
    "device",
    "device_decision",
    "device_done",
]

# Characters that reorder or hide their neighbours: a name must not be able to read as another (Unicode TR 36 2.5).
_DISGUISE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_WEB_LINK = re.compile(r"https?://[^\s\x00-\x1f\x7f\\]+", re.IGNORECASE)
# RFC 8252 7.1: an application's own scheme is a reversed domain name, so it has a dot; javascript: and data: have none.
_APP_LINK = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:[^\s\x00-\x1f\x7f\\]*", re.IGNORECASE)


class ShownService(NamedTuple):
    """A service as a person sees it. `logo_url` is a path of ours; the other three are the addresses it registered."""

    name: str
    host: str | None = None
    logo_url: str | None = None
    policy_url: str | None = None
    tos_url: str | None = None
    home_url: str | None = None


class ShownPerson(NamedTuple):
    name: str
    username: str


@dataclass(frozen=True, slots=True)
class _Slots:
    """What one page takes: names that must be given, and names that may be, with what stands in for them."""

    required: frozenset[str]
    optional: Mapping[str, object]

    def filled(self, page: PageName, given: Mapping[str, object]) -> dict[str, object]:
        missing, unknown = self.required - given.keys(), given.keys() - self.required - self.optional.keys()
        if missing or unknown:
            raise TypeError(f"page {page}: missing {sorted(missing)}, unknown {sorted(unknown)}")
        return {**self.optional, **given}


def _takes(*required: str, **optional: object) -> _Slots:
    return _Slots(frozenset(required), MappingProxyType(optional))


_STEP = ("action", "csrf", "interaction")
_OF_STEP = {"service": None, "error": None, "cancel_action": None, "cancel_csrf": ""}

SLOTS: Mapping[PageName, _Slots] = MappingProxyType(
    {
        "signin": _takes(*_STEP, **_OF_STEP, username="", terms_due=False),
        "otp": _takes(*_STEP, "person", **_OF_STEP, switch_account_url=None),
        "enrolment": _takes(*_STEP, "person", "picture", "secret", "proposal", **_OF_STEP, switch_account_url=None),
        "portal": _takes("action", "csrf", "person", "offers", "held", "sessions", "factors", "sign_out_url"),
        "consent": _takes(
            "action", "csrf", "interaction", "service", "person", "scopes", resources=(), switch_account_url=None
        ),
        "terms": _takes("action", "csrf", "interaction", "heading", "version", "effective_date", "articles", rows=()),
        "denied": _takes(
            "code", "reference", said=None, missing=(), service=None, person=None, return_url=None, back=None
        ),
        "error": _takes("code", "reference", detail=None, onward_url=None),
        "logout_confirm": _takes("action", "csrf", interaction="", service=None, person=None),
        "logged_out": _takes(service=None, return_url=None, signin_url=None, frames=(), onward=None, untold=()),
        "signing_out": _takes(
            *("address", "service", "place", "total", "action", "interaction", "onward"), fields=(), again=False
        ),
        "stayed": _takes(),
        "unavailable": _takes(retry_url=None),
        "too_many": _takes(retry_after_seconds=None, retry_url=None),
        "invitation": _takes("action", "csrf", "token", "username", "shortest", error=None),
        "invited": _takes("username"),
        "apply": _takes("action", "csrf", "values", "faults", "products", stale=False),
        "apply_review": _takes(
            "action", "csrf", "values", "renews", "first_day", "last_day", "last_day_to_ask", "earliest_end"
        ),
        "apply_received": _takes("reference"),
        "device": _takes("action", "csrf", user_code="", error=None),
        "device_decision": _takes(
            *("action", "csrf", "interaction", "service", "person", "user_code", "scopes"),
            switch_account_url=None,
            unchecked=False,
        ),
        "device_done": _takes("allowed"),
        "form_post": _takes("action", "fields", service=None, onward=False),
    }
)

_WITH_FORM: frozenset[PageName] = frozenset(
    {
        *("signin", "otp", "enrolment", "consent", "portal", "terms", "logout_confirm", "form_post", "invitation"),
        *("apply", "apply_review", "device", "device_decision", "signing_out"),
    }
)
_WITH_SCRIPT: frozenset[PageName] = frozenset({"form_post", "signing_out"})
_HERE = Markup("<!-- here -->")  # no name can read so: they are escaped
_MOST_FRAMES = 2_000


class _Frame(NamedTuple):
    """What stands around the one part of a page that is never twice the same."""

    before: str
    after: str


class Pages:
    """Built once by the composition root. A template is compiled when it is first shown: all of them together take
    longer than the rest of a worker's start."""

    def __init__(self) -> None:
        self._static = static_files()
        self._wordings = {language: Wording(language) for language in Language}
        self._frames: dict[tuple[Language, Brand], _Frame] = {}
        environment = Environment(
            loader=PackageLoader("idp.web"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"shown": shown, "letter": letter, "web_link": web_link, "return_link": return_link}
        environment.filters["web_target"] = web_target
        environment.globals["asset"] = self._address
        self._environment = environment

    def sentence(self, language: Language, family: str, name: str) -> str:
        """`family.name` as plain text, or the `family.other` that stands in for it."""
        wording = self._wordings[language]
        return wording(wording.known(family, name)).unescape()

    def render(
        self,
        page: PageName,
        *,
        language: Language,
        brand: Brand,
        switch: Mapping[Language, str] | None = None,
        **context: object,
    ) -> bytes:
        """The page as UTF-8. `switch` holds the address of this same page in each language (`languages.switch_links`).

        What each page takes beside that is in `SLOTS`; a name missing or not known raises TypeError.
        """
        given = SLOTS[page].filled(page, context)
        make = self._form_post if page == "form_post" else self._whole
        return make(page, given, language, brand, switch).encode("utf-8", "replace")

    def _whole(
        self,
        page: PageName,
        given: Mapping[str, object],
        language: Language,
        brand: Brand,
        switch: Mapping[Language, str] | None,
    ) -> str:
        return self._environment.get_template(f"{page}.html").render(
            given,
            say=self._wordings[language],
            language=language,
            languages=tuple(Language),
            switch=switch,
            brand=brand,
        )

    def _form_post(
        self,
        page: PageName,
        given: Mapping[str, object],
        language: Language,
        brand: Brand,
        switch: Mapping[Language, str] | None,
    ) -> str:
        """The page on which most sign-ons end: of a tenant all of them are the same but for the form."""
        made = self._environment.get_template("form_post_form.html").render(given, say=self._wordings[language])
        if switch is not None or given["onward"]:
            whole = {"form": Markup(made), "onward": given["onward"]}  # noqa: S704 - escaped there
            return self._whole(page, whole, language, brand, switch)
        frame = self._frames.get((language, brand))
        if frame is None:
            around = {"form": _HERE, "onward": False}
            before, _, after = self._whole(page, around, language, brand, None).partition(_HERE)
            if len(self._frames) >= _MOST_FRAMES:
                self._frames.clear()
            frame = self._frames[language, brand] = _Frame(before, after)
        return f"{frame.before}{made}{frame.after}"

    def static_files(self) -> Mapping[str, StaticFile]:
        """What `/static/{digest}/{name}` serves, with `asset_headers`; any other name or digest is not found."""
        return self._static

    def _address(self, name: str) -> str:
        return f"/static/{self._static[name].digest}/{name}"


def page_headers(page: PageName, *, frames: Iterable[str] = ()) -> dict[str, str]:
    """The headers of an answer that carries this page; no `form-action` (Chromium applies it to the service's own
    redirects), and `same-origin` where there is a form (with `no-referrer` its `Origin` would be null). `frames` are
    the origins that it may frame."""
    framed = " ".join(dict.fromkeys(frames))
    policy = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'"
    if framed:
        policy += f"; frame-src {framed}"
    if page in _WITH_SCRIPT or framed:
        policy += "; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": f"{policy}; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "same-origin" if page in _WITH_FORM else "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def shown(text: str) -> str:
    """A name as it may be shown: without characters that reorder or hide what stands beside them."""
    return _DISGUISE.sub("", text)


def web_link(url: str | None) -> str | None:
    """An address a person may follow: http, https or a path of ours. Anything else is left out."""
    return url if url and (is_own_path(url) or _WEB_LINK.fullmatch(url)) else None


def return_link(url: str | None) -> str | None:
    """As `web_link`, and the registered scheme of an application."""
    return url if url and (web_link(url) or _APP_LINK.fullmatch(url)) else None


def web_target(url: str) -> str:
    """Where a form is posted; ValueError unless it is http, https or a path of ours: there is no page without it."""
    if not (target := web_link(url)):
        raise ValueError("a form is posted to an http or https address")
    return target
