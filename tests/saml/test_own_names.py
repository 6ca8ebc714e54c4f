"""A tenant that comes from another provider keeps the name that its services know; and what else is said of it."""

from typing import Any

import pytest
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from tests.saml.test_rollover import kids, turn
from tests.support.filling import BASE_URL
from tests.support.provider import Provider
from tests.support.saml_party import IDP, SamlParty, certificates_of, posted, register
from tests.support.xml_keys import rsa_pair

from idp import federation, tenants, xml
from idp.federation import Binding, NameFormat, NameIdFormat, OwnIdentity
from idp.federation.own_identity import Release
from idp.federation.saml_attributes import MappedAttribute
from idp.federation.saml_described import RESEARCH_AND_SCHOLARSHIP
from idp.kit.clock import rfc3339
from idp.signing import SignatureAlg, read_certificate
from idp.signing.expiry import DAY
from idp.xml import MD, SAML, SAMLP, Element, Namespace

OLD = "https://old-idp.example/saml2/idp"
METADATA = "/t/aoba/saml/metadata"
ATTRIBUTES = Namespace("urn:oasis:names:tc:SAML:metadata:attribute", "mdattr")


def present(provider: Provider, **members: Any) -> None:
    with provider.open() as unit:
        tenants.touch(unit)
        tenants.present_as(unit, OwnIdentity(**members).to_text(), changed=list(members))


def library(provider: Provider, party: SamlParty) -> OneLogin_Saml2_Settings:
    said = OneLogin_Saml2_IdPMetadataParser.parse(provider.get(METADATA).text)
    own = {"strict": True, "sp": {"entityId": party.entity_id, "assertionConsumerService": {"url": party.acs}}}
    return OneLogin_Saml2_Settings(OneLogin_Saml2_IdPMetadataParser.merge_settings(own, said))


def is_believed(settings: OneLogin_Saml2_Settings, provider: Provider, party: SamlParty) -> bool:
    page = provider.browser()
    form = posted(page.follow(page.get(party.address())))
    response = OneLogin_Saml2_Response(settings, form.fields["SAMLResponse"])
    asked = {"https": "on", "http_host": "keihi.example", "script_name": "/acs", "get_data": {}, "post_data": {}}
    return bool(response.is_valid(asked, request_id=party.sent[-1]))


