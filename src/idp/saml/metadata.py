"""What services are told of us (SAML metadata 2.3, 2.4.3): addresses, keys, algorithms, names. Signed by the caller."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from idp import xml
from idp.federation import Binding, NameIdFormat
from idp.kit.clock import SECOND
from idp.saml.elements import moment, new_id
from idp.signing import DigestAlg, SignatureAlg, XmlKey
from idp.xml import DS, MD, SAMLP, XML, Element, Namespace

VALID = 14 * 86_400 * SECOND
CACHED = "PT6H"
_SIGNATURE_PLACE = 0  # metadata 2.3.2: before everything else
_ALG = Namespace("urn:oasis:names:tc:SAML:metadata:algsupport", "alg")
_MDUI = Namespace("urn:oasis:names:tc:SAML:metadata:ui", "mdui")
_SHIBMD = Namespace("urn:mace:shibboleth:metadata:1.0", "shibmd")


class Endpoint(NamedTuple):
    binding: Binding
    address: str


class Described(NamedTuple):
    """Only what is really served is named. `certificates` are in base64, the one that signs first; `names` are by
    language; `scopes` are the domains whose names we vouch for."""

    entity_id: str
    sign_on: Sequence[Endpoint]
    logout: Sequence[Endpoint]
    artifacts: Sequence[Endpoint]
    certificates: Sequence[str]
    name_id_formats: Sequence[NameIdFormat]
    names: Sequence[tuple[str, str]]
    scopes: Sequence[str] = ()
    wants_signed_requests: bool = False


def metadata(described: Described, *, at_us: int) -> Element:
    return MD.make(
        "EntityDescriptor",
        MD.make("Extensions", *_algorithms()),
        _role(described),
        entityID=described.entity_id,
        ID=new_id(),
        validUntil=moment(at_us + VALID),
        cacheDuration=CACHED,
    )


def sign(made: Element, key: XmlKey, alg: SignatureAlg) -> None:
    xml.sign(made, key, place=_SIGNATURE_PLACE, alg=alg)


def _role(described: Described) -> Element:
    return MD.make(
        "IDPSSODescriptor",
        _extensions(described),
        *map(_key, described.certificates),
        *_endpoints("ArtifactResolutionService", described.artifacts, indexed=True),
        *_endpoints("SingleLogoutService", described.logout),
        *(MD.make("NameIDFormat", each.value) for each in described.name_id_formats),
        *_endpoints("SingleSignOnService", described.sign_on),
        WantAuthnRequestsSigned="true" if described.wants_signed_requests else "false",
        protocolSupportEnumeration=SAMLP.uri,
    )


def _algorithms() -> Iterable[Element]:
    """Metadata Profile for Algorithm Support 2.5; without it there are services that sign by SHA-1."""
    yield from (_ALG.make("DigestMethod", Algorithm=each.value) for each in DigestAlg if not each.is_weak)
    yield from (_ALG.make("SigningMethod", Algorithm=each.value) for each in SignatureAlg if not each.is_weak)


def _extensions(described: Described) -> Element:
    return MD.make(
        "Extensions",
        *(_SHIBMD.make("Scope", scope, regexp="false") for scope in described.scopes),
        _MDUI.make("UIInfo", *(_display_name(*each) for each in described.names)),
    )


def _display_name(language: str, name: str) -> Element:
    made = _MDUI.make("DisplayName", name)
    made.set(XML("lang"), language)
    return made


def _key(certificate: str) -> Element:
    """Two during a rollover: a service that has read both does not notice which of them signs."""
    data = DS.make("X509Data", DS.make("X509Certificate", certificate))
    return MD.make("KeyDescriptor", DS.make("KeyInfo", data), use="signing")


def _endpoints(name: str, endpoints: Sequence[Endpoint], *, indexed: bool = False) -> Iterable[Element]:
    for index, each in enumerate(endpoints):
        numbered = {"index": str(index), "isDefault": "true" if index == 0 else "false"} if indexed else {}
        yield MD.make(name, Binding=each.binding.value, Location=each.address, **numbered)
