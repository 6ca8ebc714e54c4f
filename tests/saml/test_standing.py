"""What a contract, a service and a rule let through over SAML, on two workers, and how it is said. That OpenID Connect
answers the same in each situation is for `test_equal_doors` to show."""

from copy import deepcopy as copy
from dataclasses import dataclass

import pytest
from tests.support.authenticator import careful, enrolled
from tests.support.desk import Desk
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import SamlParty, codes, register
from tests.support.sign_in import Page

from idp import federation, terms, users
from idp.saml.model import Status
from idp.xml import SAML, SAMLP

MFA = "https://refeds.org/profile/mfa"
DENIED = codes(Status.RESPONDER, Status.REQUEST_DENIED)


@dataclass
class Before:
    """A service with somebody who is signed in, and a request of theirs that waits for a password."""

    party: SamlParty
    browser: Browser
    waiting: str

    @classmethod
    def of(cls, provider: Provider) -> "Before":
        party, browser = register(provider), provider.browser()
        party.sign_on(browser)
        provider.second.call("GET", party.address())  # the other worker has facts in its memory, too
        nobody = Browser(provider.first)
        return cls(party, browser, nobody.get(party.address()).location)

    def elsewhere(self) -> list[Browser]:
        provider = self.party.provider
        return [Browser(worker, jar=dict(self.browser.jar)) for worker in (provider.first, provider.second)]


def refused_everywhere(before: Before, reason: str) -> None:
    for browser in before.elsewhere():
        page = browser.get(before.party.address())
        assert (page.status, page.location) == (403, "")
        texts = Page(page.text).texts
        assert texts["error-code"] == reason
        assert texts["denied-reference"]
        assert 'id="denied-page"' in page.text
        passive = before.party.read(browser.get(before.party.address(IsPassive="true")))
        assert passive.status == DENIED
        assert reason in (passive.root.findtext(".//{*}StatusMessage") or "")
    nobody = Browser(before.party.provider.second)
    assert before.party.read(nobody.get(before.party.address(IsPassive="true"))).status in {
        DENIED,
        codes(Status.RESPONDER, Status.NO_PASSIVE),
    }


def test_a_suspended_contract_lets_nobody_in_and_resuming_does(provider: Provider) -> None:
    before = Before.of(provider)
    provider.suspend()
    refused_everywhere(before, "contract_suspended")
    assert provider.get("/t/aoba/saml/metadata").status == 200
    nobody = Browser(provider.second)
    page = nobody.get(before.party.address())
    assert (page.status, page.location) == (403, "")  # nobody is asked for a password that leads nowhere
    provider.resume()
    for browser in before.elsewhere():
        assert "/signin?" in browser.get(before.party.address()).location  # what has ended stays ended
    assert before.party.sign_on(before.browser).status == ("Success",)


@pytest.mark.attack("X9")
def test_a_disabled_service_is_answered_nothing_and_a_pending_sign_in_ends_there(provider: Provider) -> None:
    before = Before.of(provider)
    browser = Browser(provider.first)
    waiting = browser.get(before.party.address())
    with provider.open() as unit:
        federation.disable(unit, before.party.service_id)
    refused_everywhere(before, "service_unknown")
    ended = browser.follow(waiting)
    assert ended.status == 403
    assert before.party.read(ended).status == DENIED
    with provider.open() as unit:
        federation.enable(unit, before.party.service_id)
    assert before.party.sign_on(before.browser).status == ("Success",)


def test_a_rule_that_denies_denies_here_too(provider: Provider) -> None:
    before, desk = Before.of(provider), Desk.of(provider)
    rule = {"name": "closed", "effect": "deny", "services": [before.party.service_id], "when": {"all": []}}
    desk.put_in_force(rule)
    refused_everywhere(before, "policy_denied")
    desk.put_in_force()
    assert before.party.sign_on(before.browser).status == ("Success",)


def test_what_a_rule_asks_for_beside_is_asked_of_the_person_and_told_to_the_service(alone: Provider) -> None:
    party, app = register(alone), enrolled(alone)
    browser, desk = careful(alone, app), Desk.of(alone)
    rule = {"name": "two", "effect": "step_up", "services": [party.service_id], "when": {"all": []}, "require": ["mfa"]}
    desk.put_in_force(rule)
    passive = party.read(Browser(alone.first).get(party.address(IsPassive="true")))
    assert passive.status == codes(Status.RESPONDER, Status.NO_PASSIVE)
    answer = party.sign_on(browser)
    assert (answer.context, browser.asked) == (MFA, ["code"])
    assert party.sign_on(browser).context == MFA  # once is enough


def test_a_service_that_asks_for_two_factors_gets_them(alone: Provider) -> None:
    party, before = register(alone), alone.browser()
    wanted = SAMLP.make("RequestedAuthnContext", SAML.make("AuthnContextClassRef", MFA), Comparison="exact")
    assert party.sign_on(before).context != MFA
    passive = party.read(before.get(party.address(copy(wanted), IsPassive="true")))
    assert passive.status == codes(Status.RESPONDER, Status.NO_AUTHN_CONTEXT)
    browser = careful(alone, enrolled(alone))
    browser.jar = before.jar
    assert party.sign_on(browser, copy(wanted)).context == MFA
    assert browser.asked == ["code"]
    assert party.read(browser.get(party.address(wanted, IsPassive="true"))).context == MFA


def test_nobody_comes_to_a_service_that_they_are_not_assigned_to(alone: Provider) -> None:
    party, browser = register(alone, assignment_required=True), alone.browser()
    page = browser.follow(browser.get(party.address()))
    assert page.status == 403
    assert "not_assigned" in page.text
    back = party.read(page)  # a button, for whoever wants to go back
    assert (back.status, back.action, back.fields["RelayState"]) == (DENIED, party.acs, "back here")
    assert back.root.findtext(".//{*}StatusMessage") == "not_assigned"
    assert back.root.get("InResponseTo") == party.sent[-1]
    with alone.open() as unit:
        federation.assign(unit, party.service_id, user_id=alone.user())
    assert party.sign_on(browser).status == ("Success",)
    assert "access.refused" in alone.events()


def test_an_administrator_accepts_the_terms_on_the_way_and_nobody_accepts_them_unseen(alone: Provider) -> None:
    document = {
        "version": "1",
        "title": "サービス利用規約",
        "effective_date": "2026-04-02",
        "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "利用料は無料です。"}]}],
    }
    party, browser = register(alone), alone.browser()
    with alone.platform() as unit:
        terms.create(unit, terms.read(document))
        terms.publish(unit, "1", terms.read_publication({}), least_days=1)
    alone.clock.advance(hours=14)
    assert party.sign_on(browser).status == ("Success",)  # taro is nobody's administrator
    with alone.open() as unit:
        users.change(unit, alone.user(), {"roles": ["admin"]})
    page = browser.follow(browser.get(party.address()))
    assert "/saml/terms?" in browser.here
    form = browser.form(page, "terms-form")
    assert browser.post(form.action, {**form.fields, "csrf": "x"}).status == 403
    passive = party.read(browser.get(party.address(IsPassive="true")))
    assert passive.status == codes(Status.RESPONDER, Status.NO_PASSIVE)
    answer = browser.follow(browser.press(form, "terms-accept"))
    assert party.read(answer).status == ("Success",)
    assert alone.events().count("terms.accepted") == 1
    assert party.read(browser.get(party.address(IsPassive="true"))).status == ("Success",)
