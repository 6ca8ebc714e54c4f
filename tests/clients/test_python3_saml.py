"""python3-saml, unmodified, as the library of a service: it takes our metadata, we take its, and it judges our answers.

Its clock is the provider's. It verifies and decrypts by xmlsec1's library, of which we have nothing.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from tests.support.filling import BASE_URL
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_logouts import visit
from tests.support.saml_party import posted
from tests.support.sign_in import Form, Page
from tests.support.xml_keys import rsa_pair

from idp import federation

ENTITY = "https://sp.example/saml/metadata"
ACS = "https://sp.example/saml/acs"
SLS = "https://sp.example/saml/sls"


@pytest.fixture
def there(alone: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setattr(OneLogin_Saml2_Utils, "now", lambda: alone.clock.now_us() // 1_000_000)
    return alone


class Library:
    """A service that was set up from our metadata, and registered by its own."""

    def __init__(self, provider: Provider, *, encrypted: bool = False, **registered: Any) -> None:
        pair = rsa_pair("theirs")
        said = OneLogin_Saml2_IdPMetadataParser.parse(provider.get("/t/aoba/saml/metadata").text)
        security = {
            "authnRequestsSigned": True,
            "wantAssertionsSigned": True,
            "wantMessagesSigned": True,
            "wantAssertionsEncrypted": encrypted,
            "logoutRequestSigned": True,
            "logoutResponseSigned": True,
            "signatureAlgorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "digestAlgorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
            "rejectDeprecatedAlgorithm": True,
        }
        party = {
            "entityId": ENTITY,
            "assertionConsumerService": {"url": ACS},
            "singleLogoutService": {"url": SLS},
            "x509cert": pair.certificate_pem,
            "privateKey": pair.private_pem.decode(),
        }
        own = {"strict": True, "sp": party, "security": security}
        self.settings = OneLogin_Saml2_IdPMetadataParser.merge_settings(own, said)
        metadata = OneLogin_Saml2_Settings(self.settings, sp_validation_only=True).get_sp_metadata()
        saml = {"metadata_xml": metadata.decode(), "encrypt": encrypted, **registered}
        document = {"name": "sp", "protocol": "saml", "assignment_required": False, "saml": saml}
        with provider.open() as unit:
            federation.create(unit, federation.read(document, production=False))

    def auth(self, form: dict[str, str] | None = None, query: dict[str, str] | None = None) -> Any:
        request = {
            "https": "on",
            "http_host": "sp.example",
            "script_name": "/saml/acs" if query is None else "/saml/sls",
            "get_data": query or {},
            "post_data": form or {},
        }
        return OneLogin_Saml2_Auth(request, self.settings)

    def sent(self, browser: Browser, **asked: Any) -> tuple[str, Form]:
        """The request's id, and the form with which the browser comes back."""
        auth = self.auth()
        address = auth.login(return_to="https://sp.example/deep?a=1&b=2", **asked)
        assert address.startswith(f"{BASE_URL}/t/aoba/saml/sso?")
        return auth.get_last_request_id(), posted(browser.follow(browser.get(address)))

    def judged(self, form: Form, request_id: str | None) -> Any:
        assert form.action == ACS
        auth = self.auth(form.fields)
        auth.process_response(request_id=request_id)
        return auth


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_it_signs_people_on(there: Provider, encrypted: bool) -> None:
    library, browser = Library(there, encrypted=encrypted), there.browser()
    request_id, form = library.sent(browser)
    auth = library.judged(form, request_id)
    assert auth.get_errors() == [], auth.get_last_error_reason()
    assert auth.is_authenticated()
    assert auth.get_friendlyname_attribute("mail") == ["taro@aoba.example"]
    assert auth.get_nameid_format().endswith(":persistent")
    assert (auth.get_nameid_nq(), auth.get_nameid_spnq()) == (f"{BASE_URL}/t/aoba/saml/metadata", ENTITY)
    assert form.fields["RelayState"] == "https://sp.example/deep?a=1&b=2"
    ends = datetime.fromtimestamp(auth.get_session_expiration(), UTC)
    assert (ends - there.clock.now()).total_seconds() == 24 * 3600
    request_id, form = library.sent(browser, is_passive=True)
    again = library.judged(form, request_id)
    assert again.get_nameid() == auth.get_nameid()
    request_id, form = library.sent(Browser(there.first), is_passive=True)
    assert "A person would have to be asked" in library.judged(form, request_id).get_last_error_reason()


