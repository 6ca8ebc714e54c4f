"""npm @node-saml/node-saml, unmodified, as the library of a service: both bindings, the form deflated as it does it."""

import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from tests.clients.relying_party import HERE, Failed, RelyingParty
from tests.support.filling import BASE_URL
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_logouts import visit
from tests.support.saml_party import CROSS_SITE, SSO, SamlParty, certificates_of, posted, register
from tests.support.sign_in import Form, Page
from tests.support.xml_keys import rsa_pair

from idp.federation import Binding


@pytest.fixture
def library() -> Iterator[RelyingParty]:
    with subprocess.Popen(
        ["node", "saml_library.mjs"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield RelyingParty(process)


SLS = "https://node.example/slo"


def _registered(provider: Provider, *, encrypted: bool, binding: Binding = Binding.REDIRECT) -> SamlParty:
    slo = [{"url": SLS, "binding": binding.value}]
    more = {"slo": slo, "idp_initiated": True, "require_signed_requests": True}
    return register(provider, "node", pair=rsa_pair("theirs"), sign="both", encrypt=encrypted, **more)


def _configure(
    library: RelyingParty, party: SamlParty, certificates: list[str], *, encrypted: bool, unasked: bool = False
) -> None:
    assert party.pair is not None
    key = party.pair.private_pem.decode()
    library.ask(
        "configure",
        at=party.provider.clock.now_us() // 1_000,
        issuer=party.entity_id,
        callbackUrl=party.acs,
        entryPoint=f"{BASE_URL}{SSO}",
        logoutUrl=f"{BASE_URL}/t/aoba/saml/slo",
        **({"validateInResponseTo": "never"} if unasked else {}),
        idpIssuer=f"{BASE_URL}/t/aoba/saml/metadata",
        idpCert=certificates,
        privateKey=key,
        signatureAlgorithm="sha256",
        digestAlgorithm="sha256",
        wantAssertionsSigned=True,
        wantAuthnResponseSigned=True,
        **({"decryptionPvk": key} if encrypted else {}),
    )


def _by_redirect(library: RelyingParty, browser: Browser) -> Form:
    url = library.ask("authorize", relayState="deep/link?a=1")["url"]
    return posted(browser.follow(browser.get(url)))


def _by_post(library: RelyingParty, browser: Browser) -> Form:
    (form,) = Page(library.ask("form", relayState="deep/link?a=1")["html"]).forms.values()
    return posted(browser.follow(browser.post(SSO, form.fields, CROSS_SITE)))


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_it_signs_people_on(alone: Provider, library: RelyingParty, encrypted: bool) -> None:
    party, browser = _registered(alone, encrypted=encrypted), alone.browser()
    _configure(library, party, certificates_of(alone), encrypted=encrypted)
    names = set()
    for way in (_by_redirect, _by_post):
        form = way(library, browser)
        assert (form.action, form.fields["RelayState"]) == (party.acs, "deep/link?a=1")
        profile = library.ask("validate", **form.fields)
        assert profile["urn:oid:0.9.2342.19200300.100.1.3"] == "taro@aoba.example"
        names.add(profile["nameID"])
    assert len(names) == 1


def test_it_signs_people_out_and_believes_our_answer_alone(alone: Provider, library: RelyingParty) -> None:
    party, browser = _registered(alone, encrypted=False), alone.browser()
    _configure(library, party, certificates_of(alone), encrypted=False)
    profile = library.ask("validate", **_by_redirect(library, browser).fields)
    answered = browser.get(library.ask("logout", profile=profile, relayState="bye")["url"])
    address, _, query = answered.location.partition("?")
    assert (address, answered.query["RelayState"]) == (SLS, "bye")
    assert library.ask("loggedOut", query=query)["loggedOut"]
    _configure(library, party, [rsa_pair("foreign").certificate.text], encrypted=False, unasked=True)
    with pytest.raises(Failed, match="signature"):
        library.ask("loggedOut", query=query)
    assert "login-form" in browser.get(browser.get(party.address()).location).text  # nobody is signed in any more


def test_it_takes_somebody_who_comes_from_us_where_it_wants_that(alone: Provider, library: RelyingParty) -> None:
    party, browser = _registered(alone, encrypted=True), alone.browser()
    address = f"/t/aoba/saml/init?sp={quote(party.entity_id, safe='')}&RelayState=deep"
    form = posted(browser.follow(browser.get(address)))
    _configure(library, party, certificates_of(alone), encrypted=True)
    with pytest.raises(Failed, match="InResponseTo"):
        library.ask("validate", **form.fields)
    _configure(library, party, certificates_of(alone), encrypted=True, unasked=True)
    assert library.ask("validate", **form.fields)["urn:oid:0.9.2342.19200300.100.1.3"] == "taro@aoba.example"


@pytest.mark.attack("X8")
def test_it_refuses_an_answer_that_is_signed_by_another_key(alone: Provider, library: RelyingParty) -> None:
    party, browser = _registered(alone, encrypted=False), alone.browser()
    _configure(library, party, [rsa_pair("foreign").certificate.text], encrypted=False)
    form = _by_redirect(library, browser)
    with pytest.raises(Failed, match="signature"):
        library.ask("validate", **form.fields)
    _configure(library, party, certificates_of(alone), encrypted=False)
    assert library.ask("validate", **_by_redirect(library, browser).fields)["issuer"]


@pytest.mark.parametrize("binding", [Binding.REDIRECT, Binding.POST], ids=["redirect", "form"])
def test_it_signs_people_out_when_we_ask_it_to_and_we_believe_its_answer(
    alone: Provider, library: RelyingParty, binding: Binding
) -> None:
    party, browser = _registered(alone, encrypted=False, binding=binding), alone.browser()
    _configure(library, party, certificates_of(alone), encrypted=False)
    known = library.ask("validate", **_by_redirect(library, browser).fields)
    page = browser.press(Page(browser.get("/t/aoba/end_session").text).forms["logout-form"], "logout-confirm")
    seen = visit(alone, browser.follow(page))

    def request() -> dict[str, object]:
        if isinstance(seen.message, str):
            return library.ask("asked", query=seen.message)
        return library.ask("askedByForm", **seen.message)

    asked = request()
    assert (asked["nameID"], asked["sessionIndex"]) == (known["nameID"], known["sessionIndex"])
    address = library.ask("answer", request=asked, relayState=seen.relay_state)["url"]
    last = browser.follow(browser.get(address))
    assert 'id="logged-out"' in last.text
    assert "logged-out-untold" not in last.text
    assert browser.get(address).status == 400  # once
    _configure(library, party, [rsa_pair("foreign").certificate.text], encrypted=False)
    with pytest.raises(Failed, match="signature"):
        request()
