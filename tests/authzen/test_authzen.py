"""Services that ask us to decide (AuthZEN 1.0): the same decision as at sign-in, recorded each time."""

from typing import Any

import pytest
from tests.support.desk import Desk
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import OPERATOR, Provider

from idp import access, credentials, federation, users
from idp.credentials import KeyDraft, KeyScope
from idp.kit.sealing import PLATFORM

ONE, MANY = "/t/aoba/access/v1/evaluation", "/t/aoba/access/v1/evaluations"
HERE = {"ip": "133.11.0.1", "authentication": {"methods": ["pwd"], "age_seconds": 5}}
DENY_HERE: dict[str, Any] = {
    "name": "not from here",
    "effect": "deny",
    "services": ["*"],
    "when": {"network": {"in": ["133.11.0.0/16"]}},
}


@pytest.fixture
def desk(provider: Provider) -> Desk:
    return Desk.of(provider)


def question(provider: Provider, **changes: Any) -> dict[str, Any]:
    asked = {
        "subject": {"type": "user", "id": provider.user()},
        "resource": {"type": "service", "id": provider.service_id("web")},
        "action": {"name": "sign_in"},
        "context": HERE,
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def evaluated(desk: Desk, body: Any, path: str = ONE) -> Any:
    answer = desk.send("POST", path, body)
    assert answer.status == 200, answer
    return answer.json()


def test_the_configuration_says_where_to_ask(provider: Provider) -> None:
    answer = provider.get("/.well-known/authzen-configuration/t/aoba")
    assert answer.json() == {
        "policy_decision_point": f"{BASE_URL}/t/aoba",
        "access_evaluation_endpoint": f"{BASE_URL}{ONE}",
        "access_evaluations_endpoint": f"{BASE_URL}{MANY}",
    }
    assert provider.get("/.well-known/authzen-configuration/t/nobody").status == 404


def test_an_evaluation_answers_with_a_reference_that_explains_it(provider: Provider, desk: Desk) -> None:
    good = evaluated(desk, question(provider))
    assert good["decision"] is True
    assert (good["context"]["outcome"], good["context"]["missing"]) == ("permit", [])
    (rule,) = desk.put_in_force(DENY_HERE)
    answer = desk.send("POST", ONE, question(provider), x_request_id="bfe9-eb29")
    assert answer.headers["x-request-id"] == "bfe9-eb29"
    bad = answer.json()
    assert (bad["decision"], bad["context"]["outcome"]) == (False, "deny")
    assert set(bad["context"]["reason_user"]) == {"ja", "en"}
    assert rule not in answer.text
    assert "not from here" not in answer.text
    why = desk.explanation(bad["context"]["reference"])
    assert [each["id"] for each in why["rules"]] == [rule]
    assert why["moment"] == "authzen"
    assert [each["decision"] for each in desk.decisions()] == ["permit", "deny"]


def test_a_step_up_is_a_no_that_says_what_is_missing(provider: Provider, desk: Desk) -> None:
    rule = {"name": "mfa", "effect": "step_up", "services": ["*"], "when": {"all": []}, "require": ["mfa"]}
    desk.put_in_force(rule)
    answer = evaluated(desk, question(provider))
    assert (answer["decision"], answer["context"]["outcome"]) == (False, "step_up")
    assert answer["context"]["missing"] == ["mfa"]
    two = {**HERE, "authentication": {"methods": ["pwd", "otp"], "age_seconds": 5}}
    assert evaluated(desk, question(provider, context=two))["decision"] is True


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"subject": {"type": "user", "id": "usr_nobody"}}, "id_unknown"),
        ({"subject": {"type": "robot", "id": "usr_nobody"}}, "id_unknown"),
        ({"resource": {"type": "service", "id": "svc_nothing"}}, "service_unknown"),
        ({"resource": {"type": "file", "id": "svc_nothing"}}, "service_unknown"),
        ({"action": {"name": "delete"}}, "policy_error"),
        ({"context": None}, "country_unknown"),
        ({"context": {}}, "country_unknown"),
        ({"context": {"ip": "8.8.8.8"}}, "outside_japan"),
        ({"context": {"ip": "133.11.0.1", "country": "KR"}}, "outside_japan"),
    ],
)
def test_what_is_unknown_is_a_plain_no_and_is_recorded(
    provider: Provider, desk: Desk, change: dict[str, Any], reason: str
) -> None:
    answer = evaluated(desk, question(provider, **change))
    assert answer["decision"] is False
    assert desk.explanation(answer["context"]["reference"])["reason"]["code"] == reason


def test_the_standing_of_the_person_counts(provider: Provider, desk: Desk) -> None:
    saburo = {"type": "user", "id": provider.user("saburo")}  # disabled
    answer = evaluated(desk, question(provider, subject=saburo))
    assert desk.explanation(answer["context"]["reference"])["reason"]["code"] == "id_disabled"
    closed = question(provider, resource={"type": "service", "id": provider.service_id("closed")})
    assert evaluated(desk, closed)["decision"] is False
    with provider.open() as unit:
        federation.assign(unit, provider.service_id("closed"), user_id=provider.user())
        assert users.get(unit, provider.user()).active_at(unit.now_us)
    assert evaluated(desk, closed)["decision"] is True


