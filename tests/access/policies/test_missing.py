"""A fact that is missing, or is not what such a fact can be, makes each rule that needs it an error."""

from typing import Any

import pytest
from tests.access.policies.asking import Document, at, evaluate, policy, result
from tests.access.policies.drawing import Draw, compiled, inputs

from idp.access.policies import Decision, Result, Why

NEEDING: dict[str, Document] = {
    "groups": {"group": {"in": ["grp_a"]}},
    "affiliation": {"affiliation": {"in": ["employee"]}},
    "ip": {"network": {"in": ["office"]}},
    "country": {"country": {"in": ["JP"]}},
    "methods": {"authentication": {"mfa": True}},
    "age_seconds": {"authentication": {"max_age_seconds": 60}},
    "browser_family": {"browser": {"family": {"in": ["Firefox"]}}},
    "browser_version": {"browser": {"min_version": 1}},
    "verification_status": {"verification_status": {"in": ["verified"]}},
    "now_us": {"time": {"from": "00:00", "to": "12:00"}},
    "zone": {"time": {"days": ["wed"]}},
}
MALFORMED: list[tuple[str, Any]] = [
    ("groups", "grp_a"),
    ("groups", ["grp_a"]),
    ("affiliation", ""),
    ("affiliation", 1),
    ("ip", ""),
    ("ip", "a"),
    ("ip", "192.0.2.07"),
    ("ip", "192.0.2.7 "),
    ("ip", "fe80::1%eth0"),
    ("ip", "192.0.2"),
    ("ip", "3221225991"),
    ("ip", 3221225991),
    ("ip", "192.0.2.7, 10.0.0.1"),
    ("country", "jp"),
    ("country", "JPN"),
    ("country", ""),
    ("country", "J\n"),
    ("methods", "pwd"),
    ("methods", frozenset({1})),
    ("age_seconds", -1),
    ("age_seconds", True),
    ("age_seconds", 1.5),
    ("age_seconds", "60"),
    ("browser_family", ""),
    ("browser_version", -1),
    ("browser_version", "120"),
    ("verification_status", ""),
    ("now_us", 10**30),
    ("now_us", -(10**30)),
    ("now_us", "now"),
    ("now_us", None),
    ("zone", ""),
    ("zone", "Asia/Nowhere"),
    ("zone", "../../etc/passwd"),
    ("zone", None),
]
ABSENT: list[tuple[str, Any]] = [(fact, None) for fact in NEEDING]


@pytest.mark.parametrize(("fact", "value"), [*ABSENT, *MALFORMED])
def test_it_is_an_error_under_not_any_and_all_alike(fact: str, value: Any) -> None:
    needing = NEEDING[fact]
    true: Document = {"all": []}
    for when in (
        needing,
        {"not": needing},
        {"any": [true, needing]},
        {"all": [{"not": true}, needing]},
        {"not": {"not": {"any": [{"all": [needing]}, true]}}},
    ):
        assert result(when, **{fact: value}) is Result.ERROR
        assert result(when) is not Result.ERROR
        assert result(true, **{fact: value}) is Result.MATCH


@pytest.mark.parametrize("effect", ["deny", "permit", "step_up"])
def test_an_error_denies_whatever_the_rule_would_have_done(effect: str) -> None:
    require = {"require": ["mfa"]} if effect == "step_up" else {}
    found = evaluate(policy(NEEDING["country"], effect, **require), policy({"all": []}, "permit"), country=None)
    assert (found.decision, found.reason) == (Decision.DENY, Why.POLICY_ERROR)


@pytest.mark.parametrize(("require", "fact"), [("mfa", "methods"), ("fresh_sign_in", "age_seconds")])
def test_what_a_step_up_requires_is_needed_too(require: str, fact: str) -> None:
    step = policy({"any": []}, "step_up", require=[require])
    assert evaluate(step, **{fact: None}).reason is Why.POLICY_ERROR
    assert evaluate(step).reason is Why.PERMITTED
    certificate = policy({"all": []}, "step_up", require=["device_certificate"])
    assert evaluate(certificate, **{fact: None}).decision is Decision.STEP_UP


@pytest.mark.parametrize("year", [1900, 2100])
def test_holidays_of_years_of_which_none_are_known_are_missing(year: int) -> None:
    dated = {"time": {"holidays": "exclude"}}
    assert result(dated, now_us=at(f"{year}-06-01T10:00")) is Result.ERROR
    assert result({"time": {"days": ["mon"]}}, now_us=at(f"{year}-06-01T10:00")) is not Result.ERROR


def test_taking_a_fact_away_never_turns_a_denial_into_anything_else() -> None:
    draw = Draw(7)
    facts = "groups affiliation verification_status ip country methods age_seconds browser_family browser_version"
    for _ in range(300):
        ruleset, whole = compiled(draw.policies()), inputs(draw.facts())
        before = ruleset.evaluate(whole, assigned=True, assignment_required=False)
        for fact in facts.split():
            after = ruleset.evaluate(whole._replace(**{fact: None}), assigned=True, assignment_required=False)
            if before.decision is Decision.DENY:
                assert after.decision is Decision.DENY
