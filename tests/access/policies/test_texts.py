"""What a Cedar text may say: its faults, what it means, and the form that says the same."""

from typing import Any

import pytest
from tests.access.policies.asking import ASKED, Document, at, evaluate, policy
from tests.access.policies.drawing import GROUPS, NETWORKS, parsed

from idp.access import policies
from idp.access.policies import Action, Decision, Effect, Inputs, Outcome, Requirement, Result, Rule, Why
from idp.kit.errors import Invalid


def when(expression: str, head: str = "forbid (principal, action, resource)") -> Document:
    return written(f"{head} when {{ {expression} }};")


def written(text: str) -> Document:
    return {"name": "rule", "text": text}


def faults(text: Any) -> set[str]:
    with pytest.raises(Invalid) as refused:
        parsed({"name": "rule", "text": text})
    assert {error.pointer for error in refused.value.errors} == {"/text"}
    return {error.code for error in refused.value.errors}


def asked(*rules: Rule, **facts: Any) -> Outcome:
    """By Cedar, whatever they say."""
    ruleset = policies.compile(rules, NETWORKS, by_cedar=True)
    return ruleset.evaluate(ASKED._replace(**facts), assigned=True, assignment_required=False)


def result(document: Document, **facts: Any) -> Result:
    """The same of Cedar and of the condition that stands for the text."""
    rule = parsed(document)
    (found,) = asked(rule, **facts).rules
    ours = policies.compile([rule], NETWORKS)
    inputs = ASKED._replace(**facts)
    assert ours.evaluate(inputs, assigned=True, assignment_required=False).rules == (found,)
    return found.result


WRONG: list[tuple[str, str]] = [
    ("context.ip", "invalid_policy"),
    ("context.country == 1", "invalid_policy"),
    ("context.age_seconds.x == 1", "invalid_policy"),
    ("resource.name == 1", "invalid_policy"),
    ("context.weather", "unknown_attribute"),
    ("true || context.weather", "unknown_attribute"),
    ("context has weather", "unknown_attribute"),
    ("context.time.second > 3", "unknown_attribute"),
    ('principal.name == "x"', "unknown_attribute"),
    ('context.zones["Asia/Nowhere"].hour > 3', "unknown_value"),
    ('context.zones["localtime"].hour > 3', "unknown_value"),
    ("context == context", "whole_context"),
    ('(if true then context else context).country == "JP"', "whole_context"),
    ("context.networks == context.networks", "unsupported"),
    ("context.networks.contains(context.country)", "unsupported"),
    ('context.networks.contains("nowhere")', "unknown_network"),
    ('ID::"usr_2" in Group::"grp_a"', "unsupported"),
    ('principal in [Group::"grp_a", Group::"grp_x"]', "unknown_group"),
    ('resource in [Service::"svc_x"]', "unknown_service"),
    ('context.ip.isInRange(ip("192.0.2.1/24"))', "invalid_network"),
    ('context.ip == ip("::ffff:192.0.2.1")', "invalid_network"),
    ('context.ip.isInRange(ip("::ffff:0:0/96"))', "invalid_network"),
    ('context.ip == ip("192.0.2.01")', "invalid_network"),
    ("context.ip == ip(context.country)", "invalid_policy"),
]


