"""A tenant's rules from the draft to the door: what they let through, on two workers, over HTTP."""

import re
from typing import Any

import pytest
from tests.support.authenticator import enrolled
from tests.support.desk import Desk
from tests.support.filling import application
from tests.support.party import Browser
from tests.support.provider import Provider

from idp import contracts, users

HERE = "133.11.0.0/16"  # where the callers of these tests are
ELSEWHERE = "203.0.113.0/24"

NOT_HERE: dict[str, Any] = {
    "name": "not from here",
    "effect": "deny",
    "services": ["*"],
    "when": {"network": {"in": [HERE]}},
}
ONLY_ELSEWHERE: dict[str, Any] = {
    "name": "from the office alone",
    "effect": "deny",
    "services": ["*"],
    "when": {"not": {"network": {"in": [ELSEWHERE]}}},
}


@pytest.fixture
def desk(provider: Provider) -> Desk:
    return Desk.of(provider)


def reference_on(page: str) -> str:
    found = re.search(r'id="denied-reference"[^>]*>\s*([0-9A-Z]{10})', page)
    assert found is not None
    return found[1]


def test_a_refused_person_reads_a_reference_that_explains_it_and_gets_in_when_the_rule_is_relaxed(
    provider: Provider, desk: Desk
) -> None:
    web, browser = provider.party("web"), provider.browser()
    (rule,) = desk.put_in_force(ONLY_ELSEWHERE)
    page = browser.authorize(web)
    assert (page.status, "policy_denied" in page.text) == (403, True)
    why = desk.explanation(reference_on(page.text))
    assert (why["decision"], why["reason"]["code"]) == ("deny", "policy_denied")
    assert why["subject"] == {"user": provider.user()}
    assert why["service"] == provider.service_id("web")
    assert [(each["id"], each["name"], each["result"]) for each in why["rules"]] == [
        (rule, "from the office alone", "match")
    ]
    inputs = why["inputs"]
    assert (inputs["ip"], inputs["country"], inputs["authentication"]["methods"]) == ("133.11.0.1", "JP", ["pwd"])
    (change,) = why["smallest_change"]
    assert (change["fact"], change["from"]) == ("network", {"ip": "133.11.0.1"})
    assert change["to"]["ip"].startswith("203.0.113.")
    assert why["reason"]["ja"]
    assert why["reason"]["en"]

    relaxed = {"when": {"not": {"network": {"in": [ELSEWHERE, HERE]}}}}
    assert desk.ask("PATCH", f"policies/{rule}", relaxed).status == 200
    assert browser.authorize(web).status == 403  # a draft decides nothing
    desk.activate()
    told = web.redeem(browser.code(web))
    assert told.status == 200
    assert [each["moment"] for each in desk.decisions("decision=permit")] == ["authorization", "code"]


def test_what_was_decided_stays_explained_as_it_was_decided(provider: Provider, desk: Desk) -> None:
    (rule,) = desk.put_in_force(NOT_HERE)
    reference = reference_on(provider.browser().authorize(provider.party("web")).text)
    before = desk.explanation(reference)
    desk.put_in_force()
    assert desk.ask("GET", f"policies/{rule}").status == 404
    assert desk.explanation(reference) == before
    assert desk.explanation(reference.lower()) == before


def test_as_of_an_instant_the_rules_of_that_instant_answer(provider: Provider, desk: Desk) -> None:
    start = provider.clock.now()
    provider.clock.advance(hours=1)
    desk.put_in_force(NOT_HERE)
    reference = reference_on(provider.browser().authorize(provider.party("web")).text)
    provider.clock.advance(hours=1)
    desk.put_in_force()
    asked = [start, provider.clock.now()]
    outcomes = [desk.explanation(reference, f"?as_of={at:%Y-%m-%dT%H:%M:%SZ}")["decision"] for at in asked]
    assert outcomes == ["permit", "permit"]
    provider.clock.advance(hours=-1)
    then = desk.explanation(reference, f"?as_of={provider.clock.now():%Y-%m-%dT%H:%M:%SZ}")
    assert (then["decision"], then["reason"]["code"]) == ("deny", "policy_denied")


