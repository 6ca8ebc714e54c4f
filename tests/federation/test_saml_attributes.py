"""Attributes of a person under other names and in other words: what can be said, what comes of it, and what cannot."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.federation import saml_attributes, saml_expressions
from idp.federation.saml_attributes import MappedAttribute
from idp.federation.saml_expressions import BadExpression
from idp.kit.errors import FieldError
from idp.kit.fields import Fields

KNOWN = {
    "email": ("Taro@Aoba.example",),
    "given_name": ("太郎",),
    "family_name": ("山田",),
    "groups": ("app-keihi", "app-payroll", "営業"),
    "user_name": ("{email}",),
}


def judged(*attributes: Any) -> tuple[tuple[MappedAttribute, ...], list[FieldError]]:
    fields = Fields({"attributes": list(attributes)})
    return saml_attributes.read(fields), fields.errors


def told(known: dict[str, tuple[str, ...]] = KNOWN, **attribute: Any) -> tuple[str, ...]:
    (made,), errors = judged({"name": "a", **attribute})
    assert errors == []
    assert MappedAttribute.from_json(made.to_json()) == made
    return made.told(known)


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ({"source": "email"}, ("Taro@Aoba.example",)),
        ({"source": "nickname"}, ()),
        ({"source": "groups"}, KNOWN["groups"]),
        ({"values": ["b", "a", "b"]}, ("b", "a")),
        ({"expression": "{family_name} {given_name}"}, ("山田 太郎",)),
        ({"expression": "{email|before:@|lower}"}, ("taro",)),
        ({"expression": "{email|after:@|upper}"}, ("AOBA.EXAMPLE",)),
        ({"expression": "{email|after:#}"}, ()),
        ({"expression": "{nickname} {given_name}"}, ()),
        ({"expression": "{{{given_name}}}"}, ("{太郎}",)),
        ({"expression": "urn:role:{groups|lower}"}, tuple(f"urn:role:{each}" for each in KNOWN["groups"])),
        ({"expression": "{groups|after:app-}@{given_name}"}, ("keihi@太郎", "payroll@太郎")),
        ({"expression": "{user_name}"}, ("{email}",)),  # what comes of it is no expression again
        ({"source": "groups", "filter": {"starts_with": "app-"}}, ("app-keihi", "app-payroll")),
        ({"source": "groups", "filter": {"in": ["営業", "総務"]}}, ("営業",)),
        ({"source": "groups", "map": {"営業": "sales", "app-keihi": "user", "app-payroll": "user"}}, ("user", "sales")),
        ({"source": "groups", "filter": {"starts_with": "app-"}, "map": {"営業": "sales"}}, ()),
        ({"expression": "{groups|after:app-}", "filter": {"in": ["keihi"]}, "map": {"keihi": "K"}}, ("K",)),
    ],
)
def test_values_come_of_sources_expressions_and_constants(attribute: dict[str, Any], values: tuple[str, ...]) -> None:
    assert told(**attribute) == values


@pytest.mark.parametrize(
    ("attribute", "fault"),
    [
        ({}, ("source", "required")),
        ({"source": "email", "values": ["x"]}, ("source", "required")),
        ({"source": "password"}, ("source", "unknown_value")),
        ({"values": [1]}, ("values/0", "invalid_type")),
        ({"source": "email", "filter": {}}, ("filter", "inconsistent")),
        ({"source": "email", "filter": {"in": ["a"], "starts_with": "a"}}, ("filter", "inconsistent")),
        ({"source": "email", "filter": {"matches": "(a+)+$"}}, ("filter/matches", "unknown_field")),
        ({"source": "email", "map": {"a": 1}}, ("map/a", "invalid_type")),
        ({"source": "email", "eval": "x"}, ("eval", "unknown_field")),
    ],
)
def test_what_cannot_be_said_has_its_place(attribute: dict[str, Any], fault: tuple[str, str]) -> None:
    _, errors = judged({"name": "a", **attribute})
    assert (f"/attributes/0/{fault[0]}", fault[1]) in [(each.pointer, each.code) for each in errors]


CODE = [
    "{__import__('os').system('id')}",
    "{email.__class__}",
    "{email.upper}",
    "{0}",
    "{}",
    "{email!r}",
    "{email:>1000000000}",
    "{email|__class__}",
    "{email|eval:1}",
    "{email|lower:x}",
    "{email|before}",
    "{email|before:}",
    "{email|}",
    "{email",
    "email}",
    "{{email}",
    "{ email }",
    "{password}",
    "{groups}{roles}",
    "{email}" * 11,
    "plain",
    "${7*7}",
    "<% 7*7 %>",
    "{email}" + "x" * 600,
]


@pytest.mark.attack("X17")
@pytest.mark.parametrize("text", CODE)
def test_there_is_no_code_in_an_expression(text: str) -> None:
    with pytest.raises(BadExpression):
        saml_expressions.parse(text)


def test_braces_of_other_languages_are_text() -> None:
    assert told(expression="#{{7*7}} {given_name}") == ("#{7*7} 太郎",)


@given(st.text(alphabet="{}|:@ ab'_.", max_size=60) | st.text(max_size=100))
@settings(max_examples=150, deadline=None)
def test_any_text_is_an_expression_or_is_refused(text: str) -> None:
    try:
        made = saml_expressions.parse(text)
    except BadExpression:
        return
    assert all(isinstance(each, str) for each in made.values(KNOWN))


def test_the_longest_expression_of_the_most_values_is_made_at_once() -> None:
    known = {"groups": tuple("g" * 100 for _ in range(500)), "email": ("e" * 250,)}
    made = saml_expressions.parse("{groups|lower}" + "{email|upper}" * 9 + "x" * 300)
    began = time.process_time()
    assert len(list(made.values(known))) == 500
    assert time.process_time() - began < 0.5
