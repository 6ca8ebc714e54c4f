"""A service begins a logout (profiles 4.4): signed, of a session that it was told of, under the name it was told."""

import base64
from typing import Any

import pytest
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_logouts import SLO, THEIRS, asked, by_redirect, redirected, registered, signed, status_of
from tests.support.saml_party import CROSS_SITE, SamlParty, certificates_of, posted, register
from tests.support.xml_keys import rsa_pair

from idp import federation, xml
from idp.federation import Binding
from idp.kit.clock import SECOND, rfc3339
from idp.saml.inflating import to_base64
from idp.signing import read_certificate
from idp.xml import MD, SOAP


def _passive(party: SamlParty, browser: Browser) -> str:
    return party.read(browser.get(party.address(IsPassive="true"))).status[0]


def test_a_service_signs_somebody_out_by_redirect(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    answer = party.sign_on(browser)
    assert _passive(party, browser) == "Success"
    later = rfc3339(provider.clock.now_us() + 60 * SECOND)
    found = redirected(party, browser.get(by_redirect(asked(party, answer, NotOnOrAfter=later))))
    assert status_of(found) == ("Success",)
    assert found.get("Destination") == "https://keihi.example/out"
    assert _passive(party, browser) == "Responder"
    again = redirected(party, browser.get(by_redirect(asked(party, answer))))
    assert status_of(again) == ("Success",)  # it has ended already
    assert provider.events().count("session.ended") == 1


def test_a_service_signs_somebody_out_by_a_form_of_its_own_site(provider: Provider) -> None:
    party, browser = registered(provider, binding=Binding.POST), provider.browser()
    answer = party.sign_on(browser)
    message = to_base64(xml.written(signed(asked(party, answer))))
    page = provider.browser().post(SLO, {"SAMLRequest": message, "RelayState": "r&s"}, headers=CROSS_SITE)
    form = posted(page)
    assert (form.action, form.fields["RelayState"]) == ("https://keihi.example/out", "r&s")
    certificates = [read_certificate(text) for text in certificates_of(provider)]
    root = xml.verify(xml.read(base64.b64decode(form.fields["SAMLResponse"])), certificates, place=1)
    assert status_of(root) == ("Success",)
    assert _passive(party, browser) == "Responder"


def _envelope(request: xml.Element) -> bytes:
    return xml.written(SOAP.make("Envelope", SOAP.make("Body", signed(request))))


def directly(provider: Provider, body: bytes, kind: str = "text/xml; charset=utf-8") -> Answer:
    return provider.first.call("POST", SLO, {"content-type": kind}, body)


def test_soap_is_taken_by_the_name_that_pysaml2_gives_it(alone: Provider) -> None:
    party, browser = registered(alone), alone.browser()
    answer = party.sign_on(browser)
    assert directly(alone, _envelope(asked(party, answer)), "application/soap+xml").status == 200
    assert _passive(party, browser) == "Responder"


def test_a_service_signs_somebody_out_directly(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    answer = party.sign_on(browser)
    reply = directly(provider, _envelope(asked(party, answer)))
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    certificates = [read_certificate(text) for text in certificates_of(provider)]
    root = xml.verify(xml.read(reply.body)[0][0], certificates, place=1)
    assert status_of(root) == ("Success",)
    assert _passive(party, browser) == "Responder"
    for wrong in (b"", b"<a/>", xml.written(SOAP.make("Envelope", SOAP.make("Body", asked(party, answer))))):
        refused = directly(provider, wrong)
        assert refused.status == 500  # SOAP 1.1 6.2
        assert xml.read(refused.body)[0][0].tag == SOAP("Fault")


def test_every_way_to_sign_out_that_our_metadata_offers_is_served_and_no_other(provider: Provider) -> None:
    slo = [{"url": f"https://keihi.example/{each}", "binding": each.value} for each in (Binding.REDIRECT, Binding.POST)]
    party, browser = registered(provider, slo=slo), provider.browser()
    root = xml.read(provider.get("/t/aoba/saml/metadata").body, limits=xml.METADATA)
    offered = {each.get("Binding"): each.get("Location") for each in root.iter(MD("SingleLogoutService"))}
    assert set(offered.values()) == {f"{BASE_URL}{SLO}"}
    served = set()
    for binding in Binding:
        request = asked(party, party.sign_on(browser))
        if binding is Binding.REDIRECT:
            answer = browser.get(by_redirect(request))
        elif binding is Binding.SOAP:
            answer = directly(provider, _envelope(request))
        elif binding is Binding.POST:
            answer = browser.post(SLO, {"SAMLRequest": to_base64(xml.written(signed(request)))}, headers=CROSS_SITE)
        else:
            answer = browser.get(f"{SLO}?SAMLart=AAQAAMFbLinlXaCM")
        if answer.status < 400:
            served.add(binding.value)
            assert _passive(party, browser) == "Responder", binding
    assert served == offered.keys()


def test_where_others_cannot_be_reached_the_logout_is_partial(provider: Provider) -> None:
    party, other, browser = registered(provider), register(provider, "kintai"), provider.browser()
    answer = party.sign_on(browser)
    other.sign_on(browser)
    found = redirected(party, browser.get(by_redirect(asked(party, answer))))
    assert status_of(found) == ("Success", "PartialLogout")
    assert _passive(other, browser) == "Responder"


def test_without_an_index_all_sessions_of_the_name_end_and_of_several_all_are_meant(provider: Provider) -> None:
    party, other = registered(provider), registered(provider, "kintai", binding=Binding.SOAP)
    here, there, stranger = provider.browser(), provider.browser(), provider.browser()
    stranger.user = "hanako@aoba.example"
    answers = [party.sign_on(each) for each in (here, there, stranger)]
    other.sign_on(here)
    wrong = asked(party, answers[0], index=" ".join(str(each.statement.get("SessionIndex")) for each in answers))
    assert status_of(redirected(party, here.get(by_redirect(wrong)))) == ("Requester", "UnknownPrincipal")
    unknown = asked(other, answers[0], index=None)  # the name that another service was given
    refused = provider.first.call("POST", SLO, {"content-type": "text/xml"}, _envelope(unknown))
    assert status_of(xml.read(refused.body)) == ("Requester", "UnknownPrincipal")
    assert [_passive(party, each) for each in (here, there, stranger)] == ["Success"] * 3
    found = redirected(party, there.get(by_redirect(asked(party, answers[0], index=None))))
    assert status_of(found)[0] == "Success"
    assert [_passive(party, each) for each in (here, there, stranger)] == ["Responder", "Responder", "Success"]
    assert provider.events().count("session.ended") == 2


WRONG: list[dict[str, Any]] = [
    {"Destination": None},
    {"Destination": f"{BASE_URL}{SLO}.evil"},
    {"IssueInstant": "2020-01-01T00:00:00Z"},
    {"NotOnOrAfter": "2020-01-01T00:00:00Z"},
    {"name": ""},
    {"issuer": "https://unknown.example/"},
    {"Version": "1.1"},
]


@pytest.mark.attack("X14", "S15")
def test_a_request_that_is_not_right_ends_nothing(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    answer = party.sign_on(browser)
    for changes in WRONG:
        page = browser.get(by_redirect(asked(party, answer, **changes)))
        assert (page.status, page.location) == (400, ""), changes
    assert _passive(party, browser) == "Success"


@pytest.mark.attack("X14", "X2", "S15")
def test_nobody_signs_others_out(provider: Provider) -> None:
    party, evil, browser = registered(provider), registered(provider, "evil"), provider.browser()
    answer = party.sign_on(browser)
    for unsigned in (by_redirect(asked(party, answer), None), by_redirect(asked(party, answer), rsa_pair("stranger"))):
        assert browser.get(unsigned).status == 400
    message = to_base64(xml.written(asked(party, answer)))
    assert browser.post(SLO, {"SAMLRequest": message}, headers=CROSS_SITE).status == 400
    theirs = redirected(evil, browser.get(by_redirect(asked(evil, answer))))  # another's session
    assert status_of(theirs) == ("Requester", "UnknownPrincipal")
    for wrong in ({"name": "somebody else"}, {"index": "_guessed"}):
        refused = redirected(party, browser.get(by_redirect(asked(party, answer, **wrong))))
        assert status_of(refused) == ("Requester", "UnknownPrincipal")
    assert _passive(party, browser) == "Success"
    once = by_redirect(asked(party, answer))
    assert browser.get(once).status == 303
    assert browser.get(once).status == 400  # replayed


@pytest.mark.attack("X14")
def test_without_a_registered_address_nobody_is_answered(provider: Provider) -> None:
    party, browser = register(provider, pair=THEIRS), provider.browser()
    answer = party.sign_on(browser)
    page = browser.get(by_redirect(asked(party, answer)))
    assert (page.status, page.location) == (400, "")
    assert _passive(party, browser) == "Success"


def test_a_name_that_is_for_once_and_one_that_is_known_both_sign_out(provider: Provider) -> None:
    for name, format_ in (("once", "transient"), ("mail", "emailAddress")):
        party, browser = registered(provider, name, nameid_format=format_), provider.browser()
        answer = party.sign_on(browser)
        found = redirected(party, browser.get(by_redirect(asked(party, answer))))
        assert status_of(found) == ("Success",), name


def test_who_is_suspended_may_sign_out_and_who_is_disabled_is_not_answered(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    answer = party.sign_on(browser)
    provider.suspend()
    assert status_of(redirected(party, browser.get(by_redirect(asked(party, answer))))) == ("Success",)
    provider.resume()
    answer = party.sign_on(browser)
    with provider.open() as unit:
        federation.disable(unit, party.service_id)
    page = browser.get(by_redirect(asked(party, answer)))
    assert (page.status, page.location) == (400, "")
