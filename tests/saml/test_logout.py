"""A service begins a logout (profiles 4.4): signed, of a session that it was told of, under the name it was told."""

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import CROSS_SITE, IDP, SamlAnswer, SamlParty, certificates_of, posted, register
from tests.support.xml_keys import Pair, rsa_pair

from idp import federation, xml
from idp.kit.clock import SECOND, rfc3339
from idp.saml.detached import detached_from, signed_query
from idp.saml.inflating import deflate, inflate, to_base64
from idp.signing import SignatureAlg, read_certificate
from idp.web.forms import parse_query
from idp.xml import SAML, SAMLP, SOAP, Element

SLO = "/t/aoba/saml/slo"
THEIRS = rsa_pair("theirs")
RSA = SignatureAlg.RSA_SHA256


def registered(provider: Provider, name: str = "keihi", binding: str = "HTTP-Redirect", **changes: Any) -> SamlParty:
    slo = [
        {"url": f"https://{name}.example/slo?x=1", "binding": binding, "response_url": f"https://{name}.example/out"}
    ]
    return register(provider, name, pair=THEIRS, slo=slo, **changes)


def asked(party: SamlParty, answer: SamlAnswer, *, name: str | None = None, **changes: str | None) -> Element:
    """The request of a service for the session of that answer."""
    given: dict[str, str | None] = {
        "ID": f"_out{len(party.sent)}",
        "Version": "2.0",
        "IssueInstant": rfc3339(party.provider.clock.now_us()),
        "Destination": f"{BASE_URL}{SLO}",
        **changes,
    }
    index = given.pop("index", answer.statement.get("SessionIndex"))
    party.sent.append(str(given["ID"]))
    issuer = SAML.make("Issuer", given.pop("issuer", party.entity_id))
    named = SAML.make("NameID", name if name is not None else answer.name_id.text)
    return SAMLP.make("LogoutRequest", issuer, named, SAMLP.make("SessionIndex", index) if index else None, **given)


def by_redirect(request: Element, pair: Pair | None = THEIRS) -> str:
    message = to_base64(deflate(xml.written(request)))
    return f"{SLO}?{signed_query('SAMLRequest', message, 'r&s', key=pair.key if pair else None, alg=RSA)}"


def signed(request: Element, pair: Pair = THEIRS) -> Element:
    xml.sign(request, pair.key, place=1, alg=RSA)
    return request


def _passive(party: SamlParty, browser: Browser) -> str:
    return party.read(browser.get(party.address(IsPassive="true"))).status[0]


def status_of(root: Element) -> tuple[str, ...]:
    return tuple((each.get("Value") or "").rpartition(":")[2] for each in root.iter(SAMLP("StatusCode")))


def redirected(party: SamlParty, page: Answer) -> Element:
    """The answer, its signature verified by our metadata."""
    parts = urlsplit(page.location)
    assert (page.status, parts.netloc, parts.path) == (303, urlsplit(party.acs).netloc, "/out")
    query = parts.query.encode()
    found = detached_from(query, parse_query(query), "SAMLResponse")
    assert found is not None
    certificate = read_certificate(certificates_of(party.provider)[0])
    assert certificate.verifies(found.alg, found.message, found.signature)
    fields = dict(parse_qsl(parts.query))
    assert fields["RelayState"] == "r&s"
    root = xml.read(inflate(base64.b64decode(fields["SAMLResponse"])))
    xml.refuse_unlike(root, SAMLP("LogoutResponse"))
    assert (root.get("InResponseTo"), root.findtext(SAML("Issuer"))) == (party.sent[-1], IDP)
    return root


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
    party, browser = registered(provider, binding="HTTP-POST"), provider.browser()
    answer = party.sign_on(browser)
    message = to_base64(xml.written(signed(asked(party, answer))))
    page = provider.browser().post(SLO, {"SAMLRequest": message, "RelayState": "r&s"}, headers=CROSS_SITE)
    form = posted(page)
    assert (form.action, form.fields["RelayState"]) == ("https://keihi.example/out", "r&s")
    certificates = [read_certificate(text) for text in certificates_of(provider)]
    root = xml.verify(xml.read(base64.b64decode(form.fields["SAMLResponse"])), certificates, place=1)
    assert status_of(root) == ("Success",)
    assert _passive(party, browser) == "Responder"


def directly(provider: Provider, body: bytes) -> Answer:
    return provider.first.call("POST", SLO, {"content-type": "text/xml; charset=utf-8"}, body)


def test_a_service_signs_somebody_out_directly(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    answer = party.sign_on(browser)
    envelope = SOAP.make("Envelope", SOAP.make("Body", signed(asked(party, answer))))
    reply = directly(provider, xml.written(envelope))
    assert (reply.status, reply.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    certificates = [read_certificate(text) for text in certificates_of(provider)]
    root = xml.verify(xml.read(reply.body)[0][0], certificates, place=1)
    assert status_of(root) == ("Success",)
    assert _passive(party, browser) == "Responder"
    for wrong in (b"", b"<a/>", xml.written(SOAP.make("Envelope", SOAP.make("Body", asked(party, answer))))):
        refused = directly(provider, wrong)
        assert refused.status == 500  # SOAP 1.1 6.2
        assert xml.read(refused.body)[0][0].tag == SOAP("Fault")


def test_where_others_have_seen_the_session_the_logout_is_partial(provider: Provider) -> None:
    party, other, browser = registered(provider), registered(provider, "kintai"), provider.browser()
    answer = party.sign_on(browser)
    other.sign_on(browser)
    found = redirected(party, browser.get(by_redirect(asked(party, answer))))
    assert status_of(found) == ("Success", "PartialLogout")
    assert _passive(other, browser) == "Responder"


WRONG: list[dict[str, Any]] = [
    {"Destination": None},
    {"Destination": f"{BASE_URL}{SLO}.evil"},
    {"IssueInstant": "2020-01-01T00:00:00Z"},
    {"NotOnOrAfter": "2020-01-01T00:00:00Z"},
    {"index": None},
    {"name": ""},
    {"issuer": "https://unknown.example/"},
    {"Version": "1.1"},
]


@pytest.mark.attack("X14")
def test_a_request_that_is_not_right_ends_nothing(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    answer = party.sign_on(browser)
    for changes in WRONG:
        page = browser.get(by_redirect(asked(party, answer, **changes)))
        assert (page.status, page.location) == (400, ""), changes
    assert _passive(party, browser) == "Success"


@pytest.mark.attack("X14", "X2")
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
