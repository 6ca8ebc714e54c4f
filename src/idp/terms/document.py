"""Terms as a document, and the documents of their comparison and publication."""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from idp.kit.canonical import canonical
from idp.kit.fields import Fields
from idp.terms.comparison import WordingRule
from idp.terms.model import Draft, Key, Provision, Version

MEMBERS = ("version", "title", "effective_date", "articles")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOST_ARTICLES = 200
_MOST_PROVISIONS = 1000
_MOST_RULES = 100
_LONGEST_TEXT = 20_000
_LONGEST_NAME = 100


class Asked(NamedTuple):
    """`against` is the version to compare with: None where it was left out."""

    against: Version | None
    rules: tuple[WordingRule, ...]
    wording_only: tuple[Key, ...] = ()


def read(document: Mapping[str, object]) -> Draft:
    """Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(MEMBERS)
    for name in MEMBERS:
        fields.required(name)
    draft = Draft(
        version=_version(fields, "version") or Version(""),
        title=fields.text("title") or "",
        effective_date=day(fields, "effective_date"),
        provisions=_articles(fields),
    )
    fields.finish()
    return draft


def read_comparison(document: Mapping[str, object]) -> Asked:
    """Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(("against", "wording_rules"))
    fields.required("against")
    asked = Asked(_version(fields, "against"), _rules(fields))
    fields.finish()
    return asked


def read_publication(document: Mapping[str, object]) -> Asked:
    """Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(("against", "wording_rules", "wording_only"))
    labels = tuple(
        Key(_name(inner), _number(inner))
        for inner in items(fields, "wording_only", most=_MOST_PROVISIONS, known=("article", "number"))
    )
    asked = Asked(_version(fields, "against"), _rules(fields), labels)
    fields.finish()
    return asked


def read_acceptance(document: Mapping[str, object]) -> Version:
    """Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(("version",))
    fields.required("version")
    version = _version(fields, "version") or Version("")
    fields.finish()
    return version


def to_document(draft: Draft) -> dict[str, Any]:
    articles: list[dict[str, Any]] = []
    for provision in draft.provisions:
        if not articles or articles[-1]["article"] != provision.article:
            articles.append({"article": provision.article, "provisions": []})
        articles[-1]["provisions"].append({"number": provision.number, "text": provision.text})
    return {
        "version": draft.version,
        "title": draft.title,
        "effective_date": draft.effective_date.isoformat(),
        "articles": articles,
    }


def hash_of(document: Mapping[str, Any]) -> str:
    return sha256(canonical(dict(document))).hexdigest()


def day(fields: Fields, name: str) -> date:
    value = fields.given(name)
    if value is not None:
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass  # no day of the calendar
        fields.refuse(name, "invalid_date", f"{name} is a day: YYYY-MM-DD.", found=value, expected="YYYY-MM-DD")
    return date.min


def items(fields: Fields, name: str, *, most: int, known: tuple[str, ...]) -> list[Fields]:
    """The objects of an array, each with its place in the body."""
    value = fields.given(name)
    if value is None:
        return []
    if not isinstance(value, list):
        fields.refuse(name, "invalid_type", f"{name} must be an array.", found=value, expected="array")
        return []
    if len(value) > most:
        fields.refuse(name, "too_many", f"{name} takes at most {most} entries.", found=len(value), expected=most)
        return []
    found = []
    for index, item in enumerate(value):
        if not isinstance(item, Mapping):
            fields.refuse(f"{name}/{index}", "invalid_type", "An object is expected.", found=item, expected="object")
            continue
        inner = Fields(item, at=f"{fields.at}/{name}/{index}", errors=fields.errors)
        inner.only(known)
        found.append(inner)
    return found


def _version(fields: Fields, name: str) -> Version | None:
    value = fields.given(name)
    if value is None:
        return None
    if not isinstance(value, str) or _VERSION.fullmatch(value) is None:
        detail = "A version has 1 to 50 letters, digits, points, hyphens and underscores."
        fields.refuse(name, "invalid_format", detail, found=value)
        return None
    return Version(value)


def _articles(fields: Fields) -> tuple[Provision, ...]:
    found: list[Provision] = []
    seen: set[str] = set()
    articles = items(fields, "articles", most=_MOST_ARTICLES, known=("article", "provisions"))
    if not articles and isinstance(fields.given("articles"), list) and fields.clean("articles"):
        fields.refuse("articles", "invalid_length", "Terms have at least one article.")
    for each in articles:
        article = _name(each)
        if article and article in seen:
            each.refuse("article", "duplicate", "An article comes once.", found=article)
        seen.add(article)
        each.required("provisions")
        found += _provisions(each, article)
    if len(found) > _MOST_PROVISIONS:
        detail = f"Terms have at most {_MOST_PROVISIONS} provisions."
        fields.refuse("articles", "too_many", detail, found=len(found), expected=_MOST_PROVISIONS)
    return tuple(found)


def _provisions(fields: Fields, article: str) -> list[Provision]:
    found: dict[str, Provision] = {}
    for each in items(fields, "provisions", most=_MOST_PROVISIONS, known=("number", "text")):
        number = _number(each)
        each.required("text")
        text = each.text("text", longest=_LONGEST_TEXT, lines=True) or ""
        if number in found:
            each.refuse("number", "duplicate", "A number comes once in an article.", found=number)
        found[number] = Provision(article, number, text.replace("\r\n", "\n"))
    return [*found.values()]


def _name(fields: Fields) -> str:
    fields.required("article")
    return fields.text("article", longest=_LONGEST_NAME) or ""


def _number(fields: Fields) -> str:
    value = fields.given("number")
    if value is None or value == "":
        return ""
    number = fields.text("number", longest=_LONGEST_NAME) or ""
    if number.endswith((".", "．")):
        fields.refuse("number", "invalid_format", "A number is written without its closing point.", found=number)
    return number


def _rules(fields: Fields) -> tuple[WordingRule, ...]:
    """A rule with an empty side would let anything appear or disappear."""
    found = []
    for each in items(fields, "wording_rules", most=_MOST_RULES, known=("from", "to")):
        each.required("from")
        each.required("to")
        found.append(WordingRule(each.text("from") or "", each.text("to") or ""))
    return tuple(found)
