"""A service of SAML is registered by its metadata or by hand, and is told of all that is wrong, with its place."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.xml_keys import NOW_US, Pair, ec_pair, rsa_pair

from idp import xml
from idp.federation import Binding, NameIdFormat, Signs, saml_metadata, saml_registration
from idp.federation.saml_attributes import DEFAULTS
from idp.federation.saml_metadata import BadMetadata
from idp.federation.saml_service import SamlService
from idp.kit.clock import SECOND, micros, rfc3339
from idp.kit.errors import FieldError
from idp.kit.fields import Fields
from idp.signing import ContentCipher, SignatureAlg
from idp.xml import DS, MD, SAMLP, Element, Namespace

SP = "https://sp.example/metadata"
ACS = "https://sp.example/acs"
DAY = 86_400 * SECOND
MDUI = Namespace("urn:oasis:names:tc:SAML:metadata:ui", "mdui")
BY_HAND = {"entity_id": SP, "acs": [{"url": ACS, "binding": Binding.POST.value}]}


def judged(document: dict[str, Any], *, production: bool = True) -> tuple[SamlService, list[FieldError]]:
    fields = Fields(document, at="/saml")
    service = saml_registration.read(fields, production=production)
    return service, fields.errors


def read(**document: Any) -> SamlService:
    service, errors = judged(document)
    assert errors == []
    return service


def faults(*, production: bool = True, **document: Any) -> set[tuple[str, str]]:
    return {(error.pointer, error.code) for error in judged(document, production=production)[1]}


def key(pair: Pair, use: str | None = None) -> Element:
    data = DS.make("X509Data", DS.make("X509Certificate", base64.encodebytes(pair.certificate.der).decode()))
    return MD.make("KeyDescriptor", DS.make("KeyInfo", data), use=use)


def consumer(url: str = ACS, binding: str = Binding.POST, **attributes: str) -> Element:
    return MD.make("AssertionConsumerService", Binding=binding, Location=url, **{"index": "0", **attributes})


def described(*content: Element, entity_id: str = SP, role: dict[str, str] | None = None, **attributes: str) -> Element:
    given = {"protocolSupportEnumeration": SAMLP.uri, **(role or {})}
    return MD.make("EntityDescriptor", MD.make("SPSSODescriptor", *content, **given), entityID=entity_id, **attributes)


def text(element: Element) -> str:
    return xml.written(element).decode()


def test_by_hand_a_service_takes_the_defaults() -> None:
    service = read(**BY_HAND)
    assert service.to_json() == {
        "entity_id": SP,
        "acs": [{"url": ACS, "binding": Binding.POST.value, "index": 0}],
        "slo": [],
        "certificates": [],
        "nameid_format": NameIdFormat.PERSISTENT.value,
        "attributes": [each.to_json() for each in DEFAULTS],
        "sign": "both",
        "signature_algorithm": SignatureAlg.RSA_SHA256.value,
        "encrypt": False,
        "encryption_algorithm": ContentCipher.AES256_GCM.value,
        "key_transport_algorithm": "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
        "require_signed_requests": False,
        "idp_initiated": False,
        "subject_id": "none",
        "ecp": False,
    }


WHOLE = {
    "metadata_url": "https://sp.example/metadata",
    "metadata_signer": rsa_pair().certificate.text,
    "entity_id": "urn:example:sp",
    "acs": [
        {"url": "https://sp.example/b?x=1", "binding": "HTTP-Artifact", "index": 7},
        {"url": ACS, "binding": "HTTP-POST", "index": 3, "default": True},
    ],
    "slo": [{"url": "https://sp.example/slo", "binding": "SOAP", "response_url": "https://sp.example/done"}],
    "certificates": [{"certificate": rsa_pair().certificate_pem, "use": "encryption"}, ec_pair().certificate.text],
    "nameid_format": "emailAddress",
    "attributes": [{"name": "groups", "format": "basic", "source": "groups"}],
    "sign": "assertion",
    "signature_algorithm": "rsa-sha512",
    "encrypt": True,
    "encryption_algorithm": "aes128-gcm",
    "require_signed_requests": True,
    "idp_initiated": True,
    "valid_until": "2027-01-01T00:00:00Z",
    "sha1_until": "2026-05-01",
}


@pytest.mark.parametrize("document", [BY_HAND, WHOLE])
def test_what_is_shown_is_read_back_and_kept(document: dict[str, Any]) -> None:
    service = read(**document)
    stored = json.loads(json.dumps(service.to_json()))
    assert SamlService.from_json(stored) == service
    assert read(**stored) == service


def test_what_is_said_by_hand_is_as_it_was_meant() -> None:
    service = read(**WHOLE)
    assert (service.name_id_format, service.name_id_source) == (NameIdFormat.EMAIL, "email")
    assert (service.signs, service.signature_alg) == (Signs.ASSERTION, SignatureAlg.RSA_SHA512)
    assert [each.is_rsa for each in service.keys.signing] == [False]
    assert service.keys.encryption == rsa_pair().certificate
    assert service.logouts[0].for_answers == "https://sp.example/done"


@pytest.mark.attack("X1")
def test_an_answer_goes_to_a_registered_address_and_nowhere_else() -> None:
    service = read(**WHOLE)

    def chosen(url: str | None = None, index: int | None = None, binding: str | None = None) -> str | None:
        found = service.consumer(url=url, index=index, binding=binding)
        return None if found is None else found.url

    assert chosen() == chosen(url=ACS) == chosen(index=3) == chosen(binding=Binding.POST) == ACS
    assert chosen(index=7) == chosen(binding=Binding.ARTIFACT) == "https://sp.example/b?x=1"
    for wrong in (ACS + ".evil", ACS + "/", ACS.upper(), "https://sp.example@evil/acs", ACS + "?x", ACS + "#", ""):
        assert chosen(url=wrong) is None
    assert chosen(index=99) is chosen(index=-1) is chosen(url=ACS, index=3) is None
    assert chosen(binding=Binding.PAOS) is chosen(url=ACS, binding=Binding.ARTIFACT) is None
    assert chosen(index=3, binding=Binding.POST) is None


def test_a_browser_is_not_sent_where_only_enhanced_clients_go() -> None:
    enhanced = {"url": "https://sp.example/paos", "binding": "PAOS", "index": 1, "default": True}
    service = read(**{**BY_HAND, "acs": [enhanced, {"url": ACS, "binding": "HTTP-POST", "index": 2}]})
    found = service.consumer(url=None, index=None, binding=None)
    assert found is not None
    assert found.url == ACS
    assert service.consumer(url="https://sp.example/paos", index=None, binding=None) is None
    assert service.consumer(url=None, index=None, binding=Binding.PAOS) == service.consumers[0]


def acs(**members: Any) -> dict[str, Any]:
    return {**BY_HAND, "acs": [{"url": ACS, "binding": "HTTP-POST", **members}]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, {("/saml/entity_id", "required"), ("/saml/acs", "required")}),
        ({**BY_HAND, "acs": []}, {("/saml/acs", "required")}),
        ({**BY_HAND, "acs": [1]}, {("/saml/acs/0", "invalid_type")}),
        (acs(url="http://sp.example/"), {("/saml/acs/0/url", "https_required")}),
        (acs(url="javascript:alert(1)"), {("/saml/acs/0/url", "scheme_not_allowed")}),
        (acs(url="https://sp.example/*"), {("/saml/acs/0/url", "wildcard_not_allowed")}),
        (acs(url="https://a@sp.example/"), {("/saml/acs/0/url", "userinfo_not_allowed")}),
        (acs(binding="HTTP-Redirect"), {("/saml/acs/0/binding", "unknown_value")}),
        (acs(index=70_000), {("/saml/acs/0/index", "out_of_range")}),
        (acs(evil=1), {("/saml/acs/0/evil", "unknown_field")}),
        (acs(binding="PAOS"), {("/saml/acs", "inconsistent")}),
        ({**BY_HAND, "acs": BY_HAND["acs"] * 51}, {("/saml/acs", "invalid_type")}),
        ({**BY_HAND, "entity_id": "https://sp.example/ x"}, {("/saml/entity_id", "invalid_uri")}),
        ({**BY_HAND, "entity_id": "https://sp.example/\u200b"}, {("/saml/entity_id", "invalid_text")}),
        ({**BY_HAND, "entity_id": "https://sp.example/ä"}, {("/saml/entity_id", "invalid_uri")}),
        ({**BY_HAND, "entity_id": "<sp>"}, {("/saml/entity_id", "invalid_uri")}),
        ({**BY_HAND, "entity_id": "https://" + "x" * 1_024}, {("/saml/entity_id", "invalid_length")}),
        ({**BY_HAND, "slo": [{"binding": "SOAP"}]}, {("/saml/slo/0/url", "required")}),
        ({**BY_HAND, "certificates": ["x"]}, {("/saml/certificates/0", "invalid_certificate")}),
        ({**BY_HAND, "certificates": [{"use": "signing"}]}, {("/saml/certificates/0", "invalid_type")}),
        ({**BY_HAND, "nameid_format": "kerberos"}, {("/saml/nameid_format", "unknown_value")}),
        ({**BY_HAND, "nameid_source": "password"}, {("/saml/nameid_source", "unknown_value")}),
        ({**BY_HAND, "attributes": [{"name": "a"}]}, {("/saml/attributes/0/source", "required")}),
        ({**BY_HAND, "attributes": [{"name": "a", "source": "x"}]}, {("/saml/attributes/0/source", "unknown_value")}),
        ({**BY_HAND, "attributes": [{"name": "a", "source": "email"}] * 2}, {("/saml/attributes", "inconsistent")}),
        ({**BY_HAND, "sign": "nothing"}, {("/saml/sign", "unknown_value")}),
        ({**BY_HAND, "signature_algorithm": "rsa-sha1"}, {("/saml/signature_algorithm", "unknown_value")}),
        ({**BY_HAND, "encrypt": True}, {("/saml/encrypt", "inconsistent")}),
        ({**BY_HAND, "encryption_algorithm": "aes128-cbc"}, {("/saml/encryption_algorithm", "unknown_value")}),
        ({**BY_HAND, "require_signed_requests": True}, {("/saml/require_signed_requests", "inconsistent")}),
        ({**BY_HAND, "metadata_url": "ftp://sp.example/"}, {("/saml/metadata_url", "scheme_not_allowed")}),
        ({**BY_HAND, "metadata_url": "http://sp.example/"}, {("/saml/metadata_url", "https_required")}),
        ({**BY_HAND, "metadata_signer": "x"}, {("/saml/metadata_signer", "invalid_certificate")}),
        ({**BY_HAND, "metadata_signer": 1}, {("/saml/metadata_signer", "invalid_certificate")}),
        ({**BY_HAND, "sha1_until": "soon"}, {("/saml/sha1_until", "invalid_format")}),
        ({**BY_HAND, "sha1_until": 20260501}, {("/saml/sha1_until", "invalid_type")}),
        ({**BY_HAND, "evil": 1}, {("/saml/evil", "unknown_field")}),
        ({"metadata_xml": "x"}, {("/saml/metadata_xml", "not_xml")}),
        ({"metadata_xml": "\ud800"}, {("/saml/metadata_xml", "not_xml")}),
        ({**BY_HAND, "nameid_format": {}}, {("/saml/nameid_format", "unknown_value")}),
        (acs(binding=[]), {("/saml/acs/0/binding", "unknown_value")}),
        (acs(url={}), {("/saml/acs/0/url", "invalid_type")}),
    ],
)
def test_what_is_wrong_is_named_with_its_place(document: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert expected <= faults(**document)
    if document.get("entity_id") == SP:
        assert faults(**document) == expected


@pytest.mark.attack("X8")
def test_sha_1_is_taken_until_the_end_of_a_day_and_never_without_one() -> None:
    day = micros(datetime(2026, 5, 1, tzinfo=UTC))
    excepted = read(**BY_HAND, sha1_until="2026-05-01")
    assert excepted.takes_sha1(day + DAY - 1)
    assert not excepted.takes_sha1(day + DAY)
    assert not read(**BY_HAND).takes_sha1(day)


def test_two_addresses_with_one_index_are_refused() -> None:
    twice = [{"url": ACS, "index": 1}, {"url": ACS + "2", "index": 1}]
    assert faults(**{**BY_HAND, "acs": twice}) == {("/saml/acs", "inconsistent")}


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "localhost:8000"])
def test_loopback_is_an_address_outside_production(host: str) -> None:
    document = acs(url=f"http://{host}/acs")
    assert faults(production=False, **document) == set()
    assert faults(production=True, **document) == {("/saml/acs/0/url", "https_required")}


def test_metadata_says_everything_that_could_be_said_by_hand() -> None:
    display = MDUI.make("DisplayName", "SP <&>")
    display.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    logout = MD.make("SingleLogoutService", Binding=Binding.REDIRECT, Location=ACS, ResponseLocation=ACS + "2")
    requested = MD.make("RequestedAttribute", Name="urn:oid:2.5.4.4", isRequired="true")
    encrypting = key(rsa_pair("receiver"), "encryption")
    encrypting.append(MD.make("EncryptionMethod", Algorithm=ContentCipher.AES128_GCM))
    root = described(
        MD.make("Extensions", MDUI.make("UIInfo", display)),
        key(rsa_pair()),
        key(rsa_pair("next"), "signing"),
        encrypting,
        logout,
        MD.make("NameIDFormat", "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"),
        MD.make("NameIDFormat", NameIdFormat.TRANSIENT),
        consumer(index="1"),
        consumer("https://sp.example/artifact", Binding.ARTIFACT, index="2", isDefault="true"),
        consumer("https://sp.example/ss", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign", index="3"),
        MD.make("AttributeConsumingService", MD.make("ServiceName", "x"), requested, index="1"),
        role={"AuthnRequestsSigned": "true", "WantAssertionsSigned": "1"},
        validUntil=rfc3339(NOW_US + DAY),
    )
    name = next(root.iter(MD("ServiceName")))
    name.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    service = read(metadata_xml="<!-- ours -->" + text(root), encrypt=True)
    assert service.entity_id == SP
    assert [each.url for each in service.consumers] == [ACS, "https://sp.example/artifact"]
    assert service.consumer(url=None, index=None, binding=None) == service.consumers[1]
    assert service.keys.signing == (rsa_pair().certificate, rsa_pair("next").certificate)
    assert service.keys.encryption == rsa_pair().certificate
    assert service.cipher is ContentCipher.AES128_GCM
    assert service.name_id_format is NameIdFormat.TRANSIENT
    assert service.requires_signed_requests
    assert service.logouts[0].for_answers == ACS + "2"
    assert service.valid_until == NOW_US + DAY
    found = saml_metadata.read(text(root).encode())
    told = found.described
    assert (told.requested, told.names) == ((("urn:oid:2.5.4.4", True),), (("en", "SP <&>"),))


def test_what_is_said_beside_metadata_wins_where_it_may_be_said() -> None:
    root = text(described(key(rsa_pair()), consumer(), role={"AuthnRequestsSigned": "true"}))
    assert read(metadata_xml=root).requires_signed_requests
    assert not read(metadata_xml=root, require_signed_requests=False).requires_signed_requests
    assert read(metadata_xml=root, nameid_format="transient").name_id_format is NameIdFormat.TRANSIENT
    assert faults(metadata_xml=root, acs=BY_HAND["acs"]) == {("/saml/acs", "inconsistent")}
    assert faults(metadata_xml=root, certificates=[]) == {("/saml/certificates", "inconsistent")}


@pytest.mark.attack("X10", "S16")
@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (described(consumer("javascript:alert(1)")), "/saml/metadata_xml/acs/0/url"),
        (described(consumer("http://sp.example/")), "/saml/metadata_xml/acs/0/url"),
        (described(consumer(), consumer("https://sp.example/2")), "/saml/metadata_xml/acs"),
        (described(consumer(binding="urn:oasis:names:tc:SAML:1.0:profiles:browser-post")), "/saml/metadata_xml/acs"),
        (described(consumer(), entity_id="https://sp.example/ x"), "/saml/metadata_xml/entity_id"),
        (described(consumer(), role={"AuthnRequestsSigned": "true"}), "/saml/require_signed_requests"),
        (described(consumer(), role={"protocolSupportEnumeration": "urn:other"}), "/saml/metadata_xml"),
        (described(), "/saml/metadata_xml"),
        (MD.make("EntitiesDescriptor", described(consumer()), described(consumer())), "/saml/metadata_xml"),
        (SAMLP.make("Response"), "/saml/metadata_xml"),
    ],
)
def test_metadata_is_judged_as_what_is_said_by_hand(root: Element, expected: str) -> None:
    assert read(metadata_xml=text(described(consumer())))
    assert expected in {pointer for pointer, _ in faults(metadata_xml=text(root))}


def test_a_service_that_wants_signed_assertions_gets_them() -> None:
    root = text(described(consumer(), role={"WantAssertionsSigned": "true"}))
    assert faults(metadata_xml=root, sign="response") == {("/saml/sign", "inconsistent")}
    assert read(metadata_xml=root, sign="assertion").signs is Signs.ASSERTION


def code_of(data: Element | bytes, entity_id: str | None = None, *, pinned: Pair | None = None) -> str | None:
    try:
        given = data if isinstance(data, bytes) else xml.written(data)
        known = [pinned.certificate] if pinned else []
        saml_metadata.read(given, entity_id=entity_id, pinned=known)
    except BadMetadata as bad:
        return bad.code
    return None


def signed(root: Element, pair: Pair) -> Element:
    xml.sign(root, pair.key, place=0, alg=SignatureAlg.RSA_SHA256)
    return root


def lasting(until: int | None = NOW_US + DAY) -> Element:
    given = {"ID": "_m"} if until is None else {"ID": "_m", "validUntil": rfc3339(until)}
    return described(consumer(), **given)


@pytest.mark.attack("X10", "S16")
def test_a_pinned_key_must_have_signed_what_is_believed() -> None:
    pair = rsa_pair()
    assert code_of(signed(lasting(), pair), pinned=pair) is None
    assert code_of(signed(lasting(), rsa_pair("stranger")), pinned=pair) == "signature"
    assert code_of(lasting(), pinned=pair) == "signature"
    altered = xml.written(signed(lasting(), pair)).replace(b"sp.example/acs", b"xx.example/acs")
    assert code_of(altered, pinned=pair) == "signature"
    assert code_of(altered) is None


@pytest.mark.attack("X10", "S16")
def test_with_a_pinned_key_a_registration_takes_nothing_else() -> None:
    pinned = {"metadata_signer": rsa_pair().certificate_pem}
    assert read(metadata_xml=text(signed(lasting(), rsa_pair())), **pinned).valid_until == NOW_US + DAY
    for wrong in (lasting(), signed(lasting(), rsa_pair("stranger"))):
        assert faults(metadata_xml=text(wrong), **pinned) >= {("/saml/metadata_xml", "signature")}
    assert faults(metadata_xml=text(lasting()), metadata_signer="x") >= {
        ("/saml/metadata_signer", "invalid_certificate")
    }


@pytest.mark.attack("X5", "X10", "S16")
def test_a_signature_on_one_service_does_not_speak_for_others() -> None:
    pair = rsa_pair()
    whole = MD.make("EntitiesDescriptor", signed(lasting(), pair), described(consumer(), entity_id="https://evil"))
    assert code_of(whole, "https://evil", pinned=pair) == "signature"
    assert code_of(whole, SP, pinned=pair) == "signature"
    outer = MD.make("EntitiesDescriptor", described(consumer()), ID="_w", validUntil=rfc3339(NOW_US + DAY))
    assert code_of(signed(outer, pair), SP, pinned=pair) is None


def test_one_service_is_chosen_from_a_collection_by_its_name() -> None:
    def collection(*entities: Element, **attributes: str) -> Element:
        return MD.make("EntitiesDescriptor", MD.make("EntitiesDescriptor", *entities), **attributes)

    both = collection(described(consumer()), described(consumer(), entity_id="https://other"))
    assert code_of(both, "https://other") is None
    assert code_of(both) == "collection"
    assert code_of(both, "https://third") == "entity_id"
    assert code_of(collection(described(consumer()), described(consumer())), SP) == "entity_id"
    aside = MD.make("Extensions", Namespace("urn:x", "x").make("y", described(consumer(), entity_id="https://third")))
    speaking = MD.make("EntityDescriptor", aside, *described(consumer()), entityID=SP)
    assert code_of(collection(speaking), "https://third") == "entity_id"  # a member's word about another
    assert code_of(collection(speaking), SP) is None
    early = collection(lasting(), validUntil=rfc3339(NOW_US - 1))
    assert saml_metadata.read(xml.written(early)).valid_until == NOW_US - 1
    assert read(metadata_xml=text(both), entity_id="https://other").entity_id == "https://other"


@pytest.mark.attack("X3", "X4")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE a>" + xml.written(described(consumer())), "dtd"),
        (b"x" * 1_048_577, "too_large"),
        (b"<a>" * 100_000, "too_large"),
        (xml.written(described(consumer())).replace(b"entityID", b"entityid"), "schema"),
    ],
)
def test_metadata_is_read_strictly(data: bytes, code: str) -> None:
    assert code_of(data) == code
