"""A service of SAML as it is registered: by its metadata, or by hand; judged alike, every fault named at once.

What its metadata says of it goes where a member would have said it. A fault in there has its place below
`metadata_xml`, as if the members stood in it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from idp.federation import (
    saml_attributes,
    saml_certificates,
    saml_endpoints,
    saml_exceptions,
    saml_source,
    saml_subject_ids,
    saml_switches,
    store,
)
from idp.federation.saml_certificates import ServiceKeys
from idp.federation.saml_fetching import FetchedText
from idp.federation.saml_service import SamlService
from idp.federation.saml_source import MetadataSource
from idp.federation.saml_vocabulary import FOREIGN_ENTITY_ID, LONGEST_ENTITY_ID, Binding, NameIdFormat, Signs, chosen
from idp.kit.clock import SECOND, micros, parse, rfc3339
from idp.kit.errors import Conflict
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.signing import ContentCipher, KeyTransport, SignatureAlg

if TYPE_CHECKING:
    from idp.federation.saml_metadata import Metadata

IN_METADATA = frozenset({"acs", "certificates", "slo"})
NAMES = (
    IN_METADATA
    | saml_exceptions.NAMES
    | saml_source.NAMES
    | saml_subject_ids.NAMES
    | {
        "attributes",
        "certificate_switch",
        "ecp",
        "encrypt",
        "encryption_algorithm",
        "entity_id",
        "idp_initiated",
        "key_transport_algorithm",
        "metadata_xml",
        "nameid_format",
        "nameid_source",
        "require_signed_requests",
        "sign",
        "signature_algorithm",
        "valid_until",
    }
)

LONGEST_VALID = 400 * 86_400 * SECOND
_LARGEST_METADATA = 1024 * 1024
_STRONG = [alg for alg in SignatureAlg if not alg.is_weak and alg.is_rsa]  # the keys that we sign with are RSA
_SOURCES = {NameIdFormat.EMAIL: "email", NameIdFormat.UNSPECIFIED: "user_name"}


def read(fields: Fields, *, production: bool) -> SamlService:
    """Worth something only if the fields stayed clean."""
    fields.only(NAMES)
    source = saml_source.read(fields, production=production)
    metadata = _metadata(fields, source)
    said = fields
    if metadata is not None:
        for name in sorted(IN_METADATA & {each for each in fields.members if fields.given(each) is not None}):
            fields.refuse(name, "inconsistent", f"{name} is said by the metadata.")
        said = Fields(metadata.members, at=f"{fields.at}/metadata_xml", errors=fields.errors)
    keys = saml_certificates.read(said)
    format_ = _name_id_format(fields, said)
    service = SamlService(
        entity_id=_entity_id(said),
        consumers=saml_endpoints.read_consumers(said, production=production),
        logouts=saml_endpoints.read_logouts(said, production=production),
        keys=keys,
        name_id_format=format_,
        name_id_source=saml_attributes.read_source(fields, "nameid_source") or _SOURCES.get(format_),
        attributes=saml_attributes.read(fields),
        signs=fields.choice("sign", Signs, frozenset(), default=Signs.BOTH),
        signature_alg=chosen(fields, "signature_algorithm", _STRONG, default=SignatureAlg.RSA_SHA256),
        encrypts=fields.flag("encrypt", default=False),
        cipher=_cipher(fields, metadata),
        transport=chosen(fields, "key_transport_algorithm", list(KeyTransport), default=KeyTransport.RSA_OAEP_MGF1P),
        requires_signed_requests=_requires_signed(fields, said),
        idp_initiated=fields.flag("idp_initiated", default=False),
        source=source,
        sha1_until=saml_exceptions.read_sha1(fields),
        subject_id=saml_subject_ids.read(fields, said),
        ecp=fields.flag("ecp", default=False),
        valid_until=_valid_until(fields) if metadata is None else metadata.valid_until,
        switch=saml_switches.read(fields),
        described=None if metadata is None else metadata.described,
    )
    if fields.clean("certificates", "metadata_xml/certificates"):
        _judge_keys(fields, service, keys)
    _judge_wishes(fields, service, metadata)
    return service


def _judge_wishes(fields: Fields, service: SamlService, metadata: "Metadata | None") -> None:
    if service.ecp and not any(each.binding is Binding.PAOS for each in service.consumers):
        detail = "There is no address that takes an answer from a program (PAOS)."
        fields.refuse("ecp", "inconsistent", detail, found=True, expected=False)
    if metadata is not None and metadata.described.wants_signed_assertions and not service.signs.assertion:
        detail = "Its metadata wants signed assertions (WantAssertionsSigned)."
        fields.refuse("sign", "inconsistent", detail, found=service.signs.value, expected=["assertion", "both"])


def _metadata(fields: Fields, source: MetadataSource) -> "Metadata | None":
    """None where there is none, or none that can be read. Beside a collection, `entity_id` chooses."""
    text = fields.given("metadata_xml")
    if text is None:
        return None
    if not fields.clean("metadata_signer"):  # nobody's word counts then
        return None
    if not isinstance(text, str) or (len(text) > _LARGEST_METADATA and not isinstance(text, FetchedText)):
        detail = f"metadata_xml is a text of at most {_LARGEST_METADATA} characters."
        fields.refuse("metadata_xml", "invalid_type", detail, expected="string")
        return None
    from idp import xml
    from idp.federation import saml_metadata

    entity_id = fields.given("entity_id")
    limits = xml.AGGREGATE if isinstance(text, FetchedText) else xml.METADATA
    try:
        wanted = entity_id if isinstance(entity_id, str) else None
        data = text.encode(errors="replace")
        found = saml_metadata.read(data, entity_id=wanted, pinned=source.pinned, limits=limits)
    except saml_metadata.BadMetadata as bad:
        fields.refuse("metadata_xml", bad.code, str(bad), found=bad.found, expected=bad.expected)
        return None
    if isinstance(text, FetchedText) and found.collective and source.signer is None:
        detail = "In a collection somebody else speaks for the service: say whose signature is believed."
        fields.refuse("metadata_signer", "required", detail, expected="X.509 in base64")
    return found


def _entity_id(fields: Fields) -> str:
    """Core 8.3.6: a URI, looked up character by character; one that looks like another is another's."""
    fields.required("entity_id")
    found = fields.text("entity_id", longest=LONGEST_ENTITY_ID)
    if found is not None and not FOREIGN_ENTITY_ID.fullmatch(found):
        detail = "An entity ID is a URI, without spaces or other characters that a URI does not have."
        fields.refuse("entity_id", "invalid_uri", detail, found=found, expected="https://sp.example/metadata")
    return found or ""