@pytest.mark.parametrize(("expression", "code"), WRONG)
def test_what_is_wrong_with_an_expression_is_said(expression: str, code: str) -> None:
    assert code in faults(when(expression)["text"])
    assert code in faults(when("true", f"permit (principal, action, resource) unless {{ {expression} }}")["text"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_length"),
        (1, "invalid_type"),
        (["permit (principal, action, resource);"], "invalid_type"),
        ("permit", "invalid_policy"),
        ("// nothing", "one_policy"),
        ("permit (principal, action, resource); forbid (principal, action, resource);", "one_policy"),
        ("permit (principal == ?principal, action, resource);", "one_policy"),
        ("permit (principal, action, resource)", "invalid_policy"),
        ('permit (principal is Robot, action, resource) when { context.country == "JP" };', "invalid_policy"),
        ('permit (principal in Group::"grp_x", action, resource);', "unknown_group"),
        ('permit (principal, action, resource == Service::"svc_x");', "unknown_service"),
        ('permit (principal, action == Action::"delete", resource);', "unknown_action"),
        ('@step_up("mfa") permit (principal, action, resource);', "not_allowed"),
        ('@step_up("retina") forbid (principal, action, resource);', "unknown_value"),
        ('@step_up("mfa, retina") forbid (principal, action, resource);', "unknown_value"),
        ("@step_up forbid (principal, action, resource);", "unknown_value"),
        ('@stepup("mfa") forbid (principal, action, resource);', "unknown_annotation"),
        ('@max_age_seconds("5") forbid (principal, action, resource);', "not_allowed"),
        ('@step_up("mfa") @max_age_seconds("5") forbid (principal, action, resource);', "not_allowed"),
        ('@step_up("fresh_sign_in") @max_age_seconds("-1") forbid (principal, action, resource);', "out_of_range"),
        ('@step_up("fresh_sign_in") @max_age_seconds forbid (principal, action, resource);', "out_of_range"),
        ('@reason_en("") forbid (principal, action, resource);', "invalid_length"),
        ('@reason_en("\\u{202e}") forbid (principal, action, resource);', "invalid_text"),
        ("forbid (principal, action, resource)\u202e;", "invalid_text"),
        ("forbid (principal, action, resource)\ud800;", "invalid_text"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(text: Any, code: str) -> None:
    assert code in faults(text)


def test_whoever_asks_for_what_there_is_not_is_told_what_there_is() -> None:
    with pytest.raises(Invalid) as refused:
        parsed(when("context.weather"))
    (error,) = refused.value.errors
    assert error.detail == "The context has no attribute weather."
    assert isinstance(error.expected, list)
    for attribute in error.expected:
        assert parsed(when(f"{attribute} == {attribute}")) if "networks" not in attribute else True


def test_every_fault_of_a_text_is_said_at_once() -> None:
    text = '@x("") permit (principal in Group::"grp_x", action, resource) when { context.weather };'
    assert faults(text) == {"unknown_annotation", "unknown_group", "unknown_attribute"}


def test_a_text_has_no_members_of_a_form() -> None:
    with pytest.raises(Invalid) as refused:
        parsed(when("true") | {"effect": "deny"})
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/effect", "unknown_field")]


SAYINGS: list[tuple[str, dict[str, Any], bool]] = [
    ('context.ip == ip("192.0.2.7")', {}, True),
    ('context.ip == ip("192.0.2.7")', {"ip": "::ffff:192.0.2.7"}, True),
    ("context.ip.isIpv4()", {"ip": "2001:db8::1"}, False),
    ('context.country like "J*"', {}, True),
    ('!["JP"].contains(context.country)', {}, False),
    ('context.country != "US"', {}, True),
    ('"US" != context.country', {}, True),
    ('context.networks.containsAny(["branch", "office"])', {}, True),
    ('context.networks.containsAll(["branch", "office"])', {}, False),
    ('context.amr.contains("pwd")', {}, True),
    ('context.amr == ["otp", "pwd"]', {"methods": frozenset({"pwd", "otp"})}, True),
    ("context.mfa", {"methods": frozenset({"pwd", "otp"})}, True),
    ("context.mfa", {}, False),
    ("context.age_seconds < 60", {}, False),
    ("60 >= context.age_seconds", {}, True),
    ("context.age_seconds * 2 == 120", {}, True),
    ("context.time.hour == 10", {}, True),
    ("context.time.hour < 10", {}, False),
    ("context.time.minute_of_day > 599 && context.time.minute_of_day <= 600", {}, True),
    ('context.time.weekday == "wed"', {}, True),
    ('context.time.previous_weekday == "tue"', {}, True),
    ("context.time.holiday", {"now_us": at("2026-05-06T10:00")}, True),
    ("context.time.previous_holiday", {"now_us": at("2026-05-07T10:00")}, True),
    ('context.zones["UTC"].hour == 1', {}, True),
    ('context.zones["UTC"] == context.time', {}, False),
    ('context.browser.family == "firefox"', {}, True),
    ('context.browser.family like "Fire*"', {}, True),
    ('"FIREFOX" == context.browser.family', {}, True),
    ('["Chrome", "Safari"].contains(context.browser.family)', {}, False),
    ("context.browser.version > 119", {}, True),
    ('context.verification_status == "verified"', {}, True),
    ("context.device.enrolled", {}, False),
    ("context.device.enrolled", {"device_enrolled": True}, True),
    ("context.device has certificate && !context.device.certificate", {}, True),
    ('principal == ID::"usr_1"', {}, True),
    ('principal == ID::"usr_2"', {}, False),
    ('principal in Group::"grp_a"', {}, True),
    ('principal in [Group::"grp_b", Group::"grp_c"]', {}, False),
    ('principal is ID in Group::"grp_a"', {}, True),
    ('principal.affiliation == "employee"', {}, True),
    ('action == Action::"token"', {}, False),
    ('action == Action::"token"', {"action": Action.TOKEN}, True),
    ('resource == Service::"svc_b"', {"service_id": "svc_b"}, True),
    ('if context.country == "JP" then context.age_seconds < 100 else false', {}, True),
]


@pytest.mark.parametrize(("expression", "facts", "wanted"), SAYINGS)
def test_a_text_holds_or_does_not(expression: str, facts: dict[str, Any], wanted: bool) -> None:
    assert result(when(expression), **facts) is (Result.MATCH if wanted else Result.NO_MATCH)
    assert result(when(f"!({expression})"), **facts) is (Result.NO_MATCH if wanted else Result.MATCH)


FRIDAY, FRIDAYS_NIGHT = 'context.time.weekday == "fri"', 'context.time.previous_weekday == "fri"'
FORMS: list[tuple[str, Document]] = [
    ("true", {"all": []}),
    ("false", {"any": []}),
    ('context.country == "JP"', {"country": {"in": ["JP"]}}),
    ('context.country != "JP"', {"not": {"country": {"in": ["JP"]}}}),
    ('["JP", "US"].contains(context["country"])', {"country": {"in": ["JP", "US"]}}),
    (
        'context.ip.isInRange(ip("192.0.2.0/24")) || context.networks.contains("office")',
        {"network": {"in": ["192.0.2.0/24", "office"]}},
    ),
    ("!context.device.enrolled && context.device.certificate", {"device": {"enrolled": False, "certificate": True}}),
    ("context.mfa && context.age_seconds < 300", {"authentication": {"mfa": True, "max_age_seconds": 299}}),
    ("context.age_seconds > 300", {"not": {"authentication": {"max_age_seconds": 300}}}),
    ("context.browser.version < 100", {"not": {"browser": {"min_version": 100}}}),
    (
        'context.browser.family == "Chrome" && context.browser.version >= 100',
        {"browser": {"family": {"in": ["Chrome"]}, "min_version": 100}},
    ),
    (
        "context.time.hour >= 9 && context.time.hour < 17 && !context.time.holiday",
        {"time": {"from": "09:00", "to": "17:00", "holidays": "exclude"}},
    ),
    (
        f"{FRIDAY} && context.time.hour >= 22 || context.time.minute_of_day < 300 && {FRIDAYS_NIGHT}",
        {"time": {"days": ["fri"], "from": "22:00", "to": "05:00"}},
    ),
    (
        'context.zones["UTC"].weekday == "sat" || context.zones["UTC"].holiday',
        {"time": {"days": ["sat"], "from": "00:00", "to": "24:00", "holidays": "include", "time_zone": "UTC"}},
    ),
    ('principal in Group::"grp_a" && true', {"all": [{"group": {"in": ["grp_a"]}}, {"all": []}]}),
    ('principal.affiliation == "employee"', {"affiliation": {"in": ["employee"]}}),
]
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.mark.parametrize(("expression", "condition"), FORMS)
def test_a_text_that_a_form_can_express_gives_its_form(expression: str, condition: Document) -> None:
    found = policies.form(parsed(when(expression)))
    if "time" in condition:
        condition = {"time": {"days": WEEK, **condition["time"]}}
    assert found == {"name": "rule", "effect": "deny", "services": ["*"], "when": condition}


@pytest.mark.parametrize(
    "text",
    [
        'forbid (principal, action, resource) when { context.country like "J*" };',
        'forbid (principal, action, resource) when { context.country == "XX" };',
        'forbid (principal, action == Action::"token", resource);',
        'forbid (principal == ID::"usr_1", action, resource);',
        "forbid (principal, action, resource) when { context.time.previous_holiday };",
        "forbid (principal, action, resource) when { context.time.hour < 25 };",
        "forbid (principal, action, resource) when { context.age_seconds >= 0 };",
        "forbid (principal, action, resource) when { context has ip };",
        '@reason_en("Not now.") forbid (principal, action, resource);',
    ],
)
def test_a_text_that_says_more_has_no_form(text: str) -> None:
    rule = parsed(written(text))
    assert policies.form(rule) is None
    assert policies.text(rule) == text


def test_the_head_says_where_a_text_applies() -> None:
    rule = parsed(
        written('permit (principal in Group::"grp_a", action == Action::"token", resource == Service::"svc_b");')
    )
    assert (rule.effect, rule.services, rule.actions) == (Effect.PERMIT, {"svc_b"}, {Action.TOKEN})
    rule = parsed(written('permit (principal, action in [Action::"token", Action::"sign_in"], resource is Service);'))
    assert (rule.services, rule.actions) == (None, {Action.TOKEN, Action.SIGN_IN})


def test_a_clause_that_only_lists_services_says_where_a_text_applies() -> None:
    listing = 'when { resource in [Service::"svc_a", Service::"svc_b"] }'
    rule = parsed(written(f"permit (principal, action, resource) {listing} when {{ context.mfa }};"))
    assert rule.services == {"svc_a", "svc_b"}
    form = policies.form(rule)
    assert form is not None
    assert (form["services"], form["when"]) == (["svc_a", "svc_b"], {"authentication": {"mfa": True}})
    other = parsed(written('permit (principal, action, resource) unless { resource in [Service::"svc_a"] };'))
    assert other.services is None
    assert asked(other, service_id="svc_b").decision is Decision.PERMIT


def test_a_step_up_of_a_text_asks_for_what_it_names() -> None:
    text = '@step_up("fresh_sign_in mfa") @max_age_seconds("59") forbid (principal, action, resource);'
    rule = parsed(written(text))
    assert (rule.effect, rule.require) == (Effect.STEP_UP, (Requirement.MFA, Requirement.FRESH_SIGN_IN))
    assert asked(rule).missing == (Requirement.MFA, Requirement.FRESH_SIGN_IN)
    assert asked(rule, age_seconds=59).missing == (Requirement.MFA,)
    assert asked(rule, age_seconds=59, methods=frozenset({"pwd", "otp"})).decision is Decision.PERMIT
    certificate = parsed(written('@step_up("device_certificate") forbid (principal, action, resource);'))
    assert asked(certificate).missing == (Requirement.DEVICE_CERTIFICATE,)


def test_the_sentences_of_a_text_reach_whoever_is_refused() -> None:
    text = '@reason_ja("社外からは使えません。") @reason_en("Not from outside.") forbid (principal, action, resource);'
    found = asked(parsed(written(text)))
    assert (found.reason, found.reason_ja) == (Why.POLICY_DENIED, "社外からは使えません。")
    assert found.reason_en == "Not from outside."


def test_a_text_with_a_network_that_was_taken_away_is_an_error() -> None:
    rules = [
        parsed(when('!context.networks.contains("office")'), "pol_1"),
        parsed(when('context.country like "*"'), "pol_2"),
    ]
    gone = policies.compile(rules, {"branch": []}, by_cedar=True)
    found = gone.evaluate(ASKED, assigned=True, assignment_required=False)
    assert [each.result for each in found.rules] == [Result.ERROR, Result.MATCH]


def test_texts_and_forms_decide_together() -> None:
    night = when("context.time.hour * 1 >= 22", "permit (principal, action, resource)")
    assert evaluate(policy({"country": {"in": ["US"]}}), night).reason is Why.NO_RULE_PERMITS
    assert evaluate(policy({"country": {"in": ["JP"]}}), night).reason is Why.POLICY_DENIED
    assert evaluate(night, now_us=at("2026-04-01T22:00")).reason is Why.PERMITTED


def test_a_text_in_report_only_decides_nothing() -> None:
    found = asked(parsed(when("true") | {"report_only": True}))
    assert (found.decision, found.rules[0].result, found.rules[0].report_only) == (Decision.PERMIT, Result.MATCH, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('forbid (principal, action, resource) when { context.country == "JP" };', Why.PERMITTED),
        ('forbid (principal, action == Action::"token", resource) when { context.country == "JP" };', Why.POLICY_ERROR),
        ('forbid (principal, action == Action::"token", resource);', Why.POLICY_DENIED),
        ('forbid (principal == ID::"usr_1", action, resource);', Why.PERMITTED),
        ("forbid (principal, action, resource) when { context.time.hour >= 0 };", Why.POLICY_DENIED),
    ],
)
def test_a_text_about_people_is_about_a_service_only_where_it_names_tokens(text: str, reason: Why) -> None:
    nobody = Inputs("svc_a", Action.TOKEN, ASKED.now_us, ASKED.zone)
    ruleset = policies.compile([parsed(written(text))], NETWORKS, by_cedar=True)
    assert ruleset.evaluate(nobody, assigned=True, assignment_required=False).reason is reason


def test_a_saved_text_is_restored_without_looking_up_what_it_names() -> None:
    document = written('forbid (principal in Group::"grp_gone", action, resource);')
    assert policies.restore(document, rule_id="pol_1").broken == ""
    broken = policies.restore(
        written("forbid (principal, action, resource) when { context.weather };"), rule_id="pol_1"
    )
    assert broken.broken
    assert asked(broken).reason is Why.POLICY_ERROR
    assert "grp_gone" not in GROUPS
