"""The smallest change that would permit: right because it is tried, smallest among all that random search finds."""

from itertools import islice
from typing import Any
from zoneinfo import available_timezones

import pytest
from tests.access.policies.asking import ASKED, Document, at, policy
from tests.access.policies.drawing import GROUPS, NETWORKS, Draw, compiled, inputs, parsed

from idp.access import policies
from idp.access.policies import Action, Changed, Decision, Inputs, Result, RuleSet, SmallestChange

FRESH = policy({"all": []}, "step_up", require=["fresh_sign_in"])
MFA = frozenset({"pwd", "otp"})


def found(*documents: Document, assigned: bool = True, **facts: Any) -> SmallestChange | None:
    rules = [parsed(document, f"pol_{number}") for number, document in enumerate(documents)]
    ruleset = policies.compile(rules, NETWORKS)
    return policies.smallest_change(ruleset, ASKED._replace(**facts), assigned=assigned, assignment_required=True)


def changes(*documents: Document, **facts: Any) -> dict[Changed, Any]:
    change = found(*documents, **facts)
    assert change is not None
    return dict(change.changes)


@pytest.mark.parametrize(
    ("document", "facts", "wanted"),
    [
        (policy({"country": {"in": ["US"]}}), {"country": "US"}, {Changed.COUNTRY: {"country": "JP"}}),
        (policy({"not": {"network": {"in": ["office"]}}}), {"ip": "10.0.0.1"}, {Changed.NETWORK: {"ip": "192.0.2.0"}}),
        (policy({"network": {"in": ["office"]}}), {}, {Changed.NETWORK: {"ip": "203.0.113.1"}}),
        (policy({"country": {"in": ["JP"]}}), {"country": None}, {Changed.COUNTRY: {"country": "AD"}}),
        (policy({"authentication": {"mfa": False}}), {}, {Changed.AUTHENTICATION: {"methods": MFA}}),
        (policy({"all": []}, "step_up", require=["mfa"]), {}, {Changed.AUTHENTICATION: {"methods": MFA}}),
        (FRESH, {"age_seconds": 301}, {Changed.AGE: {"age_seconds": 0}}),
        (
            policy({"time": {"from": "09:00", "to": "17:00"}}),
            {},
            {Changed.TIME: {"now_us": at("2026-04-01T17:00")}},
        ),
        (
            policy({"time": {"holidays": "only"}}, "permit"),
            {},
            {Changed.TIME: {"now_us": at("2026-04-29T00:00")}},
        ),
        (policy({"group": {"in": ["grp_b"]}}, "permit"), {}, {Changed.GROUPS: {"groups": frozenset(GROUPS[:2])}}),
        (policy({"group": {"in": ["grp_a"]}}), {}, {Changed.GROUPS: {"groups": frozenset()}}),
        (policy({"browser": {"min_version": 121}}, "permit"), {}, {Changed.BROWSER_VERSION: {"browser_version": 121}}),
        (policy({"affiliation": {"in": ["employee"]}}), {}, {Changed.AFFILIATION: {"affiliation": "officer"}}),
        (policy({"any": []}), {"assigned": False}, {Changed.ASSIGNMENT: {"assigned": True}}),
        (policy({"any": []}), {}, {}),
    ],
)  # fmt: skip
def test_one_change_is_found_where_one_will_do(
    document: Document, facts: dict[str, Any], wanted: dict[Changed, Any]
) -> None:
    assert changes(document, **facts) == wanted


def test_a_device_is_changed_as_little_as_will_do() -> None:
    (flags,) = changes(policy({"device": {"enrolled": True, "compliant": True}}, "permit")).values()
    assert flags == {"device_enrolled": True, "device_compliant": True, "device_certificate": False}


def test_several_changes_are_found_where_one_will_not_do() -> None:
    wanted = {Changed.AUTHENTICATION, Changed.COUNTRY, Changed.ASSIGNMENT}
    rules = [policy({"not": {"country": {"in": ["JP"]}}}), policy({"authentication": {"mfa": False}})]
    assert changes(*rules, country="US", assigned=False).keys() == wanted


def test_a_text_that_no_form_can_express_is_tried_with_what_is_written_in_it() -> None:
    text = {
        "name": "rule",
        "text": 'forbid (principal, action, resource) unless { context.country like "U*" || "US" == "" };',
    }
    assert changes(text) == {Changed.COUNTRY: {"country": "US"}}


def test_nothing_is_found_where_nothing_would_do() -> None:
    assert found(policy({"all": []})) is None
    broken = policies.restore({"name": "rule"}, rule_id="pol_1")
    ruleset = policies.compile([broken], {})
    assert policies.smallest_change(ruleset, ASKED, assigned=True, assignment_required=False) is None


def test_a_rule_in_report_only_asks_for_no_change() -> None:
    assert changes(policy({"all": []}, report_only=True)) == {}


def otherwise(draw: Draw, asked: Inputs) -> Inputs:
    """Some facts as they might be instead."""
    other = inputs(draw.facts())._replace(
        service_id=asked.service_id,
        action=asked.action,
        user_id=asked.user_id,
        zone=asked.zone,
        now_us=asked.now_us + draw.randrange(366 * 86_400_000_000),
    )
    kept = draw.sample(Inputs._fields, draw.randint(6, len(Inputs._fields) - 1))
    return other._replace(**{name: getattr(asked, name) for name in kept})


def permitted(ruleset: RuleSet, asked: Inputs, *, assigned: bool) -> bool:
    found = ruleset.evaluate(asked, assigned=assigned, assignment_required=True)
    return found.decision is Decision.PERMIT