def _name_id_format(fields: Fields, said: Fields) -> NameIdFormat:
    """Said by hand, or the first that its metadata would have."""
    formats = list(NameIdFormat)
    wished = chosen(said, "nameid_format", formats, default=NameIdFormat.PERSISTENT)
    return wished if said is fields else chosen(fields, "nameid_format", formats, default=wished)


def _requires_signed(fields: Fields, said: Fields) -> bool:
    wished = said.flag("require_signed_requests", default=False)
    return wished if said is fields else fields.flag("require_signed_requests", default=wished)


def _cipher(fields: Fields, metadata: "Metadata | None") -> ContentCipher:
    known = metadata.ciphers if metadata else ()
    default = known[0] if known and ContentCipher.AES256_GCM not in known else ContentCipher.AES256_GCM
    return chosen(fields, "encryption_algorithm", list(ContentCipher), default=default)


def _valid_until(fields: Fields) -> int | None:
    """As it was shown."""
    value = fields.text("valid_until")
    try:
        return None if value is None else micros(parse(value))
    except ValueError:
        fields.refuse("valid_until", "invalid_format", "This is no instant.", found=value, expected="RFC 3339")
        return None


def _judge_keys(fields: Fields, service: SamlService, keys: ServiceKeys) -> None:
    if service.encrypts and keys.encryption is None:
        detail = "There is no certificate with an RSA key to encrypt to."
        fields.refuse("encrypt", "inconsistent", detail, found=True, expected=False)
    if service.requires_signed_requests and not keys.signing:
        detail = "There is no certificate by which a request could be verified."
        fields.refuse("require_signed_requests", "inconsistent", detail, found=True, expected=False)


def renewed(before: Mapping[str, Any], patch: object) -> dict[str, Any]:
    """What was registered, without what new metadata in a change takes the place of."""
    if not isinstance(patch, Mapping) or patch.get("metadata_xml") is None:
        return dict(before)
    return {name: value for name, value in before.items() if name not in IN_METADATA}


def judge(unit: Unit, before: SamlService | None, service: SamlService) -> None:
    """What only the moment and the others can say. Raises `Invalid`, and `Conflict` where somebody has the name."""
    faults = Fields({}, at="/saml")
    if service.valid_until is not None and service.valid_until <= unit.now_us:
        detail = "What the service said of itself is no longer valid."
        faults.refuse("valid_until", "expired", detail, found=_said(service))
    if before is not None and before.entity_id != service.entity_id:
        detail = "A service keeps its entity ID: register another one."
        faults.refuse("entity_id", "immutable", detail, found=service.entity_id, expected=before.entity_id)
    if service.source.signer is not None and _lasts_too_long(service, unit.now_us):
        detail = "What is signed says until when, and that is not far away."
        latest = rfc3339(unit.now_us + LONGEST_VALID)
        faults.refuse("valid_until", "out_of_range", detail, found=_said(service), expected=latest)
    if service.sha1_until is not None and (before is None or before.sha1_until != service.sha1_until):
        saml_exceptions.judge(faults, service.sha1_until, unit.now_us)
    if service.switch is not None and (before is None or before.switch != service.switch):
        saml_switches.judge(faults, unit, service.switch)
    faults.finish()
    if before is None and store.find_by_client_id(unit, service.entity_id) is not None:
        raise Conflict.at(
            "/saml/entity_id", "entity_id_taken", "Another service has this entity ID.", found=service.entity_id
        )


def _lasts_too_long(service: SamlService, now_us: int) -> bool:
    """Or metadata that was stolen could be shown again for ever."""
    return service.valid_until is None or service.valid_until > now_us + LONGEST_VALID


def _said(service: SamlService) -> str | None:
    return None if service.valid_until is None else rfc3339(service.valid_until)
