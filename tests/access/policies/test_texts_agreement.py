"""Random rules as forms, as the texts that mean the same, and as the forms of those texts: all decide alike.

`PAIRS` is how many pairs of rules and requests are compared; the gate takes some, `make policies` a hundred thousand.
"""

import os
from collections import Counter

import pytest
from tests.access.policies.drawing import NETWORKS, Document, Draw, compiled, inputs, parsed

from idp.access import policies
from idp.access.policies import Result, Rule, RuleSet

PAIRS = int(os.environ.get("PAIRS", "2000"))
SHARES = 8
EACH = 10


def as_text(rule: Rule) -> Document:
    """The text as Cedar is given it, not the condition that it came from."""
    return {"name": rule.name, "text": policies.text(rule), "report_only": rule.report_only}


def formed(rule: Rule) -> Document:
    document = policies.form(rule)
    assert document is not None, policies.text(rule)
    return document


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_form_decides_as_its_text_does(share: int) -> None:
    draw = Draw(20_260_501 + share)
    seen: Counter[str] = Counter()
    while sum(seen.values()) < PAIRS / SHARES:
        drawn = draw.policies()
        forms = compiled(drawn)
        texts = [parsed(as_text(rule), rule.id) for rule in forms.rules]
        assert [each.needs for each in texts] == [each.needs for each in forms.rules]
        again = {rule.id: formed(rule) for rule in texts}
        assert {each: formed(parsed(as_text(parsed(form)))) for each, form in again.items()} == again
        ways: list[RuleSet] = [policies.compile(texts, NETWORKS, by_cedar=True), compiled(again)]
        for _ in range(EACH):
            facts, assigned, required = draw.facts(), draw.flag(), draw.random() < 0.3
            wanted = forms.evaluate(inputs(facts), assigned=assigned, assignment_required=required)
            for way in ways:
                found = way.evaluate(inputs(facts), assigned=assigned, assignment_required=required)
                assert found == wanted, (drawn, facts)
            seen[wanted.reason.value] += 1
    assert len(seen) == 6, "every reason was met"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("share", range(SHARES))
def test_what_stands_for_a_text_decides_as_cedar_does(share: int) -> None:
    """And a text is an error where a fact is missing that stands anywhere in it, and nowhere else."""
    draw = Draw(20_260_601 + share)
    seen: Counter[tuple[bool, Result]] = Counter()
    while sum(seen.values()) < PAIRS / SHARES:
        expression, mentioned = draw.saying()
        head = draw.choice(["permit", "forbid", '@step_up("device_certificate") forbid'])
        clause = draw.choice(["when", "unless"])
        rule = parsed({"name": "rule", "text": f"{head} (principal, action, resource) {clause} {{ {expression} }};"})
        by_cedar = policies.compile([rule], NETWORKS, by_cedar=True)
        ours = policies.compile([rule], NETWORKS)
        for _ in range(EACH):
            facts = draw.facts() | {"action": "sign_in", "user_id": "usr_1"}
            found, other = (
                each.evaluate(inputs(facts), assigned=True, assignment_required=False) for each in (by_cedar, ours)
            )
            assert found == other, (expression, facts)
            error = any(facts[each] is None for each in mentioned)
            overflow = "9223372036854775807" in expression and found.rules[0].result is Result.ERROR
            assert (found.rules[0].result is Result.ERROR) is (error or overflow), (expression, facts)
            seen[rule.condition is None, found.rules[0].result] += 1
    results = (Result.MATCH, Result.NO_MATCH)
    assert {(has_no_form, result) for has_no_form in (True, False) for result in results} <= seen.keys()
    assert any(result is Result.ERROR for _, result in seen)


def test_a_text_that_means_something_else_is_seen() -> None:
    draw = Draw(1)
    differing = 0
    for _ in range(60):
        policy = draw.policy() | {"report_only": False}
        rule = parsed(policy)
        turned = parsed({"name": "rule", "text": policies.text(rule).replace(">=", "<").replace("&&", "||")})
        ways = [policies.compile([each], NETWORKS, by_cedar=True) for each in (rule, turned)]
        for _ in range(EACH):
            facts = inputs(draw.facts())
            one, other = (way.evaluate(facts, assigned=True, assignment_required=False) for way in ways)
            differing += one != other
    assert differing
