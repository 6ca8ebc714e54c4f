"""What a text says is spoken without Cedar; agreement with Cedar is in `test_texts_agreement.py`."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from tests.access.policies.asking import ASKED
from tests.access.policies.drawing import NETWORKS, Document, parsed

from idp.access import policies
from idp.access.policies import Result
from idp.access.policies.likeness import likeness
from idp.access.policies.translating import Untranslatable, translated

ONLY_CEDAR = ['decimal("1.0").lessThan(decimal("1.1"))', '{"a": context.mfa}.a', "[context.mfa].contains(true)"]


def text(condition: str, head: str = "principal, action, resource") -> Document:
    return {"name": "rule", "text": f"forbid ({head}) when {{ {condition} }};"}


def result(document: Document, *, by_cedar: bool = False, **facts: object) -> Result | None:
    ruleset = policies.compile([parsed(document)], NETWORKS, by_cedar=by_cedar)
    found = ruleset.evaluate(ASKED._replace(**facts), assigned=True, assignment_required=False)  # type: ignore[arg-type]
    return found.rules[0].result if found.rules else None


@pytest.mark.parametrize("condition", ONLY_CEDAR)
def test_what_is_not_spoken_cedar_judges(condition: str) -> None:
    judged = parsed(text(condition)).judged
    assert judged is not None
    with pytest.raises(Untranslatable):
        translated(judged.bodies, NETWORKS)
    results = {result(text(f"{sign}({condition})"), methods=frozenset({"pwd", "otp"})) for sign in ("", "!")}
    assert results == {Result.MATCH, Result.NO_MATCH}


def test_a_number_that_overflows_is_an_error_where_it_is_reached() -> None:
    condition = "context.mfa && context.age_seconds * 9223372036854775807 > 0"
    for by_cedar in (False, True):
        assert result(text(condition), by_cedar=by_cedar, methods=frozenset({"pwd", "otp"})) is Result.ERROR
        assert result(text(condition), by_cedar=by_cedar) is Result.NO_MATCH


def test_a_head_that_names_a_service_beside_its_type_is_about_that_service_alone() -> None:
    document = text("context has ip", head='principal, action, resource is Service in Service::"svc_b"')
    formed = text("context.mfa || true", head='principal, action, resource is Service in Service::"svc_b"')
    for each, by_cedar in product((document, formed), (False, True)):
        assert result(each, by_cedar=by_cedar) is not Result.MATCH
        assert result(each, by_cedar=by_cedar, service_id="svc_b") is Result.MATCH


def test_a_network_that_is_gone_makes_the_text_an_error_and_no_other() -> None:
    rules = [
        parsed(text(f'context.networks.contains("{name}") || context has ip'), name) for name in ("office", "branch")
    ]
    ruleset = policies.compile(rules, {"office": NETWORKS["office"]})
    found = ruleset.evaluate(ASKED, assigned=True, assignment_required=False)
    assert [each.result for each in found.rules] == [Result.ERROR, Result.MATCH]


def test_stars_stand_for_any_characters() -> None:
    letters = ["", "a", "b", "ab", "ba", "aab", "aba", "bab", "abab", "aabba"]
    for pattern in map("".join, product("ab*", repeat=5)):
        fits = likeness(["Wildcard" if each == "*" else {"Literal": each} for each in pattern])
        assert [fits(each) for each in letters] == [fnmatchcase(each, pattern) for each in letters], pattern


def test_many_stars_are_no_way_to_stall_a_decision() -> None:
    fits = likeness([part for _ in range(500) for part in ("Wildcard", {"Literal": "a"})] + [{"Literal": "b"}])  # type: ignore[arg-type,list-item]
    assert not fits("a" * 20_000)
