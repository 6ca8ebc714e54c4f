"""Assertions, made from the gate's admission and from nothing less (core 2.3.3, profiles 4.1.4.2)."""

from collections.abc import Iterable, Mapping

from idp import xml
from idp.access import Admission
from idp.federation import NameFormat, NameIdFormat
from idp.kit.clock import SECOND
from idp.saml.elements import VERSION, issuer, moment, new_id
from idp.saml.model import Attribute, Authentication, NameId, Recipient
from idp.signing import Certificate, ContentCipher, KeyTransport
from idp.xml import SAML, Element

LIFETIME = 300 * SECOND
_SKEW = 60 * SECOND  # by which the clock of a service may be behind ours
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"


def assertion(
    admission: Admission,
    *,
    entity_id: str,
    recipient: Recipient,
    name_id: NameId,
    authentication: Authentication,
    attributes: Iterable[Attribute],
) -> Element:
    """For one service, one address, one request and five minutes; all of that stands inside, so it is signed with the
    rest. Raises `BadXml` for a text that no document can have."""
    return SAML.make(
        "Assertion",
        issuer(entity_id),
        _subject(name_id, recipient, expires_at=admission.at_us + LIFETIME),
        _conditions(recipient.audience, admission.at_us),
        _statement(admission, authentication),
        _attributes(attributes),
        ID=new_id(),
        Version=VERSION,
        IssueInstant=moment(admission.at_us),
    )


def enciphered(
    made: Element,
    receiver: Certificate,
    *,
    cipher: ContentCipher,
    transport: KeyTransport = KeyTransport.RSA_OAEP_MGF1P,
) -> Element:
    """Core 2.3.4; signed before, as core 5.4.1 and 6.2 would have it."""
    return SAML.make("EncryptedAssertion", xml.encipher(made, receiver, cipher=cipher, transport=transport))


def name_of(name_id: NameId) -> Element:
    """Core 2.2.3."""
    qualified = name_id.format in {NameIdFormat.PERSISTENT, NameIdFormat.TRANSIENT}
    return SAML.make(
        "NameID",
        name_id.value,
        Format=name_id.format.value,
        NameQualifier=name_id.name_qualifier if qualified else None,
        SPNameQualifier=name_id.sp_name_qualifier if qualified else None,
    )


def _subject(name_id: NameId, recipient: Recipient, *, expires_at: int) -> Element:
    data = SAML.make(
        "SubjectConfirmationData",
        NotOnOrAfter=moment(expires_at),
        Recipient=recipient.address,
        InResponseTo=recipient.request_id,
    )
    return SAML.make("Subject", name_of(name_id), SAML.make("SubjectConfirmation", data, Method=_BEARER))


def _conditions(audience: str, at_us: int) -> Element:
    """Core 2.5.1; whoever is not the audience must not believe any of it (2.5.1.4)."""
    return SAML.make(
        "Conditions",
        SAML.make("AudienceRestriction", SAML.make("Audience", audience)),
        NotBefore=moment(at_us - _SKEW),
        NotOnOrAfter=moment(at_us + LIFETIME),
    )


def _statement(admission: Admission, authentication: Authentication) -> Element:
    """Core 2.7.2: when the person really signed in, however long ago that is."""
    return SAML.make(
        "AuthnStatement",
        SAML.make("AuthnContext", SAML.make("AuthnContextClassRef", authentication.context)),
        AuthnInstant=moment(admission.authenticated_at),
        SessionIndex=authentication.session_index,
        SessionNotOnOrAfter=moment(authentication.ends_at),
    )


def _attributes(attributes: Iterable[Attribute]) -> Element | None:
    """Core 2.7.3: a statement has at least one."""
    made = [_attribute(each) for each in attributes if each.values]
    return SAML.make("AttributeStatement", *made) if made else None


def _attribute(attribute: Attribute) -> Element:
    values = [SAML.make("AttributeValue", value) for value in attribute.values]
    named: Mapping[str, str | None] = {
        "Name": attribute.name,
        "NameFormat": None if attribute.format is NameFormat.UNSPECIFIED else attribute.format.value,
        "FriendlyName": attribute.friendly_name,
    }
    return SAML.make("Attribute", *values, **named)