@pytest.mark.parametrize("seed", range(6))
def test_what_is_found_permits_and_is_not_larger_than_what_chance_finds(seed: int) -> None:
    draw = Draw(seed)
    numbers: set[int] = set()
    for _ in range(25):
        ruleset, asked, assigned = compiled(draw.policies(3)), inputs(draw.facts()), draw.flag()
        change = policies.smallest_change(ruleset, asked, assigned=assigned, assignment_required=True)
        if change is not None:
            numbers.add(len(change.changes))
            assert permitted(ruleset, change.inputs, assigned=change.assigned)
            assert permitted(ruleset, asked, assigned=assigned) is (change.changes == {})
        for _ in range(40):
            other = otherwise(draw, asked)
            if permitted(ruleset, other, assigned=True):
                assert change is not None, (ruleset.rules, asked, other)
                assert len(change.changes) <= differing(asked, other) + (not assigned)
    assert {0, 1, 2} <= numbers


def differing(asked: Inputs, other: Inputs) -> int:
    apart = {name for name in Inputs._fields if getattr(asked, name) != getattr(other, name)}
    devices = {name for name in apart if name.startswith("device_")}
    return len(apart - devices) + bool(devices)


@pytest.mark.parametrize("seed", range(6))
def test_no_situation_is_told_apart_from_all_that_are_tried(seed: int) -> None:
    draw = Draw(seed)
    tried = 0
    while tried < 6:
        ruleset = compiled(draw.policies(2))
        start = inputs(draw.facts())._replace(action=Action.SIGN_IN)
        told: set[tuple[object, ...]] = set()
        for number, each in enumerate(policies.boundary_inputs(ruleset, start)):
            if number > 3_000:
                break
            told.add(_results(ruleset, each))
        else:
            tried += 1
            for _ in range(60):
                other = otherwise(draw, start)
                facts = {name: getattr(start, name) for name in ("groups", "affiliation")}
                if None not in _situation(other):
                    assert _results(ruleset, other._replace(**facts)) in told, (ruleset.rules, start, other)


def _situation(asked: Inputs) -> tuple[object, ...]:
    """What a situation that can come up has."""
    names = ("verification_status", "ip", "country", "methods", "age_seconds", "browser_family", "browser_version")
    return tuple(getattr(asked, name) for name in names)


def _results(ruleset: RuleSet, asked: Inputs) -> tuple[object, ...]:
    outcome = ruleset.evaluate(asked, assigned=True, assignment_required=False)
    return (outcome.missing, *(each.result for each in outcome.rules))


@pytest.mark.parametrize(
    "condition",
    [
        {"network": {"in": ["192.0.2.0/24"]}},
        {"network": {"in": ["0.0.0.0/1", "192.0.0.0/2", "2000::/3"]}},
        {"network": {"in": ["::/0", "0.0.0.0/32"]}},
        {"country": {"in": ["JP"]}},
        {"country": {"in": ["US"]}},
        {"verification_status": {"in": ["unverified"]}},
        {"time": {"from": "09:00", "to": "10:00"}},
        {"time": {"from": "22:00", "to": "05:00", "days": ["sun"]}},
        {"time": {"holidays": "only", "days": ["mon"]}},
        {"time": {"holidays": "only", "from": "22:00", "to": "02:00", "time_zone": "America/New_York"}},
        {"device": {"enrolled": True, "compliant": False}},
        {"device": {"certificate": True}},
        {"authentication": {"mfa": True}},
        {"authentication": {"mfa": False, "max_age_seconds": 59}},
        {"authentication": {"max_age_seconds": 60}},
        {"browser": {"family": {"in": ["Safari"]}}},
        {"browser": {"family": {"in": ["Firefox"]}, "min_version": 121}},
        {"browser": {"min_version": 100}},
    ],
)
def test_both_sides_of_every_boundary_are_tried(condition: Document) -> None:
    rule = parsed(policy(condition))
    text = parsed({"name": "rule", "text": policies.text(rule)})
    for each in (rule, text, text._replace(condition=None)):
        ruleset = policies.compile([each], NETWORKS)
        tried = policies.boundary_inputs(ruleset, ASKED)
        assert {_results(ruleset, inputs)[1] for inputs in islice(tried, 100_000)} == {Result.MATCH, Result.NO_MATCH}


def test_places_beside_those_of_the_rules_are_tried() -> None:
    ruleset = policies.compile([], {})
    tried = [each.ip for each in policies.boundary_inputs(ruleset, ASKED, places=["198.51.100.0/24"])]
    assert tried == ["192.0.2.7", "198.51.100.0"]
    assert list(policies.boundary_inputs(ruleset, ASKED)) == [ASKED]


@pytest.mark.rewired
def test_a_hostile_set_is_given_up_soon() -> None:
    """Thousands of edges in hundreds of zones: what is tried is counted, not how much is written."""
    zones = sorted(available_timezones() - {"localtime", "Factory"})[:180]
    windows = [
        {"time": {"from": f"{n % 24:02}:{n % 60:02}", "to": f"{(n + 1) % 24:02}:{n % 59:02}", "time_zone": zone}}
        for n, zone in enumerate(zones)
    ]
    hostile = [
        policy({"any": [window, {"network": {"in": [f"10.{n}.{m}.0/24" for m in range(40)]}}, {"all": []}]})
        for n, window in enumerate(windows)
    ]
    rules = [parsed(each, f"pol_{number}") for number, each in enumerate(hostile)]
    ruleset = policies.compile(rules, NETWORKS)
    asked: list[Inputs] = []
    honestly = ruleset.evaluate
    ruleset.evaluate = lambda inputs, **k: asked.append(inputs) or honestly(inputs, **k)  # type: ignore[method-assign,assignment,func-returns-value,misc]
    assert policies.smallest_change(ruleset, ASKED, assigned=True, assignment_required=False) is None
    assert len(asked) * len(rules) <= 200_000