def test_an_activation_that_nobody_confirms_is_over_by_the_clock_alone(provider: Provider, desk: Desk) -> None:
    web = provider.party("web")
    browser = provider.browser()
    told = web.tokens(browser)
    desk.put_in_force(NOT_HERE, confirmed=False)
    at = provider.clock.now()
    for worker in (provider.first, provider.second):
        again = Browser(worker, jar=dict(browser.jar))
        party = web.at(worker)
        provider.clock.set(at)
        provider.clock.advance(minutes=9, seconds=59.999999)
        assert again.get(party.address()).status == 403
        assert party.refresh(told["refresh_token"]).json()["error_description"] == "policy_denied"
        assert party.userinfo(told["access_token"]).status == 401
        provider.clock.set(at)
        provider.clock.advance(minutes=10)
        assert "code" in again.get(party.address()).query
        assert party.refresh(told["refresh_token"]).status == 200


def test_what_is_confirmed_stays_and_confirming_too_late_or_what_was_overtaken_is_refused(
    provider: Provider, desk: Desk
) -> None:
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    desk.policy(NOT_HERE)
    first = desk.activate(confirmed=False)
    second = desk.activate(confirmed=False, confirm_within_seconds=60)
    overtaken = desk.ask("POST", "policies/confirm", {"activation": first})
    assert (overtaken.status, overtaken.json()["code"]) == (409, "confirmation_expired")
    provider.clock.advance(seconds=59)
    for _ in range(2):
        assert desk.ask("POST", "policies/confirm", {"activation": second}).status == 200
    provider.clock.advance(days=1)
    assert browser.authorize(web).status == 403
    third = desk.activate(confirmed=False, confirm_within_seconds=60)
    provider.clock.advance(seconds=60)
    late = desk.ask("POST", "policies/confirm", {"activation": third})
    assert (late.status, late.json()["code"]) == (409, "confirmation_expired")
    assert desk.ask("POST", "policies/confirm", {"activation": "act_nothing"}).status == 409


def test_a_rule_holds_for_what_was_signed_in_before_it_and_a_refusal_spends_the_code_alone(
    provider: Provider, desk: Desk
) -> None:
    web, browser = provider.party("web"), provider.browser()
    told = web.tokens(browser)
    code = browser.code(web)
    desk.put_in_force(NOT_HERE)
    for worker in (provider.second, provider.first):
        party = web.at(worker)
        assert party.refresh(told["refresh_token"]).json() == {
            "error": "invalid_grant",
            "error_description": "policy_denied",
        }
        assert party.userinfo(told["access_token"]).status == 401
        assert party.introspect(told["access_token"]) == {"active": False}
    assert web.redeem(code).json()["error_description"] == "policy_denied"
    desk.put_in_force()
    assert web.redeem(code).json()["error"] == "invalid_grant"
    assert web.refresh(told["refresh_token"]).status == 200
    assert web.userinfo(told["access_token"]).status == 200


def test_rules_of_one_service_leave_the_others_alone(provider: Provider, desk: Desk) -> None:
    desk.put_in_force(NOT_HERE | {"services": [provider.service_id("web")]})
    browser = provider.browser()
    assert browser.authorize(provider.party("web")).status == 403
    assert browser.code(provider.party("other"))


def test_a_rule_that_only_reports_decides_nothing_and_is_seen(provider: Provider, desk: Desk) -> None:
    (rule,) = desk.put_in_force(NOT_HERE | {"report_only": True})
    assert provider.browser().code(provider.party("web"))
    (decided,) = desk.decisions()
    assert decided["decision"] == "permit"
    (seen,) = desk.explanation(decided["reference"])["rules"]
    assert (seen["id"], seen["result"], seen["report_only"]) == (rule, "match", True)


