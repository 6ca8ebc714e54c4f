"""Requests that nobody answers but with a page of ours: no sign-in, no assertion, nothing sent anywhere."""

import asyncio
import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest
from tests.support.filling import BASE_URL
from tests.support.in_process import FORM, Answer
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import CROSS_SITE, SSO, SamlParty, register
from tests.support.saml_requests import authn_request, signed
from tests.support.sign_in import Page
from tests.support.xml_keys import rsa_pair

from idp import federation, users, xml
from idp.kit.clock import rfc3339
from idp.saml.inflating import deflate, to_base64

ACS = "https://keihi.example/acs"


@pytest.fixture(scope="module")
def strict(one: Provider) -> SamlParty:
    """It signs its requests, and all of them must be signed."""
    return register(one, "strict", pair=rsa_pair("theirs"), require_signed_requests=True)


def refused(browser: Browser, address: str) -> str:
    """The code that is shown. Whatever was wrong, the rest of the answer is the same."""
    answer = browser.get(address)
    assert (answer.status, answer.location) == (400, "")
    page = Page(answer.text)
    assert not page.forms
    return page.texts["error-code"]


@pytest.mark.attack("X1")
@pytest.mark.parametrize(
    "changes",
    [
        {"AssertionConsumerServiceURL": "https://evil.example/acs"},
        {"AssertionConsumerServiceURL": f"{ACS}.evil"},
        {"AssertionConsumerServiceURL": f"{ACS}/"},
        {"AssertionConsumerServiceURL": f"{ACS}?x=1"},
        {"AssertionConsumerServiceURL": f"{ACS}#x"},
        {"AssertionConsumerServiceURL": ACS.upper()},
        {"AssertionConsumerServiceURL": "https://keihi.example/../acs"},
        {"AssertionConsumerServiceURL": "https://keihi.example@evil.example/acs"},
        {"AssertionConsumerServiceURL": "javascript:alert(1)"},
        {"AssertionConsumerServiceURL": ""},
        {"AssertionConsumerServiceIndex": "99"},
        {"AssertionConsumerServiceIndex": "0", "AssertionConsumerServiceURL": ACS},
        {"AssertionConsumerServiceIndex": "0", "ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"},
    ],
)
def test_an_answer_goes_to_no_address_that_is_not_registered(
    signed_on: tuple[SamlParty, Browser], changes: dict[str, str]
) -> None:
    party, browser = signed_on
    assert refused(browser, party.address(**changes)) == "invalid_request"


@pytest.mark.attack("X1")
@pytest.mark.parametrize(
    "changes",
    [
        {"AssertionConsumerServiceURL": ACS},
        {"AssertionConsumerServiceIndex": "0"},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"},
    ],
)
def test_an_answer_goes_to_the_address_that_is_chosen_among_those_registered(
    signed_on: tuple[SamlParty, Browser], changes: dict[str, str]
) -> None:
    party, browser = signed_on
    assert party.sign_on(browser, **changes).action == ACS


def test_of_several_addresses_the_one_that_is_meant_gets_the_answer(one: Provider) -> None:
    urls = [f"https://many.example/{name}" for name in "abc"]
    post = "HTTP-POST"
    listed = [{"url": url, "binding": post, "index": index, "default": index == 1} for index, url in enumerate(urls)]
    party, browser = register(one, "many", acs=listed), one.browser()
    assert party.sign_on(browser).action == urls[1]
    assert party.sign_on(browser, AssertionConsumerServiceIndex="2").action == urls[2]
    assert party.sign_on(browser, AssertionConsumerServiceURL=urls[0]).action == urls[0]


@pytest.mark.attack("X9")
@pytest.mark.parametrize(
    "changes",
    [
        {"Destination": f"{BASE_URL}{SSO}.evil"},
        {"Destination": f"{BASE_URL}/t/midori/saml/sso"},
        {"IssueInstant": "2026-03-31T00:00:00Z"},
        {"IssueInstant": "2031-03-31T00:00:00Z"},
        {"IssueInstant": "0001-01-01T00:00:00+14:00"},
        {"Version": "1.1"},
    ],
)
def test_a_request_is_for_here_and_for_now(signed_on: tuple[SamlParty, Browser], changes: dict[str, str]) -> None:
    party, browser = signed_on
    assert refused(browser, party.address(**changes)) == "invalid_request"


