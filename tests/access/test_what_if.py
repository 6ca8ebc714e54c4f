"""What-if and backtest: nothing is recorded, and what is simulated is what is enforced."""

import sys
from typing import Any

import pytest
from tests.support.desk import Desk
from tests.support.party import Browser
from tests.support.provider import Provider

HERE = "133.11.0.0/16"
DENY_HERE: dict[str, Any] = {
    "name": "not from here",
    "effect": "deny",
    "services": ["*"],
    "when": {"network": {"in": [HERE]}},
}
CONTEXT: dict[str, Any] = {"ip": "133.11.0.1", "authentication": {"methods": ["pwd"], "age_seconds": 0}}


@pytest.fixture
def desk(provider: Provider) -> Desk:
    return Desk.of(provider)


def asked(provider: Provider, **changes: Any) -> dict[str, Any]:
    return {
        "subject": {"user": provider.user()},
        "service": provider.service_id("web"),
        "context": CONTEXT,
        **changes,
    }


def test_a_simulation_uses_the_rules_in_force_or_those_that_stand_in(provider: Provider, desk: Desk) -> None:
    assert desk.simulate(**asked(provider)) == {
        "decision": "permit",
        "missing": [],
        "rules": [],
        "reason": {"code": "permitted", "ja": "このサービスを利用できます。", "en": "You can use this service."},
    }
    (rule,) = desk.put_in_force(DENY_HERE)
    refused = desk.simulate(**asked(provider))
    assert (refused["decision"], refused["reason"]["code"]) == ("deny", "policy_denied")
    assert [(each["id"], each["name"], each["effect"], each["result"]) for each in refused["rules"]] == [
        (rule, "not from here", "deny", "match")
    ]
    assert desk.simulate(**asked(provider, policies=[]))["decision"] == "permit"
    browser = {**DENY_HERE, "when": {"browser": {"min_version": 100}}}
    unknown = desk.simulate(**asked(provider, policies=[browser]))
    assert (unknown["reason"]["code"], unknown["rules"][0]["result"]) == ("policy_error", "error")
    assert desk.decisions() == []


def test_a_simulation_at_another_time_and_place(provider: Provider, desk: Desk) -> None:
    window = {"time": {"days": ["wed"], "from": "09:00", "to": "18:00"}}
    rule = {**DENY_HERE, "when": {"not": window}}

    def decision(**context: Any) -> Any:
        return desk.simulate(**asked(provider, policies=[rule], context={**CONTEXT, **context}))["decision"]

    assert decision() == "permit"  # a Wednesday at ten
    assert decision(time="2026-04-01T18:00:00+09:00") == "deny"
    assert decision(time="2026-04-01T17:59:59+09:00") == "permit"
    assert decision(time="2026-04-02T10:00:00+09:00") == "deny"
    assert decision(country="US") == "deny"
    assert decision(ip="10.1.2.3") == "deny"
    assert decision(ip="10.1.2.3", country="JP") == "permit"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"subject": {"user": "usr_nobody"}}, "/subject/user"),
        ({"service": "svc_nothing"}, "/service"),
        ({"subject": {}}, "/subject/user"),
        ({"context": {"ip": "999.1.1.1"}}, "/context/ip"),
        ({"context": {"time": "yesterday"}}, "/context/time"),
        ({"context": {"country": "Japan"}}, "/context/country"),
        ({"context": {"authentication": {"age_seconds": -1}}}, "/context/authentication/age_seconds"),
        ({"context": {"weather": "fine"}}, "/context/weather"),
        ({"context": {"device": {"enrolled": "yes"}}}, "/context/device/enrolled"),
        ({"policies": {}}, "/policies"),
        ({"policies": ["x"]}, "/policies/0"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    provider: Provider, desk: Desk, change: dict[str, Any], pointer: str
) -> None:
    answer = desk.ask("POST", "policies/simulate", asked(provider, **change))
    assert answer.status == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_a_backtest_tells_who_would_be_refused_now(provider: Provider, desk: Desk) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser())
    hanako = Browser(provider.first, user="hanako@aoba.example")
    hanako.code(provider.party("other"))
    provider.clock.advance(hours=1)
    assert web.refresh(told["refresh_token"]).status == 200
    recorded = desk.decisions()
    assert [each["moment"] for each in recorded] == ["authorization", "code", "authorization", "refresh"]

    def tried(*policies: dict[str, Any], **period: str) -> Any:
        answer = desk.ask("POST", "policies/backtest", {"policies": policies, **period})
        assert answer.status == 200, answer
        return answer.json()

    everything = tried(DENY_HERE)
    people = [provider.user(), provider.user("hanako")]
    none = {"newly_denied": 0, "newly_permitted": 0, "newly_step_up": 0, "users": [], "truncated": False}
    none["covered_until"] = recorded[3]["at"]
    assert everything == {"evaluated": 4, **none, "newly_denied": 4, "users": people}
    assert tried() == {"evaluated": 4, **none}
    assert tried({**DENY_HERE, "services": [provider.service_id("other")]})["users"] == people[1:]
    assert tried({**DENY_HERE, "report_only": True})["newly_denied"] == 0
    step = {**DENY_HERE, "effect": "step_up", "when": {"all": []}, "require": ["mfa"]}
    assert tried(step) == {"evaluated": 4, **none, "newly_step_up": 2}  # where somebody could have been asked
    late = {"from": recorded[3]["at"]}
    assert tried(DENY_HERE, **late) == {"evaluated": 1, **none, "newly_denied": 1, "users": people[:1]}
    assert tried(DENY_HERE, to=recorded[3]["at"])["evaluated"] == 3
    assert desk.ask("POST", "policies/backtest", {}).status == 422
    assert len(desk.decisions()) == 4


