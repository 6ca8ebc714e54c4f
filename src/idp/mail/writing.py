"""The words of a letter, as text and as a page without pictures, scripts or anything fetched."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from idp.web.languages import Language
from idp.web.wording import Wording


class Content(NamedTuple):
    """`facts` are names with what they are; `brand` is who writes."""

    event: str
    name: str
    brand: str
    facts: Sequence[tuple[str, Any]]
    link: str | None = None
    help_text: str = ""


class Writer:
    def __init__(self) -> None:
        loader = PackageLoader("idp.mail")
        settings: dict[str, Any] = {"loader": loader, "undefined": StrictUndefined, "trim_blocks": True}
        self._text = Environment(autoescape=False, lstrip_blocks=True, **settings).get_template("letter.txt")  # noqa: S701 - plain text
        self._html = Environment(autoescape=True, lstrip_blocks=True, **settings).get_template("letter.html")
        self._wordings = {language: Wording(language, "idp.mail") for language in Language}

    def write(self, content: Content, language: Language) -> tuple[str, str, str]:
        """Subject, text and HTML."""
        say = self._wordings[language]
        facts = [(say(f"facts.{name}"), self._shown(say, name, value)) for name, value in content.facts]
        values = {"brand": content.brand}
        subject = say(f"{content.event}.subject", **values).unescape()
        body = say(f"{content.event}.text", **values)
        greeting = say("letter.greeting", name=content.name) if content.name else ""
        filled = {**content._asdict(), "facts": facts, "body": body, "greeting": greeting, "language": language}
        html = self._html.render(filled, say=say, subject=subject)
        plain = {name: _plain(value) for name, value in filled.items() if name != "facts"}
        text = self._text.render(plain, say=lambda key: say(key).unescape(), facts=_plain(facts), subject=subject)
        return subject, text, html

    def _shown(self, say: Wording, name: str, value: Any) -> Markup:
        if name == "product":
            return say(say.known("product", str(value)))
        if isinstance(value, list):
            return Markup(", ").join(str(each) for each in value)
        return Markup("{}").format(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [(key.unescape(), shown.unescape()) for key, shown in value]
    return value.unescape() if isinstance(value, Markup) else value