@pytest.mark.attack("X9")
def test_a_request_is_good_once_and_on_one_worker(provider: Provider) -> None:
    party, browser = register(provider), provider.browser()
    first = party.address()
    page = browser.get(first)
    assert refused(browser, first) == "invalid_request"  # while it waits
    assert party.read(browser.follow(page)).status == ("Success",)
    again, passive = party.address(), party.address(IsPassive="true")
    for address in (again, passive):
        assert party.read(browser.get(address)).status == ("Success",)
        elsewhere = Browser(provider.second, jar=dict(browser.jar))
        assert refused(elsewhere, address) == "invalid_request"
    assert party.read(browser.get(party.address())).status == ("Success",)


@pytest.mark.attack("X2")
def test_where_requests_must_be_signed_no_other_is_taken(strict: SamlParty, one: Provider) -> None:
    browser = one.browser()
    assert strict.sign_on(browser).status == ("Success",)
    assert browser.post(SSO, strict.form(), CROSS_SITE).status == 303
    address = strict.address()
    bare = address.partition("&SigAlg")[0]
    wrong = [
        bare,
        f"{bare}&SigAlg=http%3A%2F%2Fwww.w3.org%2F2000%2F09%2Fxmldsig%23hmac-sha1&Signature=AAAA",
        f"{bare}&SigAlg=&Signature=",
        address.replace("RelayState=back", "RelayState=away"),
        f"{address}&SAMLRequest=AAAA",
        f"{address}&SAMLResponse=AAAA",
        f"{address}&RelayState=x",
        strict.address(Destination=None),
        SamlParty(one, strict.service_id, strict.entity_id, strict.acs, rsa_pair("foreign")).address(),
    ]
    for each in wrong:
        assert refused(browser, each) == "invalid_request", each
    unsigned = {"SAMLRequest": to_base64(xml.written(strict.request()))}
    tampered = signed(strict.request(), rsa_pair("theirs")).replace(b'ID="_request', b'ID="_reqvest')
    for form in (unsigned, {"SAMLRequest": to_base64(tampered)}, {}, {"SAMLRequest": "%%%"}, {"SAMLResponse": "AAAA"}):
        answer = browser.post(SSO, form, CROSS_SITE)
        assert (answer.status, answer.location) == (400, ""), form
    assert browser.post(f"{SSO}?RelayState=x", strict.form(), CROSS_SITE).status == 400


@pytest.mark.attack("X2")
def test_a_signature_that_nobody_asked_for_must_be_right_too(one: Provider) -> None:
    party, browser = register(one, "lenient", pair=rsa_pair("theirs")), one.browser()
    address = party.address()
    assert refused(browser, address.replace("RelayState=back", "RelayState=away")) == "invalid_request"
    assert party.read(browser.follow(browser.get(address))).status == ("Success",)


@pytest.mark.attack("X2")
@pytest.mark.parametrize(
    "message",
    [
        b"<a/>",
        b"",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b"<LogoutRequest/>",
        b"\x00" * 100,
    ],
)
def test_what_is_no_request_is_refused_and_nothing_breaks(one: Provider, message: bytes) -> None:
    browser = one.browser()
    deflated = quote(to_base64(deflate(message)), safe="")
    for query in (f"SAMLRequest={deflated}", f"SAMLRequest={quote(base64.b64encode(message), safe='')}", "", "x=y"):
        assert refused(browser, f"{SSO}?{query}") == "invalid_request"


@pytest.mark.attack("X2")
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (FORM, b"SAMLRequest=%zz", 400),
        (FORM, b"SAMLRequest=%ff%fe", 400),
        (FORM, b"SAMLRequest=a&SAMLRequest=b", 400),
        (FORM, b"SAMLRequest=" + b"A" * 300_000, 413),
        (FORM, b"&" * 200, 400),
        ("text/xml", b"<Envelope/>", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
    ],
)
def test_a_body_that_is_no_form_is_refused_and_nothing_breaks(
    one: Provider, content_type: str, body: bytes, status: int
) -> None:
    answer = one.first.call("POST", SSO, {"content-type": content_type}, body)
    assert (answer.status, answer.location) == (status, "")