def test_a_backtest_of_more_than_is_tried_at_once_says_how_far_it_came(
    provider: Provider, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["idp.access.backtest"], "_MOST", 2)
    monkeypatch.setattr(sys.modules["idp.access.backtest"], "_LEAST", 1)
    for _ in range(3):
        Browser(provider.first).code(provider.party("web"))
        provider.clock.advance(minutes=1)

    def tried(**period: str) -> Any:
        return desk.ask("POST", "policies/backtest", {"policies": [DENY_HERE], **period}).json()

    instants = [each["at"] for each in desk.decisions()]
    first = tried()
    assert (first["evaluated"], first["truncated"], first["covered_until"]) == (2, True, instants[1])
    rest = tried(**{"from": first["covered_until"]})
    assert (rest["evaluated"], rest["truncated"], rest["covered_until"]) == (2, False, instants[2])
    nothing = tried(to=instants[0])
    assert (nothing["evaluated"], nothing["truncated"], nothing["covered_until"]) == (0, False, None)


def test_a_backtest_tells_who_would_get_in_now(provider: Provider, desk: Desk) -> None:
    desk.put_in_force(DENY_HERE)
    assert provider.browser().authorize(provider.party("web")).status == 403
    assert provider.browser().authorize(provider.party("closed")).status == 403
    answer = desk.ask("POST", "policies/backtest", {"policies": []}).json()
    assert (answer["evaluated"], answer["newly_permitted"]) == (2, 1)  # the other one lacks an assignment


def test_no_rule_opens_what_stands_before_all_rules(provider: Provider, desk: Desk) -> None:
    assert provider.browser().authorize(provider.party("off")).status == 403
    answer = desk.ask("POST", "policies/backtest", {"policies": [DENY_HERE | {"effect": "permit"}]}).json()
    assert (answer["evaluated"], answer["newly_permitted"]) == (1, 0)


def test_recorded_traffic_decided_again_under_the_same_rules_comes_out_the_same(provider: Provider, desk: Desk) -> None:
    closed, other = provider.service_id("closed"), provider.service_id("other")
    rules = [
        {**DENY_HERE, "services": [other]},
        {**DENY_HERE, "effect": "step_up", "require": ["mfa"], "services": [closed, provider.service_id("brief")]},
        {**DENY_HERE, "effect": "permit", "services": [provider.service_id("opaque")]},
    ]
    desk.put_in_force(*rules)
    for name in ("web", "other", "closed", "brief", "opaque", "off"):
        party, browser = provider.party(name), provider.browser()
        answer = browser.authorize(party)
        if answer.location:
            told = party.redeem(answer.query["code"]).json()
            party.refresh(told.get("refresh_token", ""))
    outcomes = {each["decision"] for each in desk.decisions()}
    assert outcomes == {"permit", "deny"}  # where more is asked for, the decision is made after the sign-in
    again = desk.ask("POST", "policies/backtest", {"policies": rules}).json()
    assert (again["newly_denied"], again["newly_permitted"], again["newly_step_up"]) == (0, 0, 0)
    assert again["evaluated"] == len(desk.decisions())
