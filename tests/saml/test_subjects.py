"""Who is who: names as attributes, the same for good and nobody else's; and requests for somebody in particular."""

import re
from typing import Any

import pytest
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import IDP, SamlParty, codes, register

from idp import federation, users
from idp.saml.model import Status
from idp.xml import SAML, SAMLP, Element

SCOPE = "aoba.id.example"
PAIRWISE = re.compile(r"[0-9a-f]{40}@aoba\.id\.example")
NO_PASSIVE = codes(Status.RESPONDER, Status.NO_PASSIVE)
UNKNOWN = codes(Status.RESPONDER, Status.UNKNOWN_PRINCIPAL)
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


def policy(format_: str) -> Element:
    return SAMLP.make("NameIDPolicy", Format=format_)


def subject(name: str, **more: str) -> Element:
    return SAML.make("Subject", SAML.make("NameID", name, **more))


def test_a_service_that_needs_a_name_of_its_own_gets_one_that_lasts_and_is_nobody_elses(provider: Provider) -> None:
    party, other = register(provider, subject_id="pairwise-id"), register(provider, "other", subject_id="any")
    taro, hanako = provider.browser(), provider.browser()
    hanako.user = "hanako@aoba.example"
    first = party.sign_on(taro)
    (name,) = first.attributes["pairwise-id"]
    assert PAIRWISE.fullmatch(name)
    assert name == f"{first.name_id.text}@{SCOPE}"
    for answer in (party.sign_on(taro), party.sign_on(provider.browser()), party.sign_on(taro, policy(TRANSIENT))):
        assert answer.attributes["pairwise-id"] == [name]
    names = [each.attributes["pairwise-id"][0] for each in (other.sign_on(taro), party.sign_on(hanako))]
    assert len({name, *names}) == 3
    with provider.open() as unit:
        users.change(unit, provider.user(), {"user_name": "taro2@aoba.example", "email": "taro2@aoba.example"})
    renamed = Browser(provider.first, user="taro2@aoba.example")
    assert party.sign_on(renamed).attributes["pairwise-id"] == [name]


def test_a_name_is_kept_where_no_other_name_needs_one(alone: Provider) -> None:
    party, browser = register(alone, subject_id="pairwise-id", nameid_format="transient"), alone.browser()
    told = [party.sign_on(browser) for _ in range(2)]
    assert len({each.name_id.text for each in told}) == 2
    assert len({each.attributes["pairwise-id"][0] for each in told}) == 1


def test_a_service_that_needs_the_same_name_everywhere_gets_that(alone: Provider) -> None:
    parties = [register(alone, name, subject_id="subject-id") for name in ("one", "two")]
    browser = alone.browser()
    told = [each.sign_on(browser).attributes for each in parties]
    assert [each["subject-id"] for each in told] == [[f"{alone.user().replace('_', '-')}@{SCOPE}"]] * 2
    assert "pairwise-id" not in told[0]
    plain = register(alone, "plain").sign_on(browser).attributes
    assert not {"subject-id", "pairwise-id"} & plain.keys()


def test_our_metadata_vouches_for_the_scope(one: Provider) -> None:
    text = one.get("/t/aoba/saml/metadata").text
    assert re.search(r"<shibmd:Scope [^>]*>aoba\.id\.example</shibmd:Scope>", text)
    assert federation.scope_of("http://LOCALHOST:8080/t/kiri") == "kiri.localhost"


METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example/saml">
<md:Extensions><mdattr:EntityAttributes xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute">
<saml:Attribute xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Name="{name}"
NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue>{value}</saml:AttributeValue>
</saml:Attribute></mdattr:EntityAttributes></md:Extensions>
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService
Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs" index="0"/>
</md:SPSSODescriptor></md:EntityDescriptor>"""
REQUIREMENT = "urn:oasis:names:tc:SAML:profiles:subject-id:req"


@pytest.mark.parametrize(
    ("name", "value", "more", "expected"),
    [
        (REQUIREMENT, "pairwise-id", {}, "pairwise-id"),
        (REQUIREMENT, " subject-id ", {}, "subject-id"),
        (REQUIREMENT, "any", {}, "any"),
        (REQUIREMENT, "none", {}, "none"),
        (REQUIREMENT, "everything", {}, "none"),
        ("urn:something:else", "subject-id", {}, "none"),
        (REQUIREMENT, "subject-id", {"subject_id": "none"}, "none"),
    ],
)
def test_what_its_metadata_needs_is_told_unless_the_tenant_says_otherwise(
    name: str, value: str, more: dict[str, Any], expected: str
) -> None:
    saml = {"metadata_xml": METADATA.format(name=name, value=value), **more}
    draft = federation.read({"name": "sp", "protocol": "saml", "saml": saml}, production=True)
    assert draft.saml is not None
    assert draft.saml.subject_id == expected
    assert federation.SamlService.from_json(draft.saml.to_json()) == draft.saml


@pytest.mark.attack("X16")
def test_a_request_for_somebody_is_answered_about_them_alone(alone: Provider) -> None:
    party, taro, hanako = register(alone), alone.browser(), alone.browser()
    hanako.user = "hanako@aoba.example"
    name = party.sign_on(taro).name_id.text or ""
    party.sign_on(hanako)
    assert party.sign_on(taro, subject(name)).name_id.text == name
    qualified = subject(name, NameQualifier=IDP, SPNameQualifier=party.entity_id)
    assert party.sign_on(taro, qualified).name_id.text == name
    assert party.read(hanako.get(party.address(subject(name), IsPassive="true"))).status == NO_PASSIVE
    asked = hanako.get(party.address(subject(name)))
    assert "/signin?" in asked.location
    hanako.user = "taro@aoba.example"  # the one who is meant comes to that browser
    assert party.read(hanako.follow(asked)).name_id.text == name


@pytest.mark.attack("X16")
def test_whoever_signs_in_instead_of_the_one_who_is_asked_for_is_not_told_of(alone: Provider) -> None:
    party, taro = register(alone), alone.browser()
    name = party.sign_on(taro).name_id.text or ""
    hanako = alone.browser()
    hanako.user = "hanako@aoba.example"
    for wanted in (
        subject(name),
        subject("nobody"),
        subject(name, NameQualifier="https://another.example"),
        subject(name, SPNameQualifier="https://another.example"),
        subject("_transient", Format=TRANSIENT),
    ):
        assert party.sign_on(hanako, wanted).status == UNKNOWN


def test_somebody_is_asked_for_by_an_address_where_the_service_is_told_addresses(alone: Provider) -> None:
    party, browser = register(alone), Browser(alone.first)
    wanted = "taro@aoba.example"
    page = browser.get(browser.get(party.address(subject(wanted, Format=EMAIL))).location)
    assert f'value="{wanted}"' in page.text  # typed for them
    assert party.read(browser.follow(page)).name_id.text == wanted
    assert (
        party.read(browser.get(party.address(subject("hanako@aoba.example", Format=EMAIL), IsPassive="true"))).status
        == NO_PASSIVE
    )
    reticent = register(alone, "reticent", attributes=[])
    refused = reticent.sign_on(browser, subject(wanted, Format=EMAIL))
    assert refused.status == codes(Status.REQUESTER, Status.INVALID_NAMEID_POLICY)


@pytest.mark.parametrize(
    "element",
    [
        SAML.make(
            "Subject",
            SAML.make("NameID", "x"),
            SAML.make("SubjectConfirmation", Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"),
        ),
        SAML.make("Subject", SAML.make("SubjectConfirmation", Method="urn:oasis:names:tc:SAML:2.0:cm:bearer")),
    ],
)
def test_a_subject_that_is_no_plain_name_is_refused(signed_on: tuple[SamlParty, Browser], element: Element) -> None:
    party, browser = signed_on
    assert party.sign_on(browser, element).status == codes(Status.REQUESTER, Status.REQUEST_UNSUPPORTED)


def test_who_may_answer_and_for_whom_is_read_and_the_rest_tolerated(signed_on: tuple[SamlParty, Browser]) -> None:
    party, browser = signed_on
    ours = SAMLP.make("IDPList", SAMLP.make("IDPEntry", ProviderID="https://a"), SAMLP.make("IDPEntry", ProviderID=IDP))
    proxied = SAMLP.make("Scoping", ours, SAMLP.make("RequesterID", "https://behind.example"), ProxyCount="0")
    assert party.sign_on(browser, proxied).status == ("Success",)
    others = SAMLP.make(
        "Scoping", SAMLP.make("IDPList", SAMLP.make("IDPEntry", ProviderID="https://a")), ProxyCount="2"
    )
    assert party.sign_on(browser, others).status == codes(Status.RESPONDER, Status.NO_SUPPORTED_IDP)


@pytest.mark.parametrize("name", ["sfa", "mfa"])
def test_the_classes_of_refeds_are_known(alone: Provider, name: str) -> None:
    party, browser = register(alone), alone.browser()
    party.sign_on(browser)
    context = f"https://refeds.org/profile/{name}"
    wanted = SAMLP.make("RequestedAuthnContext", SAML.make("AuthnContextClassRef", context), Comparison="exact")
    answer = party.read(browser.get(party.address(wanted, IsPassive="true")))
    if name == "sfa":
        assert answer.context == context
    else:
        assert answer.status == codes(Status.RESPONDER, Status.NO_AUTHN_CONTEXT)