def test_unknown_members_are_left_alone(provider: Provider, desk: Desk) -> None:
    asked = question(provider, context={**HERE, "weather": "fine"}, properties={"a": 1})
    assert evaluated(desk, asked)["decision"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        {},
        {"subject": "taro"},
        {"subject": {"type": "user"}, "resource": {"type": "service", "id": "x"}, "action": {"name": "sign_in"}},
        {"subject": {"type": "user", "id": 5}, "resource": {"type": "service", "id": "x"}, "action": {"name": "y"}},
        {
            "subject": {"type": "user", "id": "x"},
            "resource": {"type": "service", "id": "x"},
            "action": {"name": "sign_in"},
            "context": [],
        },
    ],
)
def test_what_is_no_question_is_malformed_and_leaves_nothing_behind(provider: Provider, desk: Desk, body: Any) -> None:
    for path in (ONE, MANY):
        answer = desk.send("POST", path, body, x_request_id="r-1")
        assert (answer.status, answer.headers["x-request-id"]) == (400, "r-1")
    assert desk.decisions() == []
    assert provider.count("decisions") == 0


def test_many_questions_share_what_stands_at_the_top(provider: Provider, desk: Desk) -> None:
    off = {"type": "service", "id": provider.service_id("off")}
    body = {**question(provider), "evaluations": [{}, {"resource": off}, {"context": {"ip": "8.8.8.8"}}]}
    answers = evaluated(desk, body, MANY)["evaluations"]
    assert [each["decision"] for each in answers] == [True, False, False]
    codes = [desk.explanation(each["context"]["reference"])["reason"]["code"] for each in answers]
    assert codes == ["permitted", "service_unknown", "outside_japan"]


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_a_batch_ends_where_its_semantic_says(
    provider: Provider, desk: Desk, semantic: str, expected: list[bool]
) -> None:
    body = {
        **question(provider),
        "evaluations": [{}, {"context": {"ip": "8.8.8.8"}}, {}],
        "options": {"evaluations_semantic": semantic},
    }
    answers = evaluated(desk, body, MANY)["evaluations"]
    assert [each["decision"] for each in answers] == expected
    assert len(desk.decisions()) == len(expected)


def test_a_batch_without_questions_is_a_single_one(provider: Provider, desk: Desk) -> None:
    assert evaluated(desk, question(provider), MANY)["decision"] is True
    assert evaluated(desk, {**question(provider), "evaluations": []}, MANY)["decision"] is True


@pytest.mark.parametrize("options", [{"evaluations_semantic": "guess"}, []])
def test_a_batch_with_another_semantic_is_malformed(provider: Provider, desk: Desk, options: Any) -> None:
    body = {**question(provider), "evaluations": [{}], "options": options}
    assert desk.send("POST", MANY, body).status == 400


def key(provider: Provider, scope: KeyScope, *permissions: str, slug: str = "aoba") -> str:
    home = provider.tenant(slug) if scope is KeyScope.TENANT else PLATFORM
    held = frozenset(found for text in permissions if (found := credentials.parse(text)))
    draft = KeyDraft("k", held, None)
    with provider.units.open(home, actor=OPERATOR) as unit:
        return credentials.create_key(unit, draft, scope=scope, grantor=credentials.EVERYTHING).secret


def test_only_a_key_of_the_tenant_or_the_operator_that_may_write_decisions_asks(provider: Provider, desk: Desk) -> None:
    def status(bearer: str | None) -> Answer:
        return Desk(provider, provider.first, bearer or "").send("POST", ONE, question(provider))

    assert status(key(provider, KeyScope.TENANT, "decisions:write")).status == 200
    assert status(key(provider, KeyScope.OPERATOR, "decisions:write")).status == 200
    assert status(key(provider, KeyScope.TENANT, "decisions:read")).status == 403
    assert status(key(provider, KeyScope.TENANT, "*:*", slug="midori")).status == 404
    refused = status("ak_nonsense")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert provider.first.call("POST", ONE).status == 401
    assert provider.get(ONE).status == 405


def test_what_is_asked_is_what_is_enforced(provider: Provider, desk: Desk) -> None:
    """The same person, service and situation at the door, in a what-if, and through this door."""
    web = provider.party("web")
    for rules in ([], [DENY_HERE], [DENY_HERE | {"effect": "permit"}], [{**DENY_HERE, "report_only": True}]):
        desk.put_in_force(*rules)
        entered = Browser(provider.first).authorize(web)
        asked = evaluated(desk, question(provider))
        simulated = desk.simulate(subject={"user": provider.user()}, service=provider.service_id("web"), context=HERE)
        assert ("code" in entered.query if entered.location else False) is asked["decision"]
        assert simulated["decision"] == asked["context"]["outcome"]


def test_what_is_recorded_does_not_grow_with_a_name_that_is_nobodys(provider: Provider, desk: Desk) -> None:
    subject = {"type": "user", "id": "x" * 50_000}
    shared = question(provider, subject=subject)
    answers = evaluated(desk, {**shared, "evaluations": [{}] * 3}, MANY)["evaluations"]
    assert [answer["decision"] for answer in answers] == [False] * 3
    assert {each["reason"]["code"] for each in desk.decisions()} == {"id_unknown"}
    with provider.open() as unit:
        rows = unit.lane.execute("SELECT record FROM decisions", {}).fetchall()
    assert [len(row[0]) < 2_000 for row in rows] == [True] * 3


@pytest.mark.rewired
def test_questions_are_decided_before_the_transaction_that_records_them(
    provider: Provider, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    evaluate, remember = access.evaluate, access.remember
    monkeypatch.setattr(access, "evaluate", lambda *a, **k: order.append("decided") or evaluate(*a, **k))  # type: ignore[func-returns-value]
    monkeypatch.setattr(access, "remember", lambda *a, **k: order.append("recorded") or remember(*a, **k))  # type: ignore[func-returns-value]
    assert len(evaluated(desk, {**question(provider), "evaluations": [{}] * 3}, MANY)["evaluations"]) == 3
    assert order == ["decided"] * 3 + ["recorded"] * 3