def test_a_fresh_sign_in_that_a_rule_asks_for_is_asked_on_the_sign_in_page(provider: Provider, desk: Desk) -> None:
    web, browser = provider.party("web"), provider.browser()
    told = web.tokens(browser)
    desk.put_in_force(
        {
            "name": "be fresh",
            "effect": "step_up",
            "services": [provider.service_id("web")],
            "when": {"all": []},
            "require": ["fresh_sign_in"],
            "max_age_seconds": 60,
        }
    )
    provider.clock.advance(seconds=60)
    assert "code" in browser.get(web.address()).query
    provider.clock.advance(seconds=1)
    silent = browser.get(web.address(prompt="none"))
    assert silent.query["error"] == "login_required"
    asked = browser.get(web.address())
    assert "/signin?" in asked.location
    assert "code" in browser.follow(asked).query
    assert web.refresh(told["refresh_token"]).status == 200  # elsewhere only denials count


def test_a_second_factor_that_a_rule_demands_is_asked_for(provider: Provider, desk: Desk) -> None:
    web, browser = provider.party("web"), provider.browser()
    told = web.tokens(browser)
    step = {"effect": "step_up", "services": ["*"], "when": {"all": []}, "require": ["mfa"]}
    desk.put_in_force({"name": "two factors", **step})
    assert browser.get(web.address(prompt="none")).query["error"] == "interaction_required"
    assert 'id="otp-secret"' in browser.get(browser.get(web.address()).location).text  # there is none yet
    app = enrolled(provider)
    page = browser.get(browser.get(web.address()).location)
    form = browser.form(page, "otp-form")
    answer = browser.follow(browser.post(form.action, {**form.fields, "code": app.code()}))
    assert "code" in answer.query
    assert "code" in browser.get(web.address(prompt="none")).query
    assert web.refresh(told["refresh_token"]).status == 200  # elsewhere only denials count


@pytest.mark.attack("U10")
def test_a_second_factor_that_a_rule_demands_is_not_gone_round(provider: Provider, desk: Desk) -> None:
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    enrolled(provider)
    step = {"effect": "step_up", "services": ["*"], "when": {"all": []}, "require": ["mfa"]}
    desk.put_in_force({"name": "two factors", **step})
    form = browser.form(browser.get(browser.get(web.address()).location), "otp-form")
    waiting = f"interaction={form.fields['interaction']}"
    for page in ("authorize/continue", "consent"):
        assert "code=" not in browser.get(f"/t/aoba/{page}?{waiting}").location
    again = browser.form(browser.get(f"/t/aoba/signin?{waiting}&step=password"))
    half = browser.get(browser.sign_in(again).location)  # the password once more is not the second factor
    assert "otp-form" in half.text
    assert "/signin?" in browser.get(f"/t/aoba/authorize/continue?{waiting}").location


def test_a_visitor_whom_nobody_knows_is_given_a_reference_that_explains(provider: Provider, desk: Desk) -> None:
    provider.suspend()
    page = provider.get(provider.party("web").address())
    why = desk.explanation(reference_on(page.text))
    assert (why["reason"]["code"], why["subject"]) == ("contract_suspended", None)
    assert why["smallest_change"] == [{"fact": "contract", "from": "suspended", "to": "active"}]


def test_the_smallest_change_is_named_for_what_stands_before_the_rules_too(provider: Provider, desk: Desk) -> None:
    page = provider.browser().authorize(provider.party("closed"))
    assert desk.explanation(reference_on(page.text))["smallest_change"] == [
        {"fact": "assignment", "from": {"assigned": False}, "to": {"assigned": True}}
    ]
    assert provider.browser().code(provider.party("web"))
    permitted = desk.decisions("decision=permit")[0]["reference"]
    assert desk.explanation(permitted)["smallest_change"] == []


def test_a_text_decides_too_and_its_own_words_are_shown(provider: Provider, desk: Desk) -> None:
    web, browser = provider.party("web"), provider.browser()
    text = (
        '@reason_ja("社内規程により利用できません。") @reason_en("Our rules do not allow it.")\n'
        'forbid (principal, action == Action::"sign_in", resource)\n'
        'when { context.ip.isInRange(ip("133.11.0.0/16")) };'
    )
    desk.put_in_force({"name": "by text", "text": text})
    for lang, said in (("ja", "社内規程により利用できません。"), ("en", "Our rules do not allow it.")):
        page = browser.authorize(web, ui_locales=lang)
        assert (page.status, said in page.text) == (403, True)
    assert desk.explanation(reference_on(page.text))["reason"]["ja"] == "社内規程により利用できません。"
    assert web.credentials().status == 200  # it is about signing in