def test_it_takes_somebody_who_comes_from_us(there: Provider) -> None:
    library = Library(there, encrypted=True, idp_initiated=True)
    browser = there.browser()
    form = posted(browser.follow(browser.get(f"/t/aoba/saml/init?sp={quote(ENTITY, safe='')}&RelayState=deep")))
    auth = library.judged(form, None)
    assert auth.get_errors() == [], auth.get_last_error_reason()
    assert auth.get_friendlyname_attribute("mail") == ["taro@aoba.example"]
    assert form.fields["RelayState"] == "deep"
    library.settings["idp"] = {**library.settings["idp"], "x509cert": rsa_pair("foreign").certificate_pem}
    assert not library.judged(form, None).is_authenticated()


@pytest.mark.attack("X8", "X9")
def test_it_refuses_an_answer_that_is_not_ours_or_not_for_it(there: Provider) -> None:
    library, browser = Library(there), there.browser()
    request_id, form = library.sent(browser)
    assert library.judged(form, request_id).is_authenticated()
    assert not library.judged(form, "_another_request").is_authenticated()
    ours = library.settings["idp"]
    library.settings["idp"] = {**ours, "x509cert": rsa_pair("foreign").certificate_pem}
    assert not library.judged(form, request_id).is_authenticated()
    library.settings["idp"] = ours
    assert library.judged(form, request_id).is_authenticated()
    there.clock.advance(seconds=600)
    assert not library.judged(form, request_id).is_authenticated()


def test_it_signs_people_out_and_believes_our_answer_alone(there: Provider) -> None:
    library, browser = Library(there), there.browser()
    request_id, form = library.sent(browser)
    known = library.judged(form, request_id)
    auth = library.auth()
    address = auth.logout(
        return_to="https://sp.example/bye",
        name_id=known.get_nameid(),
        session_index=known.get_session_index(),
        nq=known.get_nameid_nq(),
        name_id_format=known.get_nameid_format(),
        spnq=known.get_nameid_spnq(),
    )
    assert address.startswith(f"{BASE_URL}/t/aoba/saml/slo?")
    answered = browser.get(address)
    assert answered.location.startswith(f"{SLS}?")
    after = library.auth(query=answered.query)
    after.process_slo(request_id=auth.get_last_request_id(), keep_local_session=True)
    assert after.get_errors() == [], after.get_last_error_reason()
    request_id, form = library.sent(browser, is_passive=True)
    assert not library.judged(form, request_id).is_authenticated()  # nobody is signed in there any more
    library.settings["idp"] = {**library.settings["idp"], "x509cert": rsa_pair("foreign").certificate_pem}
    foreign = library.auth(query=answered.query)
    foreign.process_slo(request_id=auth.get_last_request_id(), keep_local_session=True)
    assert foreign.get_errors()


def test_it_signs_people_out_when_we_ask_it_to_and_we_believe_its_answer(there: Provider) -> None:
    library, browser = Library(there), there.browser()
    request_id, form = library.sent(browser)
    known = library.judged(form, request_id)
    page = browser.press(Page(browser.get("/t/aoba/end_session").text).forms["logout-form"], "logout-confirm")
    seen = visit(there, browser.follow(page))
    assert (seen.address, seen.name, seen.indexes) == (SLS, known.get_nameid(), [known.get_session_index()])
    query, ended = dict(parse_qsl(str(seen.message))), []
    library.settings["idp"] = {**(ours := library.settings["idp"]), "x509cert": rsa_pair("foreign").certificate_pem}
    foreign = library.auth(query=query)
    foreign.process_slo(delete_session_cb=lambda: ended.append("foreign"))
    assert foreign.get_errors()
    library.settings["idp"] = ours
    auth = library.auth(query=query)
    answer = auth.process_slo(delete_session_cb=lambda: ended.append("ours"))
    assert (auth.get_errors(), ended) == ([], ["ours"]), auth.get_last_error_reason()
    last = browser.follow(browser.get(answer))
    assert 'id="logged-out"' in last.text
    assert "logged-out-untold" not in last.text
