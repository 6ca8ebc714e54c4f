"""Terms in force that the tenant has not accepted: its administrators are asked on their way, others go on."""

from typing import Any

import pytest
from tests.support.provider import Provider
from tests.support.registered import register, switch

from idp import terms, users

TERMS: Any = {
    "version": "1",
    "title": "サービス利用規約",
    "effective_date": "2026-04-02",
    "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "利用料は無料です。"}]}],
}
REVISED: Any = {
    **TERMS,
    "version": "2",
    "effective_date": "2026-04-03",
    "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "利用料は有料です。"}]}],
}


def publish(provider: Provider, *documents: Any) -> None:
    with provider.platform() as unit:
        for document in documents:
            terms.create(unit, terms.read(document))
            terms.publish(unit, document["version"], terms.read_publication({}), least_days=1)


@pytest.fixture
def in_force(provider: Provider) -> Provider:
    """Terms are, since this moment, and taro is nobody's administrator."""
    publish(provider, TERMS)
    provider.clock.advance(hours=14)
    return provider


@pytest.fixture
def due(in_force: Provider) -> Provider:
    """Terms are in force, and taro is an administrator."""
    with in_force.open() as unit:
        users.change(unit, in_force.user(), {"roles": ["admin"]})
    return in_force


def accepted(provider: Provider) -> list[tuple[str, str]]:
    with provider.open() as unit:
        return [(each.version, each.accepted_by) for each in terms.acceptances(unit)]


def test_an_administrator_reads_and_accepts_them_once_and_goes_on(due: Provider) -> None:
    browser, party = due.browser(), due.party("web")
    page = browser.authorize(party)
    assert "/terms?" in browser.here
    assert all(text in page.text for text in ("サービス利用規約", "第1条", "利用料は無料です。"))
    assert "terms-changes" not in page.text
    form = browser.form(page, "terms-form")
    assert "code" in browser.follow(browser.press(form, "terms-accept")).query
    assert accepted(due) == [("1", due.user())]
    assert due.events().count("terms.accepted") == 1
    assert "code" in browser.authorize(party).query
    other = due.browser()
    assert "code" in other.authorize(party).query


def test_other_people_see_a_notice_and_go_on(in_force: Provider) -> None:
    browser, party = in_force.browser(), in_force.party("web")
    assert 'id="terms-notice"' in browser.get(browser.get(party.address()).location).text
    assert "code" in browser.authorize(party).query
    assert accepted(in_force) == []


def test_before_their_day_nobody_is_asked_or_told(due: Provider) -> None:
    due.clock.advance(hours=-14)
    browser, party = due.browser(), due.party("web")
    assert 'id="terms-notice"' not in browser.get(browser.get(party.address()).location).text
    assert "code" in browser.authorize(party).query
    due.clock.set(due.clock.now().replace(hour=14, minute=59, second=59, microsecond=999_999))
    assert "code" in browser.authorize(party).query
    due.clock.advance(seconds=0.000001)
    assert "/terms?" in browser.get(party.address()).location


def test_a_revision_is_shown_with_what_it_changes_in_what_was_accepted(due: Provider) -> None:
    with due.open() as unit:
        terms.accept(unit, "1")
    publish(due, REVISED)
    due.clock.advance(days=1)
    page = due.browser().authorize(due.party("web"))
    assert 'id="terms-changes"' in page.text
    assert all(text in page.text for text in ("利用料は無料です。", "利用料は有料です。"))


def test_where_nobody_can_be_asked_the_service_is_told(due: Provider) -> None:
    browser, party = due.browser(), due.party("web")
    browser.authorize(party)
    assert browser.get(party.address(prompt="none")).query["error"] == "interaction_required"


def test_a_page_of_other_terms_or_of_nobody_accepts_nothing(due: Provider) -> None:
    publish(due, REVISED)
    due.clock.advance(hours=23, minutes=55)
    browser = due.browser()
    form = browser.form(browser.authorize(due.party("web")), "terms-form")
    assert browser.post(form.action, {**form.fields, "csrf": "x"}).status == 403
    due.clock.advance(minutes=5)  # the revision has come into force
    assert browser.press(form, "terms-accept").status == 403
    assert accepted(due) == []


def test_a_form_that_is_sent_twice_accepts_once(due: Provider) -> None:
    browser = due.browser()
    form = browser.form(browser.authorize(due.party("web")), "terms-form")
    for _ in range(2):
        assert "/authorize/continue?" in browser.press(form, "terms-accept").location
    assert due.events().count("terms.accepted") == 1


@pytest.mark.attack("T21")
def test_at_a_device_an_administrator_accepts_them_first_and_decides_then(due: Provider) -> None:
    switch(due, device_grant=True)
    kind = "urn:ietf:params:oauth:grant-type:device_code"
    tv = register(due, "tv", grant_types=[kind], redirect_uris=[], scope="openid", token_endpoint_auth_method="none")
    told = tv.post("device_authorization", scope="openid").json()
    browser = due.browser()
    form = browser.form(browser.get(told["verification_uri"]), "device-form")
    page = browser.follow(browser.post(form.action, {**form.fields, "user_code": told["user_code"]}))
    assert "/terms?" in browser.here
    assert "利用料は無料です。" in page.text
    wrong = browser.form(page, "terms-form")
    assert browser.post(wrong.action, {**wrong.fields, "csrf": "0"}).status == 403
    page = browser.follow(browser.press(browser.form(page, "terms-form"), "terms-accept"))
    assert accepted(due) == [("1", due.user())]
    done = browser.press(browser.form(page, "device-decision-form"), "device-allow")
    assert "device-done" in done.text
    assert tv.post("token", grant_type=kind, device_code=told["device_code"]).status == 200
