"""What a form may say: every fault at once, each at its place, and nothing too large."""

from typing import Any

import pytest
from tests.access.policies.asking import ASKED, Document, policy
from tests.access.policies.drawing import Draw, parsed

from idp.access import policies
from idp.access.policies import Effect
from idp.kit.errors import Invalid

JAPAN: Document = {"country": {"in": ["JP"]}}


def deep(levels: int) -> Document:
    found: Document = JAPAN
    for _ in range(levels - 1):
        found = {"not": found}
    return found


def faults(document: Any) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        parsed(document)
    return {(error.pointer, error.code) for error in refused.value.errors}


CONDITIONS: list[tuple[Any, str, str]] = [
    ({}, "", "one_condition"),
    (JAPAN | {"any": []}, "", "one_condition"),
    ({"weather": {"in": ["rain"]}}, "/weather", "unknown_field"),
    ({"a/b~": 1}, "/a~1b~0", "unknown_field"),
    ([], "", "invalid_type"),
    ("true", "", "invalid_type"),
    ({"all": {}}, "/all", "invalid_type"),
    ({"any": None}, "/any", "invalid_type"),
    ({"any": [None]}, "/any/0", "invalid_type"),
    ({"not": [JAPAN]}, "/not", "invalid_type"),
    ({"not": None}, "/not", "required"),
    ({"country": None}, "/country", "required"),
    ({"country": ["JP"]}, "/country", "invalid_type"),
    ({"country": {"in": "JP"}}, "/country/in", "invalid_type"),
    ({"country": {"in": []}}, "/country/in", "required"),
    ({"country": {}}, "/country/in", "required"),
    ({"country": {"in": ["JP", "jp"]}}, "/country/in/1", "unknown_value"),
    ({"country": {"in": ["UK"]}}, "/country/in/0", "unknown_value"),
    ({"country": {"in": [None]}}, "/country/in/0", "invalid_type"),
    ({"country": {"in": ["JP"], "not_in": []}}, "/country/not_in", "unknown_field"),
    ({"country": {"in": ["JP"] * 501}}, "/country/in", "too_many"),
    ({"group": {"in": ["grp_x"]}}, "/group/in/0", "unknown_group"),
    ({"affiliation": {"in": ["robot"]}}, "/affiliation/in/0", "unknown_value"),
    ({"verification_status": {"in": ["good"]}}, "/verification_status/in/0", "unknown_value"),
    ({"network": {"in": ["nowhere"]}}, "/network/in/0", "unknown_network"),
    ({"network": {"in": ["192.0.2.1/24"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["192.0.2.1"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["192.0.2.0/33"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["192.0.2.0/024"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["192.0.2.0/255.255.255.0"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["192.0.2.0/٢٤"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["192.0.02.0/24"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": [" 192.0.2.0/24"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["2001:db8::1/64"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["fe80::%eth0/64"]}}, "/network/in/0", "invalid_network"),
    ({"network": {"in": ["::ffff:192.0.2.1/120"]}}, "/network/in/0", "invalid_network"),
    ({"time": {"days": ["monday"]}}, "/time/days/0", "unknown_value"),
    ({"time": {"days": []}}, "/time/days", "required"),
    ({"time": {"from": "09:00"}}, "/time/to", "required"),
    ({"time": {"to": "09:00"}}, "/time/from", "required"),
    ({"time": {"from": "09:00", "to": "09:00"}}, "/time/to", "empty_window"),
    ({"time": {"from": "00:00", "to": "00:00"}}, "/time/to", "empty_window"),
    ({"time": {"from": "24:00", "to": "09:00"}}, "/time/from", "invalid_format"),
    ({"time": {"from": "9:00", "to": "10:00"}}, "/time/from", "invalid_format"),
    ({"time": {"from": "09:00", "to": "24:01"}}, "/time/to", "invalid_format"),
    ({"time": {"from": "09:60", "to": "24:00"}}, "/time/from", "invalid_format"),
    ({"time": {"from": "٠٩:00", "to": "24:00"}}, "/time/from", "invalid_format"),
    ({"time": {"holidays": "never"}}, "/time/holidays", "unknown_value"),
    ({"time": {"time_zone": "Tokyo"}}, "/time/time_zone", "unknown_value"),
    ({"time": {"time_zone": "../etc"}}, "/time/time_zone", "unknown_value"),
    ({"time": {"time_zone": "localtime"}}, "/time/time_zone", "unknown_value"),
    ({"time": None}, "/time", "required"),
    ({"device": {}}, "/device/enrolled", "required"),
    ({"device": {"enrolled": "yes"}}, "/device/enrolled", "invalid_type"),
    ({"device": {"jailbroken": True}}, "/device/jailbroken", "unknown_field"),
    ({"authentication": {}}, "/authentication/mfa", "required"),
    ({"authentication": {"mfa": 1}}, "/authentication/mfa", "invalid_type"),
    ({"authentication": {"max_age_seconds": -1}}, "/authentication/max_age_seconds", "out_of_range"),
    ({"authentication": {"max_age_seconds": 10**100}}, "/authentication/max_age_seconds", "out_of_range"),
    ({"authentication": {"max_age_seconds": True}}, "/authentication/max_age_seconds", "invalid_type"),
    ({"authentication": {"max_age_seconds": 1.5}}, "/authentication/max_age_seconds", "invalid_type"),
    ({"browser": {}}, "/browser/family", "required"),
    ({"browser": {"family": ["Firefox"]}}, "/browser/family", "invalid_type"),
    ({"browser": {"family": {"in": []}}}, "/browser/family/in", "required"),
    ({"browser": {"min_version": "120"}}, "/browser/min_version", "invalid_type"),
    (deep(21), "/not" * 20, "too_deep"),
    ({"any": [{"all": []}] * 501}, "/any", "too_many"),
    ({"any": [{"any": [{"all": []}] * 300}] * 2}, "/any/1/any/197", "too_many"),
]


@pytest.mark.parametrize(("when", "pointer", "code"), CONDITIONS)
def test_a_fault_in_a_condition_is_named_at_its_place(when: Any, pointer: str, code: str) -> None:
    assert (f"/when{pointer}", code) in faults(policy() | {"when": when})
    assert (f"/when/all/1/not{pointer}", code) in faults(
        policy() | {"when": {"all": [JAPAN, {"not": when}]}}
    ) or "too_" in code


POLICIES: list[tuple[Document, str, str]] = [
    ({"name": None}, "/name", "required"),
    ({"name": ""}, "/name", "invalid_length"),
    ({"name": "x" * 201}, "/name", "invalid_length"),
    ({"name": "a\x00b"}, "/name", "invalid_text"),
    ({"effect": None}, "/effect", "required"),
    ({"effect": "allow"}, "/effect", "unknown_value"),
    ({"services": None}, "/services", "required"),
    ({"services": []}, "/services", "required"),
    ({"services": "*"}, "/services", "invalid_type"),
    ({"services": ["*", "svc_a"]}, "/services", "ambiguous"),
    ({"services": ["svc_a", "svc_x"]}, "/services/1", "unknown_service"),
    ({"when": None}, "/when", "required"),
    ({"require": ["mfa"]}, "/require", "not_allowed"),
    ({"max_age_seconds": 60}, "/max_age_seconds", "not_allowed"),
    ({"effect": "step_up"}, "/require", "required"),
    ({"effect": "step_up", "require": []}, "/require", "required"),
    ({"effect": "step_up", "require": ["otp"]}, "/require/0", "unknown_value"),
    ({"effect": "step_up", "require": ["mfa"], "max_age_seconds": 60}, "/max_age_seconds", "not_allowed"),
    ({"effect": "step_up", "require": ["fresh_sign_in"], "max_age_seconds": -1}, "/max_age_seconds", "out_of_range"),
    ({"report_only": "yes"}, "/report_only", "invalid_type"),
    ({"priority": 1}, "/priority", "unknown_field"),
    ({"id": "pol_1"}, "/id", "unknown_field"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), POLICIES)
def test_a_fault_in_a_policy_is_named_at_its_place(change: Document, pointer: str, code: str) -> None:
    assert (pointer, code) in faults(policy() | change)


def test_every_fault_is_named_at_once_below_the_place_of_the_document() -> None:
    wrong = {"effect": "allow", "services": ["svc_x"], "when": {"any": [{"country": {"in": ["UK"]}}, {}]}}
    with pytest.raises(Invalid) as refused:
        policies.parse(wrong, groups=(), services=(), networks=(), at="/policies/3")
    assert {error.pointer for error in refused.value.errors} == {
        "/policies/3/name",
        "/policies/3/effect",
        "/policies/3/services/0",
        "/policies/3/when/any/0/country/in/0",
        "/policies/3/when/any/1",
    }


def test_twenty_levels_and_five_hundred_conditions_are_taken() -> None:
    parsed(policy(deep(20)))
    parsed(policy({"any": [{"all": []}] * 499}))
    parsed(policy({"country": {"in": ["JP"] * 500}}))


@pytest.mark.parametrize("document", [None, [], "policy", 1])
def test_what_is_no_object_is_no_policy(document: Any) -> None:
    assert faults(document) == {("", "invalid_type")}


def test_a_bomb_is_refused_and_not_followed() -> None:
    bomb: Any = {"all": []}
    for _ in range(100_000):
        bomb = {"not": bomb}
    assert faults(policy(bomb)) == {("/when" + "/not" * 20, "too_deep")}
    wide: Any = JAPAN
    for _ in range(12):
        wide = {"any": [wide] * 500}  # shared in memory: 500 ** 12 conditions
    assert {code for _, code in faults(policy(wide))} == {"too_many"}
    while bomb["not"] != {"all": []}:  # what deep nesting costs when it is let go
        bomb = bomb["not"]


def test_a_form_is_shown_as_it_was_read() -> None:
    draw = Draw(3)
    for _ in range(500):
        rule = parsed(draw.policy())
        again = policies.form(rule)
        assert again is not None
        assert parsed(again) == rule


def test_what_was_saved_is_restored_without_looking_up_what_it_refers_to() -> None:
    document = policy({"group": {"in": ["grp_gone"]}}) | {"services": ["svc_gone"]}
    assert policies.restore(document, rule_id="pol_1").broken == ""
    assert policies.form(policies.restore(document, rule_id="pol_1")) == document


@pytest.mark.parametrize("document", [None, {}, {"name": 1}, policy({"weather": 1}), policy(effect="allow")])
def test_what_cannot_be_read_any_more_is_broken_and_denies(document: Any) -> None:
    rule = policies.restore(document, rule_id="pol_1")
    assert rule.broken
    assert (rule.effect, rule.services) == (Effect.DENY, None)
    found = policies.compile([rule], {}).evaluate(ASKED, assigned=True, assignment_required=False)
    assert found.reason is policies.Why.POLICY_ERROR