def test_a_rule_on_tokens_refuses_a_service_in_its_own_name_and_is_recorded(provider: Provider, desk: Desk) -> None:
    robot = provider.party("robot")
    own = robot.credentials().json()["access_token"]
    desk.put_in_force(
        {"name": "robots", "text": 'forbid (principal, action == Action::"token", resource) when { true };'}
    )
    for worker in (provider.first, provider.second):
        refused = robot.at(worker).credentials()
        assert refused.json() == {"error": "unauthorized_client", "error_description": "policy_denied"}
        assert robot.at(worker).introspect(own) == {"active": False}
    recorded = desk.decisions()
    assert [each["moment"] for each in recorded] == ["client_credentials", "introspection"] * 2
    assert {each["subject"] for each in recorded} == {None}
    desk.put_in_force()
    assert robot.credentials().status == 200
    assert len(desk.decisions()) == 4  # a permit in its own name is in the token's row


def test_device_rules_do_not_fall_away_when_the_product_ends(provider: Provider, desk: Desk) -> None:
    web = provider.party("web")
    made = []
    for product in ("MDM", "DEVICE_AUTH"):
        with provider.platform() as unit:
            contract = contracts.apply(unit, application("aoba", product=product))
            for step in (contracts.screen, contracts.approve, contracts.complete_setup):
                step(unit, contract.id)
            made.append(contract.id)
    desk.put_in_force(
        {
            "name": "known devices",
            "effect": "deny",
            "services": [provider.service_id("web")],
            "when": {"not": {"device": {"enrolled": True}}},
        }
    )
    assert "policy_denied" in provider.browser().authorize(web).text
    with provider.platform() as unit:
        contracts.terminate(unit, made[0], reason="over")
    page = provider.browser().authorize(web)
    assert "device_entitlement_ended" in page.text
    assert desk.explanation(reference_on(page.text))["reason"]["code"] == "device_entitlement_ended"


def test_groups_count_as_they_are_when_it_is_decided(provider: Provider, desk: Desk) -> None:
    web, browser = provider.party("web"), provider.browser()
    group = desk.ask("POST", "groups", {"name": "sales"}).json()["id"]
    rule = {"name": "sales only", "effect": "permit", "services": ["*"], "when": {"group": {"in": [group]}}}
    hanako = provider.user("hanako")
    assert desk.ask("PUT", f"groups/{group}/members/{provider.user()}").status in {200, 201, 204}
    with provider.open() as unit:
        users.change(unit, hanako, {"roles": ["admin"]})
    assert desk.ask("PUT", f"groups/{group}/members/{hanako}").status in {200, 201, 204}
    desk.put_in_force(rule)
    told = web.tokens(browser)
    assert desk.ask("DELETE", f"groups/{group}/members/{provider.user()}").status == 204
    page = browser.authorize(web)
    assert "no_rule_permits" in page.text
    assert desk.explanation(reference_on(page.text))["inputs"]["groups"] == []
    assert web.refresh(told["refresh_token"]).json()["error_description"] == "no_rule_permits"
    other = Browser(provider.first, user="hanako@aoba.example")
    assert other.code(web)
    assert desk.decisions()[-1]["subject"] == {"user": hanako}


def test_permits_of_a_look_at_a_token_are_counted_and_not_written(provider: Provider, desk: Desk) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser())
    before = len(desk.decisions())
    for _ in range(3):
        assert web.introspect(told["access_token"])["active"] is True
        assert web.userinfo(told["access_token"]).status == 200
    assert len(desk.decisions()) == before


def test_before_1970_nothing_was_decided(provider: Provider, desk: Desk) -> None:
    desk.put_in_force(NOT_HERE)
    reference = reference_on(provider.browser().authorize(provider.party("web")).text)
    for instant in ("1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        answer = desk.ask("GET", f"decisions/{reference}/explanation?as_of={instant}")
        assert (answer.status, [each["pointer"] for each in answer.json()["errors"]]) == (422, ["/as_of"])
    assert desk.explanation(reference, "?as_of=1970-01-01T00:00:00Z")["reference"] == reference