def _unknown(party: SamlParty) -> str:
    made = authn_request("https://nobody.example/saml", IssueInstant=rfc3339(party.provider.clock.now_us()))
    return party.address_of(made)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://keihi.example/sam",
        "https://keihi.example/saml ",
        "HTTPS://keihi.example/saml",
        "cli_1",
        "あ",
        "a" * 1_025,
    ],
)
def test_a_service_is_known_by_its_name_letter_by_letter(signed_on: tuple[SamlParty, Browser], issuer: str) -> None:
    party, browser = signed_on
    request = authn_request(issuer, IssueInstant=rfc3339(party.provider.clock.now_us()))
    assert refused(browser, party.address_of(request)) == "invalid_request"


def test_a_client_of_the_other_protocol_is_no_service_here_nor_the_other_way_round(
    signed_on: tuple[SamlParty, Browser],
) -> None:
    party, browser = signed_on
    web = party.provider.party("web")
    request = authn_request(web.client_id, IssueInstant=rfc3339(party.provider.clock.now_us()))
    assert refused(browser, party.address_of(request)) == "invalid_request"
    answer = browser.get(web.address(client_id=party.entity_id))
    assert (answer.status, answer.location) == (400, "")
    token = web.post("token", grant_type="client_credentials", client_id=party.entity_id, client_secret="x")
    assert token.status in {400, 401}


def test_whoever_is_not_registered_is_answered_as_whoever_has_not_signed(strict: SamlParty, one: Provider) -> None:
    browser = one.browser()
    unsigned = SamlParty(one, strict.service_id, strict.entity_id, strict.acs)
    ways: list[Callable[[], str]] = [lambda: _unknown(strict), unsigned.address]
    pages = []
    for way in ways:
        answer = browser.get(way())
        pages.append((answer.status, {k: v for k, v in Page(answer.text).texts.items() if k != "error-reference"}))
    assert pages[0][0] == pages[1][0]
    assert pages[0][1].get("error-code") == pages[1][1].get("error-code")


@pytest.mark.attack("X12", "X17")
@pytest.mark.parametrize(
    "relay_state", ['"><script>alert(1)</script>', "https://evil.example/", "a\r\nb", "", "あ" * 600]
)
def test_the_relay_state_comes_back_as_it_was_and_does_nothing(
    signed_on: tuple[SamlParty, Browser], relay_state: str
) -> None:
    party, browser = signed_on
    page = browser.get(party.address(relay_state=relay_state))
    assert "<script>" not in page.text
    found = party.read(page).fields["RelayState"]
    assert found.replace("\r\n", "\n") == relay_state.replace("\r\n", "\n")
    assert refused(browser, party.address(relay_state="x" * 2_049)) == "invalid_request"


@pytest.mark.attack("X17")
def test_names_with_xml_in_them_stay_text(alone: Provider) -> None:
    party, browser = register(alone), alone.browser()
    bad = '</saml:AttributeValue><evil a="]]>"><!-- & -->'
    with alone.open() as unit:
        users.change(unit, alone.user(), {"display_name": bad})
    assert party.sign_on(browser).attributes["displayName"] == [bad]


def test_a_service_that_is_gone_takes_its_names_of_people_along(provider: Provider) -> None:
    party, browser = register(provider), provider.browser()
    before = party.sign_on(browser).name_id.text
    with provider.open() as unit:
        federation.delete(unit, party.service_id)
    assert provider.count("person_names") == 0
    assert refused(browser, party.address()) == "invalid_request"
    assert register(provider).sign_on(browser).name_id.text != before


@pytest.mark.attack("X9")
def test_of_many_who_send_one_request_at_once_on_two_workers_one_is_answered(provider: Provider) -> None:
    party, browser = register(provider), provider.browser()
    first = party.sign_on(browser)
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.jar.items())}
    address = party.address()
    workers = [provider.first, provider.second] * 4

    async def all_at_once() -> list[int]:
        answers = await asyncio.gather(*(worker.send("GET", address, cookies) for worker in workers))
        return sorted(answer.status for answer in answers)

    assert provider.loop.run_until_complete(all_at_once()) == [200, *[400] * 7]
    assert provider.events().count("assertion.issued") == 2
    # the first answers of two workers at once give a person one name, too
    other = register(provider, "other")
    addresses = [other.address() for _ in workers]

    async def each_once() -> list[Answer]:
        return await asyncio.gather(
            *(worker.send("GET", one, cookies) for worker, one in zip(workers, addresses, strict=True))
        )

    names = {other.read(answer).name_id.text for answer in provider.loop.run_until_complete(each_once())}
    assert len(names) == 1
    assert first.name_id.text not in names
