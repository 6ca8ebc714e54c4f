"""What is known of a service of SAML, as a request is judged by it: nothing to parse, nothing to fetch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.federation import saml_exceptions, saml_subject_ids
from idp.federation.saml_attributes import MappedAttribute
from idp.federation.saml_certificates import ServiceKeys
from idp.federation.saml_described import Described
from idp.federation.saml_endpoints import Consumer, LogoutAddress, default_of
from idp.federation.saml_source import NOWHERE, MetadataSource
from idp.federation.saml_subject_ids import SubjectId
from idp.federation.saml_vocabulary import Binding, NameIdFormat, Signs
from idp.kit.clock import micros, parse, rfc3339
from idp.signing import ContentCipher, KeyTransport, SignatureAlg, Switch


@dataclass(frozen=True, kw_only=True)
class SamlService:
    """`name_id_source`: what of a person names them, None: a name that is made for this service alone. `valid_until`
    (microseconds) is the word of its metadata; `switch` its own change to another certificate of ours."""

    entity_id: str
    consumers: tuple[Consumer, ...]
    logouts: tuple[LogoutAddress, ...]
    keys: ServiceKeys
    name_id_format: NameIdFormat
    name_id_source: str | None
    attributes: tuple[MappedAttribute, ...]
    signs: Signs
    signature_alg: SignatureAlg
    encrypts: bool
    cipher: ContentCipher
    transport: KeyTransport
    requires_signed_requests: bool
    idp_initiated: bool
    valid_until: int | None = None
    source: MetadataSource = NOWHERE
    sha1_until: str | None = None
    switch: Switch | None = None
    described: Described | None = None
    subject_id: SubjectId = SubjectId.NONE
    ecp: bool = False

    def takes_sha1(self, now_us: int) -> bool:
        """In the signatures of its requests: an exception, while it lasts."""
        return self.sha1_until is not None and not saml_exceptions.is_over(self.sha1_until, now_us)

    def has_ended(self, now_us: int) -> bool:
        """What it said of itself holds no more (metadata 2.3.2): nobody is sent to where it may not be by now. That its
        sessions end stays possible."""
        return self.valid_until is not None and self.valid_until <= now_us

    def consumer(self, *, url: str | None, index: int | None, binding: str | None) -> Consumer | None:
        """The one that a request asks for (core 3.4.1): by address, character by character, or by index, or neither,
        and it must take answers by `binding` if that is said. None: there is none, and nothing is sent anywhere."""
        if url is not None and index is not None:  # they exclude each other
            return None
        if index is not None:
            return next((each for each in self.consumers if each.index == index and binding is None), None)
        asked = [each for each in self.consumers if binding is not None or each.binding is not Binding.PAOS]
        fitting = [each for each in asked if url in {None, each.url} and binding in {None, each.binding.value}]
        return default_of(fitting) if fitting else None

    def logout(self, binding: Binding) -> LogoutAddress | None:
        return next((each for each in self.logouts if each.binding is binding), None)

    @property
    def logout_in_browser(self) -> LogoutAddress | None:
        """The one of its addresses to which a browser takes a message that it has named first."""
        return next((each for each in self.logouts if each.binding is not Binding.SOAP), None)

    @property
    def is_told_directly(self) -> bool:
        return self.logout(Binding.SOAP) is not None

    def to_json(self) -> dict[str, Any]:
        shown = {
            **self.source.to_json(),
            "entity_id": self.entity_id,
            "acs": [each.to_json() for each in self.consumers],
            "slo": [each.to_json() for each in self.logouts],
            **self.keys.to_json(),
            "nameid_format": self.name_id_format.value,
            "nameid_source": self.name_id_source,
            "attributes": [each.to_json() for each in self.attributes],
            "sign": self.signs.value,
            "signature_algorithm": self.signature_alg.value,
            "encrypt": self.encrypts,
            "encryption_algorithm": self.cipher.value,
            "key_transport_algorithm": self.transport.value,
            "require_signed_requests": self.requires_signed_requests,
            "idp_initiated": self.idp_initiated,
            "sha1_until": self.sha1_until,
            "subject_id": self.subject_id.value,
            "ecp": self.ecp,
            "valid_until": None if self.valid_until is None else rfc3339(self.valid_until),
            "described": None if self.described is None else self.described.to_json(),
            "certificate_switch": None if self.switch is None else self.switch.to_json(),
        }
        return {name: value for name, value in shown.items() if value is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "SamlService":
        """Of what `to_json` gave; not for documents from outside."""
        return cls(
            source=MetadataSource.from_json(document),
            sha1_until=document.get("sha1_until"),
            subject_id=saml_subject_ids.from_json(document),
            ecp=document.get("ecp", False),
            entity_id=document["entity_id"],
            consumers=tuple(map(Consumer.from_json, document["acs"])),
            logouts=tuple(map(LogoutAddress.from_json, document["slo"])),
            keys=ServiceKeys.from_json(document),
            name_id_format=NameIdFormat(document["nameid_format"]),
            name_id_source=document.get("nameid_source"),
            attributes=tuple(map(MappedAttribute.from_json, document["attributes"])),
            signs=Signs(document["sign"]),
            signature_alg=SignatureAlg(document["signature_algorithm"]),
            encrypts=document["encrypt"],
            cipher=ContentCipher(document["encryption_algorithm"]),
            transport=KeyTransport(document["key_transport_algorithm"]),
            requires_signed_requests=document["require_signed_requests"],
            idp_initiated=document["idp_initiated"],
            valid_until=micros(parse(document["valid_until"])) if "valid_until" in document else None,
            described=Described.from_json(document["described"]) if "described" in document else None,
            switch=Switch.from_json(document["certificate_switch"]) if "certificate_switch" in document else None,
        )
