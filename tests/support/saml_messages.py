"""Answers of ours to a service."""

from idp import xml
from idp.federation import Binding, NameFormat, NameIdFormat, Signs
from idp.kit.clock import SECOND
from idp.saml import answers, assertions, elements, metadata
from idp.saml.metadata import Described, Endpoint
from idp.saml.model import SUCCESS, Attribute, Authentication, NameId, Recipient
from idp.signing import Certificate, ContentCipher, KeyTransport, SignatureAlg
from idp.xml import Element

from .saml_admitted import admitted
from .saml_requests import REQUEST_ID, SP
from .xml_keys import NOW_US, Pair, rsa_pair

IDP = "https://id.example/t/aoba/saml/metadata"
ACS = "https://sp.example/acs"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
NAME_ID = NameId("p-0123456789abcdef", NameIdFormat.PERSISTENT, IDP, SP)
ATTRIBUTES = (
    Attribute("urn:oid:0.9.2342.19200300.100.1.3", ("hanako@aoba.example",), NameFormat.URI, "mail"),
    Attribute("urn:oid:2.16.840.1.113730.3.1.241", ('山田 花子 <&">]]> <!---->',), NameFormat.URI, "displayName"),
    Attribute("groups", ("営業", "総務"), NameFormat.BASIC),
    Attribute("empty", ()),
)


def assertion(
    *, now_us: int = NOW_US, name_id: NameId = NAME_ID, request_id: str | None = REQUEST_ID, acs: str = ACS
) -> Element:
    return assertions.assertion(
        admitted(now_us=now_us),
        entity_id=IDP,
        recipient=Recipient(SP, acs, request_id),
        name_id=name_id,
        authentication=Authentication(PASSWORD, "_session", now_us + 3_600 * SECOND),
        attributes=ATTRIBUTES,
    )


def response(
    *,
    pair: Pair | None = None,
    signs: Signs = Signs.BOTH,
    alg: SignatureAlg = SignatureAlg.RSA_SHA256,
    receiver: Certificate | None = None,
    cipher: ContentCipher = ContentCipher.AES256_GCM,
    transport: KeyTransport = KeyTransport.RSA_OAEP_MGF1P,
    now_us: int = NOW_US,
    request_id: str | None = REQUEST_ID,
    acs: str = ACS,
) -> bytes:
    key = (pair or rsa_pair()).key
    made = assertion(now_us=now_us, request_id=request_id, acs=acs)
    if signs.assertion:
        elements.sign(made, key, alg)
    if receiver is not None:
        made = assertions.enciphered(made, receiver, cipher=cipher, transport=transport)
    whole = answers.response(
        SUCCESS, entity_id=IDP, destination=acs, request_id=request_id, at_us=now_us, assertion=made
    )
    if signs.response:
        elements.sign(whole, key, alg)
    return xml.written(whole)


def idp_metadata(*pairs: Pair, now_us: int = NOW_US, sso: str = "https://id.example/t/aoba/saml/sso") -> Element:
    return metadata.metadata(
        Described(
            entity_id=IDP,
            sign_on=[Endpoint(Binding.REDIRECT, sso), Endpoint(Binding.POST, sso)],
            logout=[Endpoint(Binding.REDIRECT, sso.replace("sso", "slo"))],
            artifacts=[Endpoint(Binding.SOAP, sso.replace("sso", "artifact"))],
            certificates=[pair.certificate.text for pair in pairs or (rsa_pair(),)],
            name_id_formats=list(NameIdFormat),
            names=[("ja", "あおば"), ("en", "Aoba <&>")],
            scopes=["aoba.example"],
        ),
        at_us=now_us,
    )