@pytest.fixture
def there(alone: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setattr(OneLogin_Saml2_Utils, "now", lambda: alone.clock.now_us() // 1_000_000)
    return alone


def test_a_service_that_knows_the_name_of_before_goes_on_and_one_that_knows_ours_does_not(there: Provider) -> None:
    party = register(there)
    ours = library(there, party)
    assert is_believed(ours, there, party)
    present(there, entity_id=OLD)
    theirs = library(there, party)
    assert theirs.get_idp_data()["entityId"] == OLD
    assert is_believed(theirs, there, party)
    assert not is_believed(ours, there, party)
    answer = party.sign_on(there.browser())
    assert (answer.root.findtext(SAML("Issuer")), answer.assertion.findtext(SAML("Issuer"))) == (OLD, OLD)
    assert answer.name_id.get("NameQualifier") == OLD
    assert xml.read(there.get(METADATA).body, limits=xml.METADATA).get("entityID") == OLD
    present(there)
    assert is_believed(ours, there, party)


def role(provider: Provider, query: str = "") -> tuple[Element, Element]:
    root = xml.read(provider.get(f"{METADATA}{query}").body, limits=xml.METADATA)
    found = root.find(MD("IDPSSODescriptor"))
    assert found is not None
    return root, found


def test_metadata_say_algorithms_scopes_names_and_how_long_they_hold(there: Provider) -> None:
    present(there, scopes=("aoba.example", "kaede.example"))
    root, found = role(there)
    text = xml.written(root).decode()
    for each in ("rsa-sha256", "rsa-sha512", "xmlenc#sha256"):
        assert each in text
    assert "rsa-sha1" not in text
    scopes = [each.text for each in found.iter("{urn:mace:shibboleth:metadata:1.0}Scope")]
    assert scopes == ["aoba.id.example", "aoba.example", "kaede.example"]
    names = [each.text for each in found.iter("{urn:oasis:names:tc:SAML:metadata:ui}DisplayName")]
    assert names == ["株式会社あおば"] * 2
    assert root.get("validUntil")
    assert root.get("cacheDuration")
    assert found.get("WantAuthnRequestsSigned") == "false"


def test_one_service_may_read_metadata_that_fit_its_own_settings(there: Provider) -> None:
    strict = {"require_signed_requests": True, "nameid_format": "transient"}
    party = register(there, pair=rsa_pair("theirs"), **strict)
    (old,) = certificates_of(there)
    turn(there)
    there.clock.advance(hours=25)
    with there.open() as unit:
        federation.change_over(unit, party.service_id)
    _, new = certificates_of(there)
    view, found = role(there, f"?service={party.service_id}")
    assert found.get("WantAuthnRequestsSigned") == "true"
    assert found.findtext(MD("NameIDFormat")) == NameIdFormat.TRANSIENT
    xml.verify(view, [read_certificate(new)], place=0)
    root, plain = role(there)
    assert plain.get("WantAuthnRequestsSigned") == "false"
    assert plain.findtext(MD("NameIDFormat")) == NameIdFormat.PERSISTENT
    xml.verify(root, [read_certificate(old)], place=0)
    assert root.get("entityID") == view.get("entityID") == IDP == f"{BASE_URL}{METADATA}"
    assert len(kids(there)) == 2
    oidc = there.service_id("web")
    for unknown in ("svc_0", oidc, "x", "%00", party.entity_id):
        _, same = role(there, f"?service={unknown}")
        assert same.get("WantAuthnRequestsSigned") == "false"
    assert there.get(f"{METADATA}?service=a&service=b&%zz").status == 200


def vouched_for(provider: Provider, category: str) -> SamlParty:
    """A service that a federation has put into a category."""
    extensions = MD.make(
        "Extensions",
        ATTRIBUTES.make(
            "EntityAttributes",
            SAML.make(
                "Attribute",
                SAML.make("AttributeValue", category),
                Name="http://macedir.org/entity-category",
                NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
            ),
        ),
    )
    name, acs = "https://vouched.example/saml", "https://vouched.example/acs"
    consumer = MD.make("AssertionConsumerService", Binding=Binding.POST, Location=acs, index="0")
    role = MD.make("SPSSODescriptor", consumer, protocolSupportEnumeration=SAMLP.uri)
    until = rfc3339(provider.clock.now_us() + 20 * DAY)
    root = MD.make("EntityDescriptor", extensions, role, entityID=name, ID="_m", validUntil=until)
    xml.sign(root, rsa_pair("federation").key, place=0, alg=SignatureAlg.RSA_SHA256)
    signer = rsa_pair("federation").certificate.text
    saml = {"metadata_xml": xml.written(root).decode(), "metadata_signer": signer, "attributes": [], "sign": "response"}
    document = {"name": "vouched", "protocol": "saml", "assignment_required": False, "saml": saml}
    with provider.open() as unit:
        made = federation.create(unit, federation.read(document, production=True))
    return SamlParty(provider, made.service.id, name, acs)


def test_a_category_is_told_what_the_tenant_tells_it_and_others_are_not(there: Provider) -> None:
    party, ordinary, browser = vouched_for(there, RESEARCH_AND_SCHOLARSHIP), register(there), there.browser()
    assert party.sign_on(browser).attributes == {}
    before = ordinary.sign_on(browser).attributes
    affiliation = MappedAttribute("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", NameFormat.URI, "affiliation")
    present(there, releases=(Release(category=RESEARCH_AND_SCHOLARSHIP, attributes=(affiliation,)),))
    assert party.sign_on(browser).attributes == {affiliation.name: ["employee"]}
    assert ordinary.sign_on(browser).attributes == before
    present(there, releases=(Release(category="https://other.example/category", attributes=(affiliation,)),))
    assert party.sign_on(browser).attributes == {}
