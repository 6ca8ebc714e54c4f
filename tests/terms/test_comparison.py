"""Before and after: what differs, in the order of the terms, and whether it is called what it is."""

import random

import pytest
from tests.terms.revision import CALLED_MINOR, NEW, OLD, RULES

from idp import terms
from idp.kit.errors import Invalid
from idp.terms import Difference, Key, Provision, Row, WordingRule, comparison

REWORDING = [WordingRule("使用", "利用")]


def texts(*pairs: tuple[str, str]) -> list[Provision]:
    return [Provision("第1条", number, text) for number, text in pairs]


def changes(before: list[Provision], after: list[Provision], *rules: WordingRule) -> list[tuple[str, str]]:
    return [(row.key.number, row.change.value) for row in terms.compare(before, after, rules)]


def test_the_table_of_a_published_revision_comes_out() -> None:
    before, after = terms.read(OLD).provisions, terms.read(NEW).provisions
    rows = terms.compare(before, after, REWORDING)
    assert len(rows) == 30
    assert [row.key for row in rows] == [provision.key for provision in after]
    kinds = {row.key: row.change for row in rows if row.change is not Difference.WORDING_ONLY}
    assert kinds == {
        Key("第5条", "4"): Difference.SUBSTANTIVE,
        Key("第5条", "5"): Difference.ADDED,
        Key("第7条", "3"): Difference.SUBSTANTIVE,
    }
    by_key = {row.key: row for row in rows}
    assert by_key[Key("第6条", "4")] == Row(
        Key("第6条", "4"),
        "お客様は、本サービスを日本国内においてのみ使用するものとします。",
        "お客様は、本サービスを日本国内においてのみ利用するものとします。",
        Difference.WORDING_ONLY,
    )
    assert by_key[Key("第5条", "5")].before is None


def test_the_one_row_among_those_called_minor_that_is_not_is_found() -> None:
    asked = terms.read_publication({"wording_rules": RULES, "wording_only": CALLED_MINOR})
    assert len(asked.wording_only) == 28
    before, after = terms.read(OLD).provisions, terms.read(NEW).provisions
    found = comparison.mislabelled(asked.wording_only, before, after, asked.rules)
    assert found == [(Key("第7条", "3"), "substantive")]


def test_without_its_rule_nothing_is_wording_only() -> None:
    rows = terms.compare(terms.read(OLD).provisions, terms.read(NEW).provisions)
    assert {row.change for row in rows} == {Difference.ADDED, Difference.SUBSTANTIVE}


def test_rules_apply_to_both_sides_character_for_character() -> None:
    before, after = (
        texts(("1", "使用と利用"), ("2", "使用。"), ("3", "使用")),
        texts(("1", "利用と使用"), ("2", "利用."), ("3", "利用 ")),
    )
    assert changes(before, after, *REWORDING) == [
        ("1", "wording_only"),
        ("2", "substantive"),
        ("3", "substantive"),
    ]
    assert changes(texts(("1", "a b")), texts(("1", "b")), WordingRule("a b", "b")) == [("1", "wording_only")]


def test_what_was_taken_away_stands_where_it_stood() -> None:
    before = texts(("0", "x"), ("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"))
    after = texts(("1", "a"), ("4", "D"), ("5", "e"))
    assert changes(before, after) == [
        ("0", "removed"),
        ("2", "removed"),
        ("3", "removed"),
        ("4", "substantive"),
        ("5", "added"),
    ]


def test_a_provision_that_was_renumbered_is_another_one() -> None:
    assert changes(texts(("1", "a"), ("2", "b")), texts(("1", "new"), ("2", "a"), ("3", "b"))) == [
        ("1", "substantive"),
        ("2", "substantive"),
        ("3", "added"),
    ]
    elsewhere = [Provision("第2条", "1", "a")]
    assert [row.change.value for row in terms.compare(texts(("1", "a")), elsewhere)] == ["removed", "added"]


def test_labels_of_what_is_unchanged_added_removed_or_absent_are_wrong() -> None:
    before, after = texts(("1", "a"), ("2", "使用"), ("3", "c")), texts(("1", "a"), ("2", "利用"), ("4", "d"))
    labels = [Key("第1条", number) for number in "12345"]
    found = comparison.mislabelled(labels, before, after, REWORDING)
    assert [(each.key.number, each.found) for each in found] == [
        ("1", "unchanged"),
        ("3", "removed"),
        ("4", "added"),
        ("5", "absent"),
    ]


def test_any_two_texts_have_a_row_for_each_difference_and_none_else() -> None:
    chance = random.Random(6)
    for _ in range(2000):
        before, after = (
            texts(*((number, chance.choice("ab")) for number in chance.sample("12345678", chance.randint(0, 8))))
            for _ in range(2)
        )
        old, new = ({each.key: each.text for each in side} for side in (before, after))
        rows = terms.compare(before, after)
        assert {row.key for row in rows} == {key for key in {*old, *new} if old.get(key) != new.get(key)}
        assert len({row.key for row in rows}) == len(rows)
        assert [row.key for row in rows if row.after is not None] == [
            each.key for each in after if old.get(each.key) != each.text
        ]


@pytest.mark.parametrize("rule", [{"from": "", "to": "x"}, {"from": "x", "to": ""}, {"from": " ", "to": "x"}, {}])
def test_a_rule_with_an_empty_side_is_refused(rule: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        terms.read_comparison({"against": "1", "wording_rules": [rule]})
    assert all(error.pointer.startswith("/wording_rules/0/") for error in refused.value.errors)


@pytest.mark.parametrize(
    ("articles", "wrong"),
    [
        ([], ("/articles", "invalid_length")),
        (
            [{"article": "A", "provisions": [{"number": "1.", "text": "x"}]}],
            ("/articles/0/provisions/0/number", "invalid_format"),
        ),
        ([{"article": "A", "provisions": [{"number": "1"}]}], ("/articles/0/provisions/0/text", "required")),
        ([{"article": "A", "provisions": []}] * 2, ("/articles/1/article", "duplicate")),
        (
            [{"article": "A", "provisions": [{"text": "x"}, {"number": "", "text": "y"}]}],
            ("/articles/0/provisions/1/number", "duplicate"),
        ),
        ([{"article": "A", "provisions": "x"}], ("/articles/0/provisions", "invalid_type")),
        (["x"], ("/articles/0", "invalid_type")),
        ([{"article": "A", "provisions": [], "x": 1}], ("/articles/0/x", "unknown_field")),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(articles: object, wrong: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        terms.read({**NEW, "articles": articles})
    assert [(error.pointer, error.code) for error in refused.value.errors] == [wrong]
