"""Every sentence a person sees is in both languages, is used, and stands in the messages and nowhere else."""

import re
import string
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.nodes import Add, Call, Concat, Const, Getattr, Name, Node
from tests.support.tree import ROOT

from idp.web.languages import Language
from idp.web.wording import flatten

WEB = ROOT / "src" / "idp" / "web"
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
SENTENCES = {
    language: dict(flatten(tomllib.loads((WEB / "messages" / f"{language}.toml").read_text("utf-8"))))
    for language in Language
}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def asked_by_templates() -> tuple[set[str], set[str]]:
    """Keys that templates name, and families of keys (`say.known("denied.reason", code)`)."""
    keys, families = set(), set()
    for path in TEMPLATES:
        for call in Environment().parse(path.read_text("utf-8")).find_all(Call):
            match call.node, call.args:
                case Name(name="say"), [Const(value=key), *_]:
                    keys.add(key)
                case Getattr(node=Name(name="say"), attr="known"), [Const(value=family), *_]:
                    families.add(family)
                case Name(name="say"), [Call(node=Getattr(attr="known")), *_]:
                    pass
                case Name(name="say"), _:
                    pytest.fail(f"{path.name}:{call.lineno} builds a key that cannot be followed")
    return keys, families


def test_both_languages_say_the_same_things() -> None:
    japanese, english = SENTENCES[Language.JA], SENTENCES[Language.EN]
    assert japanese.keys() == english.keys()
    for key in japanese:
        assert placeholders(japanese[key]) == placeholders(english[key]), key


def test_placeholders_are_plain_names() -> None:
    for sentences in SENTENCES.values():
        for key, sentence in sentences.items():
            assert all(re.fullmatch("[a-z_]+", name) for name in placeholders(sentence)), key


def test_every_sentence_that_is_asked_for_exists_and_every_sentence_is_asked_for() -> None:
    keys, families = asked_by_templates()
    of_families = {key for key in SENTENCES[Language.JA] if key.rpartition(".")[0] in families}
    assert keys | of_families == SENTENCES[Language.JA].keys()
    assert {f"{family}.other" for family in families} <= of_families


def test_japanese_is_japanese_and_english_is_english() -> None:
    for key, sentence in SENTENCES[Language.JA].items():
        assert key == "layout.title" or re.search("[ぁ-んァ-ヶ一-龠]", sentence), key
    for key, sentence in SENTENCES[Language.EN].items():
        assert not re.search("[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]", sentence), key


def test_every_reason_says_what_is_and_what_to_do() -> None:
    names = {
        family: {key.rpartition(".")[2] for key in SENTENCES[Language.JA] if key.startswith(f"{family}.")}
        for family in ("denied.reason", "denied.next", "error.title", "error.text", "consent.scope", "consent.meaning")
    }
    assert names["denied.reason"] == names["denied.next"]
    assert names["error.title"] == names["error.text"]
    assert names["consent.scope"] == names["consent.meaning"]


SPOKEN_ATTRIBUTES = frozenset({"alt", "aria-label", "placeholder", "title"})


class Words(HTMLParser):
    """Collects what a person would read or hear of a template once its expressions are gone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        bare = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", bare, flags=re.DOTALL)
        self.feed(bare)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += re.findall(r"\w+", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (the parser's own signature)
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES:
                self.words += re.findall(r"\w+", value or "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    assert Words(path.read_text("utf-8")).words == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_switches_no_escaping_off(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)


def test_an_expression_holds_no_sentence_either() -> None:
    for path in TEMPLATES:
        for node in Environment().parse(path.read_text("utf-8")).find_all((Const, Add, Concat)):
            assert not spoken(node), f"{path.name}:{node.lineno}"


def spoken(node: Node) -> bool:
    return isinstance(node, Const) and isinstance(node.value, str) and bool(re.search("[^\x00-\x7f]", node.value))
