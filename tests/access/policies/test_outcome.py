"""The order of the outcome, every way that it can come together."""

from itertools import permutations, product

import pytest
from tests.access.policies.asking import ASKED, Document, evaluate, policy
from tests.access.policies.drawing import NETWORKS, parsed

from idp.access import policies
from idp.access.policies import Action, Decision, Requirement, Result, Why

HOLDS: Document = {"country": {"in": ["JP"]}}
FAILS: Document = {"country": {"in": ["US"]}}
ERRS: Document = {"all": [{"affiliation": {"in": ["employee"]}}]}  # the affiliation is not known here
WAYS = {"absent": None, "holds": HOLDS, "fails": FAILS, "errs": ERRS}


def wanted(deny: str, permit: str, step: str, *, assigned: bool, required: bool) -> tuple[Decision, Why]:
    if deny == "holds":
        return Decision.DENY, Why.POLICY_DENIED
    if "errs" in (deny, permit, step):
        return Decision.DENY, Why.POLICY_ERROR
    if permit == "fails":
        return Decision.DENY, Why.NO_RULE_PERMITS
    if required and not assigned:
        return Decision.DENY, Why.NOT_ASSIGNED
    if step == "holds":
        return Decision.STEP_UP, Why.STEP_UP_REQUIRED
    return Decision.PERMIT, Why.PERMITTED


@pytest.mark.parametrize(("deny", "permit", "step"), [*product(WAYS, repeat=3)])
def test_denials_errors_permits_assignment_and_step_up_come_in_this_order(deny: str, permit: str, step: str) -> None:
    documents = [
        policy(when, effect, **({"require": ["mfa"]} if effect == "step_up" else {}))
        for effect, way in (("deny", deny), ("permit", permit), ("step_up", step))
        if (when := WAYS[way]) is not None
    ]
    for assigned, required in product((True, False), repeat=2):
        for ordered in permutations(documents):
            found = evaluate(*ordered, affiliation=None, assigned=assigned, required=required)
            expected = wanted(deny, permit, step, assigned=assigned, required=required)
            assert (found.decision, found.reason) == expected
            assert found.missing == ((Requirement.MFA,) if found.decision is Decision.STEP_UP else ())


@pytest.mark.parametrize("way", ["holds", "fails", "errs"])
@pytest.mark.parametrize("effect", ["deny", "permit", "step_up"])
def test_a_rule_that_only_reports_changes_nothing_and_is_reported(effect: str, way: str) -> None:
    require = {"require": ["mfa"]} if effect == "step_up" else {}
    found = evaluate(policy(WAYS[way], effect, report_only=True, **require), affiliation=None)
    assert (found.decision, found.reason) == (Decision.PERMIT, Why.PERMITTED)
    results = {"holds": Result.MATCH, "fails": Result.NO_MATCH, "errs": Result.ERROR}
    assert [(each.result, each.report_only) for each in found.rules] == [(results[way], True)]


def test_a_rule_that_only_reports_permits_nobody() -> None:
    real, reporting = policy(FAILS, "permit"), policy(HOLDS, "permit", report_only=True)
    assert evaluate(real, reporting).reason is Why.NO_RULE_PERMITS
    assert evaluate(real, policy(HOLDS, "permit")).reason is Why.PERMITTED


def test_a_rule_of_another_service_takes_no_part() -> None:
    other = policy(HOLDS) | {"services": ["svc_b"]}
    assert evaluate(other).rules == ()
    assert evaluate(other, service_id="svc_b").reason is Why.POLICY_DENIED


def test_step_up_is_not_asked_where_nobody_can_answer_it_and_denials_count() -> None:
    step = policy(HOLDS, "step_up", require=["mfa"])
    assert evaluate(step, action=Action.TOKEN).reason is Why.PERMITTED
    assert evaluate(step).reason is Why.STEP_UP_REQUIRED
    assert evaluate(policy(HOLDS), action=Action.TOKEN).reason is Why.POLICY_DENIED


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (HOLDS, Why.PERMITTED),
        ({"device": {"enrolled": False}}, Why.PERMITTED),
        ({"all": []}, Why.POLICY_DENIED),
        ({"time": {"from": "09:00", "to": "12:00"}}, Why.POLICY_DENIED),
        ({"time": {"from": "12:00", "to": "15:00"}}, Why.PERMITTED),
        ({"verification_status": {"in": ["verified"]}}, Why.POLICY_DENIED),
    ],
)
def test_rules_about_people_and_places_are_not_about_a_service_that_asks_in_its_own_name(
    when: Document, reason: Why
) -> None:
    nobody = {"user_id": None, "groups": None, "ip": None, "country": None, "methods": None, "age_seconds": None}
    assert evaluate(policy(when), action=Action.TOKEN, **nobody).reason is reason


def test_a_sign_in_of_nobody_is_an_error_where_a_rule_asks_who() -> None:
    assert evaluate(policy({"group": {"in": ["grp_b"]}}), user_id=None, groups=None).reason is Why.POLICY_ERROR


def test_what_a_step_up_asks_for_is_what_is_missing() -> None:
    all_three = policy(HOLDS, "step_up", require=["fresh_sign_in", "device_certificate", "mfa"], max_age_seconds=59)
    mfa, certificate, fresh = Requirement.MFA, Requirement.DEVICE_CERTIFICATE, Requirement.FRESH_SIGN_IN
    assert evaluate(all_three).missing == (mfa, certificate, fresh)
    assert evaluate(all_three, age_seconds=59).missing == (mfa, certificate)
    assert evaluate(all_three, device_certificate=True).missing == (mfa, fresh)
    satisfied = {"methods": frozenset({"pwd", "otp"}), "device_certificate": True, "age_seconds": 0}
    assert evaluate(all_three, **satisfied).decision is Decision.PERMIT
    assert evaluate(policy(HOLDS, "step_up", require=["fresh_sign_in"]), age_seconds=300).missing == ()
    assert evaluate(policy(HOLDS, "step_up", require=["fresh_sign_in"]), age_seconds=301).missing == (fresh,)


def test_two_step_ups_ask_together() -> None:
    found = evaluate(
        policy(HOLDS, "step_up", require=["fresh_sign_in"], max_age_seconds=0),
        policy(HOLDS, "step_up", require=["mfa", "fresh_sign_in"]),
    )
    assert found.missing == (Requirement.MFA, Requirement.FRESH_SIGN_IN)


def test_a_network_that_was_taken_away_makes_its_rules_errors() -> None:
    rule = parsed(policy({"not": {"network": {"in": ["office"]}}}, "permit"))
    gone = policies.compile([rule], {}).evaluate(ASKED, assigned=True, assignment_required=False)
    assert (gone.reason, gone.rules[0].result) == (Why.POLICY_ERROR, Result.ERROR)
    there = policies.compile([rule], NETWORKS).evaluate(ASKED, assigned=True, assignment_required=False)
    assert there.reason is Why.NO_RULE_PERMITS


def test_without_rules_assignment_decides() -> None:
    assert evaluate().reason is Why.PERMITTED
    assert evaluate(assigned=False).reason is Why.PERMITTED
    assert evaluate(required=True).reason is Why.PERMITTED
    assert evaluate(assigned=False, required=True).reason is Why.NOT_ASSIGNED
