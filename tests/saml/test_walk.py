"""At a sign-out the browser is taken to each service that was used, and each answer is believed once, from that service
alone."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from tests.support.filling import BASE_URL, GOODBYE
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.registered import register as register_oidc
from tests.support.saml_logouts import (
    SLO,
    Visit,
    answer_by_form,
    answer_by_redirect,
    answered,
    asked,
    by_redirect,
    redirected,
    registered,
    status_of,
    visit,
)
from tests.support.saml_party import CROSS_SITE, SamlAnswer, SamlParty
from tests.support.sign_in import Page
from tests.support.xml_keys import rsa_pair

from idp import federation, xml
from idp.federation import Binding
from idp.kit.clock import micros, parse
from idp.saml.inflating import to_base64
from idp.saml.model import Status
from idp.xml import SAMLP, Namespace

END = "/t/aoba/end_session"
ASYNC = Namespace("urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo", "aslo")
NO = {"status": (Status.RESPONDER,)}
UNKNOWN = {"status": (Status.RESPONDER, Status.UNKNOWN_PRINCIPAL)}


class Used(NamedTuple):
    """Two services that one person has used in one browser, the first by redirect, the second by forms."""

    browser: Browser
    one: SamlParty
    two: SamlParty
    first: SamlAnswer
    second: SamlAnswer

    def leave(self) -> Visit:
        """By our own page."""
        page = self.browser.press(Page(self.browser.get(END).text).forms["logout-form"], "logout-confirm")
        return self.visit(page)

    def visit(self, page: Answer) -> Visit:
        return visit(self.one.provider, self.browser.follow(page))

    def posted(self, fields: Mapping[str, str]) -> Answer:
        """By a form of another site, with which a browser sends no cookie."""
        answer = Browser(self.browser.worker).post(SLO, dict(fields), CROSS_SITE)
        return self.browser.follow(answer) if answer.location else answer


def used(provider: Provider, **more: Any) -> Used:
    browser = provider.browser()
    one = registered(provider, f"one{provider.count('services')}", **more)
    two = registered(provider, f"two{provider.count('services')}", Binding.POST)
    return Used(browser, one, two, one.sign_on(browser), two.sign_on(browser))


@pytest.mark.honest("S14", "S15")
def test_a_persons_sign_out_takes_the_browser_to_every_service_and_back(provider: Provider) -> None:
    browser, one, two, first, second = used(provider)
    web = register_oidc(provider, "front", frontchannel_logout_uri="https://rp.example/front")
    hint = web.tokens(browser)["id_token"]
    again = one.sign_on(browser)  # in the same session, under another index
    page = browser.get(f"{END}?{urlencode({'id_token_hint': hint, 'post_logout_redirect_uri': GOODBYE})}")
    assert "Max-Age=0" in "".join(page.cookies)
    seen = visit(provider, browser.follow(page))
    assert (seen.address, seen.name, seen.again) == (
        f"https://{one.acs.split('/')[2]}/slo?x=1",
        first.name_id.text,
        False,
    )
    assert seen.indexes == [each.statement.get("SessionIndex") for each in (first, again)]
    assert seen.request.get("Destination") == seen.address
    until = micros(parse(seen.request.get("NotOnOrAfter") or ""))
    assert 0 < until - provider.clock.now_us() <= 300_000_000
    assert one.read(browser.get(one.address(IsPassive="true"))).status[0] == "Responder"  # it is over already
    next_ = visit(provider, browser.follow(browser.get(answer_by_redirect(one, seen))))
    assert (next_.address, next_.name) == (f"https://{two.acs.split('/')[2]}/slo?x=1", second.name_id.text)
    assert next_.indexes == [second.statement.get("SessionIndex")]
    last = browser.follow(Browser(provider.first).post(SLO, answer_by_form(two, next_), CROSS_SITE))
    assert 'src="https://rp.example/front?iss=' in last.text
    assert f'href="{GOODBYE}"' in last.text
    assert "onward.js" in last.text
    assert browser.get(next_.past).status == 400  # a walk ends once
    assert provider.events().count("session.ended") == 1


@pytest.mark.honest("S14", "S15")
def test_the_service_that_begins_is_answered_when_all_others_have_confirmed(provider: Provider) -> None:
    browser, one, two, first, _ = used(provider)
    seen = visit(provider, browser.follow(browser.get(by_redirect(asked(one, first)))))
    assert seen.address.startswith(two.acs.removesuffix("acs"))  # nobody is told what they have asked for
    back = browser.follow(Browser(provider.first).post(SLO, answer_by_form(two, seen), CROSS_SITE))
    assert status_of(redirected(one, back)) == ("Success",)
    assert back.headers["location"].startswith("https://one")


@pytest.mark.parametrize(
    ("said", "expected"), [(UNKNOWN, ("Success",)), (NO, ("Success", "PartialLogout"))], ids=["unknown", "no"]
)
def test_what_a_service_has_said_is_in_the_answer(alone: Provider, said: Any, expected: tuple[str, ...]) -> None:
    browser, one, two, first, _ = used(alone)
    seen = visit(alone, browser.follow(browser.get(by_redirect(asked(one, first)))))
    back = browser.follow(Browser(alone.first).post(SLO, answer_by_form(two, seen, **said), CROSS_SITE))
    assert status_of(redirected(one, back)) == expected


def test_a_service_that_says_nothing_holds_nobody_up(alone: Provider) -> None:
    here = used(alone)
    seen = here.leave()
    again = here.visit(here.browser.get(here.browser.here))
    assert (seen.again, again.again) == (False, True)
    assert again.request.get("ID") != seen.request.get("ID")
    next_ = here.visit(here.browser.get(again.past))
    assert (next_.address.split("/")[2], next_.again) == (here.two.acs.split("/")[2], False)
    last = here.posted(answer_by_form(here.two, next_))
    assert 'id="logged-out"' in last.text
    assert re.findall(r"<li[^>]*><bdi>(one\d+)", last.text)
    assert "<bdi>two" not in last.text


def test_an_answer_counts_although_the_person_has_gone_on_without_it(alone: Provider) -> None:
    browser, one, two, first, _ = used(alone)
    seen = visit(alone, browser.follow(browser.get(by_redirect(asked(one, first)))))
    again = visit(alone, browser.follow(browser.get(browser.here)))
    browser.get(answer_by_redirect(two, seen))  # of the first of the two requests
    assert status_of(redirected(one, browser.get(again.past))) == ("Success",)


def test_where_no_answer_is_wanted_the_person_stays_with_us(alone: Provider) -> None:
    browser, one, two, first, _ = used(alone)
    wish = SAMLP.make("Extensions", ASYNC.make("Asynchronous"))
    seen = visit(alone, browser.follow(browser.get(by_redirect(asked(one, first, wish)))))
    last = browser.follow(browser.get(answer_by_redirect(two, seen)))
    assert (last.status, last.location) == (200, "")
    assert 'id="logged-out"' in last.text
    unaddressed, browser = registered(alone, "mute", slo=[]), alone.browser()
    answer = unaddressed.sign_on(browser)
    assert browser.get(by_redirect(asked(unaddressed, answer, wish, name="somebody else"))).status == 400
    page = browser.get(by_redirect(asked(unaddressed, answer, wish)))
    assert 'id="logged-out"' in page.text
    assert unaddressed.read(browser.get(unaddressed.address(IsPassive="true"))).status[0] == "Responder"


def test_frames_of_openid_connect_come_before_the_answer(alone: Provider) -> None:
    party, browser = registered(alone), alone.browser()
    web = register_oidc(alone, "framed", frontchannel_logout_uri="https://rp.example/front")
    web.tokens(browser)
    answer = party.sign_on(browser)
    page = browser.follow(browser.get(by_redirect(asked(party, answer))))
    assert 'src="https://rp.example/front?iss=' in page.text
    (onward,) = re.findall(r'<a id="logout-continue" href="([^"]+)"', page.text)
    assert status_of(redirected(party, browser.get(html.unescape(onward)))) == ("Success",)
    assert browser.get(html.unescape(onward)).status == 400


def test_who_has_signed_in_again_meanwhile_stays_signed_in(alone: Provider) -> None:
    here = used(alone)
    seen = here.leave()
    here.one.sign_on(here.browser)
    next_ = here.visit(here.browser.get(answer_by_redirect(here.one, seen)))
    here.posted(answer_by_form(here.two, next_))
    assert here.one.read(here.browser.get(here.one.address(IsPassive="true"))).status == ("Success",)


def test_a_disabled_service_is_not_visited(alone: Provider) -> None:
    here = used(alone)
    with alone.open() as unit:
        federation.disable(unit, here.one.service_id)
    assert here.leave().address.split("/")[2] == here.two.acs.split("/")[2]


def _unsigned(here: Used, seen: Visit) -> str:
    return answer_by_redirect(here.one, seen, None)


def _otherwise(**changes: Any) -> Callable[[Used, Visit], str]:
    return lambda here, seen: answer_by_redirect(here.one, seen, **changes)


def _of_another(here: Used, seen: Visit) -> str:
    return answer_by_redirect(here.two, seen)


def _late(here: Used, seen: Visit) -> str:
    here.one.provider.clock.advance(minutes=16)
    return answer_by_redirect(here.one, seen)


def _relayed(here: Used, seen: Visit) -> str:
    said = answered(here.one, seen.request, InResponseTo="_never_asked")
    return by_redirect(said, name="SAMLResponse", relay_state="https://evil.example/")


def _as_request(here: Used, seen: Visit) -> str:
    return by_redirect(answered(here.one, seen.request), name="SAMLRequest")


REFUSED: Mapping[str, Callable[[Used, Visit], str]] = {
    "unsigned": _unsigned,
    "by a stranger": lambda here, seen: answer_by_redirect(here.one, seen, rsa_pair("stranger")),
    "of another service": _of_another,
    "in another's name": _otherwise(issuer="https://unknown.example/"),
    "to what was never asked": _otherwise(InResponseTo="_never_asked"),
    "to nothing": _otherwise(InResponseTo=None),
    "for somewhere else": _otherwise(Destination=f"{BASE_URL}{SLO}.evil"),
    "for nowhere": _otherwise(Destination=None),
    "old": _otherwise(IssueInstant="2020-01-01T00:00:00Z"),
    "of another version": _otherwise(Version="1.1"),
    "too late": _late,
    "with somewhere to go": _relayed,
    "in place of a request": _as_request,
}


@pytest.mark.attack("X14", "X12", "S15")
@pytest.mark.parametrize("wrong", REFUSED)
def test_an_answer_that_is_not_right_confirms_nothing_and_leads_nowhere(alone: Provider, wrong: str) -> None:
    here = used(alone)
    seen = here.leave()
    refused = here.browser.get(REFUSED[wrong](here, seen))
    assert (refused.status, refused.location) == (400, "")
    assert "evil" not in refused.text
    if wrong != "too late":
        assert here.visit(here.browser.get(seen.past.replace("at=1", "at=0"))).again


@pytest.mark.attack("X14", "S8", "S15")
def test_an_answer_is_good_once_and_a_form_without_a_signature_is_none(alone: Provider) -> None:
    here = used(alone)
    seen = here.leave()
    unsigned = {
        "SAMLResponse": to_base64(xml.written(answered(here.one, seen.request))),
        "RelayState": seen.relay_state,
    }
    refused = here.posted(unsigned)
    assert refused.status == 400
    (onward,) = re.findall(r'<a id="error-onward" href="([^"]+)"', refused.text)
    assert here.visit(here.browser.get(html.unescape(onward))).again  # the person goes on all the same
    once = answer_by_redirect(here.one, seen)
    assert here.browser.get(once).status == 303
    assert here.browser.get(once).status == 400
    assert here.browser.get(answer_by_redirect(here.one, seen, **NO)).status == 400  # nor is it taken back
    elsewhere = Browser(alone.first)
    assert elsewhere.get(seen.past).status == 400  # a walk is for the browser that began it
    assert "login-form" not in elsewhere.get(seen.past).text


@pytest.mark.attack("X14", "X12", "S14")
def test_answers_of_ours_go_to_registered_addresses_whatever_a_request_says(alone: Provider) -> None:
    browser, one, two, first, _ = used(alone)
    evil = SAMLP.make("Extensions", ASYNC.make("ResponseLocation", "https://evil.example/"))
    address = by_redirect(asked(one, first, evil), relay_state="https://evil.example/")
    seen = visit(alone, browser.follow(browser.get(f"{address}&ResponseLocation=https%3A%2F%2Fevil.example%2F")))
    back = browser.get(browser.get(answer_by_redirect(two, seen)).location)
    assert urlsplit(back.location).netloc == one.acs.split("/")[2]
    redirected(one, back, relay_state="https://evil.example/")  # echoed, and no more


@pytest.mark.attack("X14", "S14", "S19")
def test_a_walk_is_found_by_nothing_but_its_own_address(alone: Provider) -> None:
    here = used(alone)
    seen = here.leave()
    walk = seen.skip.fields["interaction"]
    for at in ("", "x", "-1", "99999", "١"):
        assert here.browser.get(f"/t/aoba/saml/logout?{urlencode({'interaction': walk, 'at': at})}").status == 400
    for address in (f"/t/midori/saml/logout?interaction={walk}&at=0", "/t/aoba/saml/logout?at=0"):
        assert here.browser.get(address).status in {400, 404}
    assert here.browser.get(f"/t/aoba/saml/continue?interaction={walk}").status == 400
    assert "login-form" not in here.browser.get(f"/t/aoba/signin?interaction={walk}").text
