"""What we make: as its schema says, with everything that keeps it from being used elsewhere, inside what is signed."""

from collections.abc import Callable

import pytest
from tests.support.saml_admitted import admitted
from tests.support.saml_messages import ACS, IDP, NAME_ID, PASSWORD, assertion, idp_metadata, response
from tests.support.saml_requests import REQUEST_ID, SP
from tests.support.xml_keys import NOW_US, ec_pair, rsa_pair

from idp import xml
from idp.federation import NameIdFormat, Signs
from idp.kit.clock import SECOND
from idp.saml import answers, assertions, elements, metadata
from idp.saml.model import SUCCESS, Authentication, NameId, Outcome, Recipient, Status
from idp.signing import SignatureAlg
from idp.xml import DS, MD, SAML, SAMLP, SOAP, BadXml, Element

ASSERTION_PLACE = 1


def read(data: bytes, name: str) -> Element:
    root = xml.read(data)
    xml.refuse_unlike(root, name)
    return root


def found(element: Element, path: str) -> Element:
    """`path` in local names of the assertion's vocabulary."""
    child = element.find("/".join(SAML(name) for name in path.split("/")))
    assert child is not None, path
    return child


@pytest.mark.parametrize("signs", Signs)
def test_a_response_is_as_its_schema_says_and_what_is_signed_is_signed(signs: Signs) -> None:
    root = read(response(signs=signs), SAMLP("Response"))
    assert len(list(root.iter(DS("Signature")))) == signs.assertion + signs.response
    assert (root.get("Destination"), root.get("InResponseTo")) == (ACS, REQUEST_ID)
    assert root.findtext(SAML("Issuer")) == IDP
    inner = found(root, "Assertion")
    assert inner.findtext(SAML("Issuer")) == IDP
    if signs is Signs.ASSERTION:
        xml.verify(inner, [rsa_pair().certificate], place=ASSERTION_PLACE)
    if signs is Signs.RESPONSE:
        xml.verify(root, [rsa_pair().certificate], place=ASSERTION_PLACE)


@pytest.mark.attack("X9")
def test_whom_it_is_for_and_until_when_stands_in_the_assertion() -> None:
    made = assertion()
    data = found(made, "Subject/SubjectConfirmation/SubjectConfirmationData")
    assert dict(data.attrib) == {
        "InResponseTo": REQUEST_ID,
        "Recipient": ACS,
        "NotOnOrAfter": "2026-04-01T01:15:00Z",
    }
    conditions = found(made, "Conditions")
    assert dict(conditions.attrib) == {"NotBefore": "2026-04-01T01:09:00Z", "NotOnOrAfter": "2026-04-01T01:15:00Z"}
    assert found(conditions, "AudienceRestriction/Audience").text == SP
    assert "InResponseTo" not in found(assertion(request_id=None), "Subject/SubjectConfirmation")[0].attrib


def test_the_statement_says_when_and_how_the_person_really_signed_in() -> None:
    made = assertions.assertion(
        admitted(now_us=NOW_US, signed_in_at=NOW_US - 7_200 * SECOND),
        entity_id=IDP,
        recipient=Recipient(SP, ACS, None),
        name_id=NAME_ID,
        authentication=Authentication(PASSWORD, "_index", NOW_US + 60 * SECOND),
        attributes=(),
    )
    statement = found(made, "AuthnStatement")
    assert dict(statement.attrib) == {
        "AuthnInstant": "2026-03-31T23:10:00Z",
        "SessionIndex": "_index",
        "SessionNotOnOrAfter": "2026-04-01T01:11:00Z",
    }
    assert found(statement, "AuthnContext/AuthnContextClassRef").text == PASSWORD
    assert made.find(SAML("AttributeStatement")) is None
    xml.refuse_unlike(made, SAML("Assertion"))


@pytest.mark.parametrize("format_", NameIdFormat)
def test_a_name_is_qualified_where_it_is_one_for_somebody(format_: NameIdFormat) -> None:
    name = found(assertion(name_id=NAME_ID._replace(format=format_)), "Subject/NameID")
    qualified = format_ in {NameIdFormat.PERSISTENT, NameIdFormat.TRANSIENT}
    assert (name.text, name.get("Format")) == (NAME_ID.value, format_.value)
    assert (name.get("SPNameQualifier"), name.get("NameQualifier")) == ((SP, IDP) if qualified else (None, None))


@pytest.mark.attack("X17")
@pytest.mark.parametrize("text", ["a\x00", "a\x1b[2J", "a\ud800"])
def test_a_name_that_no_document_can_have_makes_no_assertion(text: str) -> None:
    with pytest.raises(BadXml):
        assertion(name_id=NameId(text, NameIdFormat.EMAIL))
    assertion(name_id=NameId("a<!---->@evil.example", NameIdFormat.EMAIL))


@pytest.mark.attack("X17")
def test_values_with_markup_come_out_as_they_went_in() -> None:
    root = read(response(), SAMLP("Response"))
    values = {each.get("Name"): [value.text for value in each] for each in root.iter(SAML("Attribute"))}
    assert values["urn:oid:2.16.840.1.113730.3.1.241"] == ['山田 花子 <&">]]> <!---->']
    assert values["groups"] == ["営業", "総務"]
    assert "empty" not in values


def test_an_encrypted_assertion_says_nothing_to_others() -> None:
    data = response(receiver=rsa_pair("receiver").certificate)
    read(data, SAMLP("Response"))
    assert b"hanako@aoba.example" not in data
    assert b"NameID" not in data
    assert b"hanako@aoba.example" in response()


@pytest.mark.parametrize("inner", [None, *list(Status)[4:]])
@pytest.mark.parametrize("code", list(Status)[:4])
def test_a_status_has_its_inner_code_inside(code: Status, inner: Status | None) -> None:
    made = answers.response(
        Outcome(code, inner, "なぜなら <&>"), entity_id=IDP, destination=ACS, request_id="_1", at_us=NOW_US
    )
    xml.refuse_unlike(made, SAMLP("Response"))
    outer = made.find(f"{SAMLP('Status')}/{SAMLP('StatusCode')}")
    assert outer is not None
    assert outer.get("Value") == code.value
    assert [each.get("Value") for each in outer] == ([inner.value] if inner else [])
    assert made.findtext(f"{SAMLP('Status')}/{SAMLP('StatusMessage')}") == "なぜなら <&>"
    assert made.find(SAML("Assertion")) is None


def _logout_request() -> Element:
    return answers.logout_request(NAME_ID, ["_a", "_b"], entity_id=IDP, destination=ACS, at_us=NOW_US)


def _logout_response() -> Element:
    partial = Outcome(Status.SUCCESS, Status.PARTIAL_LOGOUT)
    return answers.logout_response(partial, entity_id=IDP, destination=ACS, request_id="_1", at_us=NOW_US)


def _artifact_response() -> Element:
    kept = answers.response(SUCCESS, entity_id=IDP, destination=ACS, request_id="_1", at_us=NOW_US)
    return answers.artifact_response(SUCCESS, entity_id=IDP, request_id="_2", at_us=NOW_US, kept=kept)


@pytest.mark.parametrize("make", [_logout_request, _logout_response, _artifact_response])
@pytest.mark.parametrize("alg", [SignatureAlg.RSA_SHA256, SignatureAlg.ECDSA_SHA256])
def test_every_message_of_ours_is_as_its_schema_says_and_can_be_signed(
    make: Callable[[], Element], alg: SignatureAlg
) -> None:
    made, pair = make(), rsa_pair() if alg.is_rsa else ec_pair()
    xml.refuse_unlike(made, made.tag)
    elements.sign(made, pair.key, alg)
    again = read(xml.written(answers.enveloped(made)), SOAP("Envelope"))[0][0]
    xml.refuse_unlike(again, made.tag)
    xml.verify(again, [pair.certificate], place=ASSERTION_PLACE)


def test_ids_are_names_and_never_the_same() -> None:
    ids = {elements.new_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(each.startswith("_") and len(each) == 41 for each in ids)


def test_a_fault_is_one_of_soap() -> None:
    made = answers.fault("Client", "Not a message <&>")
    root = read(xml.written(made), SOAP("Envelope"))
    assert root.findtext(f"{SOAP('Body')}/{SOAP('Fault')}/faultstring") == "Not a message <&>"


def test_our_metadata_names_two_keys_while_they_change_and_only_algorithms_that_are_strong() -> None:
    made = idp_metadata(rsa_pair(), rsa_pair("next"))
    metadata.sign(made, rsa_pair().key, SignatureAlg.RSA_SHA256)
    root = read(xml.written(made), MD("EntityDescriptor"))
    verified = xml.verify(root, [rsa_pair().certificate], place=0)
    assert [each.text for each in verified.iter(DS("X509Certificate"))] == [
        rsa_pair().certificate.text,
        rsa_pair("next").certificate.text,
    ]
    assert b"sha1" not in xml.written(verified)
    assert verified.get("validUntil") == "2026-04-15T01:10:00Z"
    assert verified.get("cacheDuration") == "PT6H"
    assert verified.get("entityID") == IDP
