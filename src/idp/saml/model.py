from enum import StrEnum
from typing import NamedTuple

from idp.federation import NameFormat, NameIdFormat


class Kind(StrEnum):
    """Messages that are taken from services (core 3)."""

    AUTHN_REQUEST = "AuthnRequest"
    LOGOUT_REQUEST = "LogoutRequest"
    LOGOUT_RESPONSE = "LogoutResponse"
    ARTIFACT_RESOLVE = "ArtifactResolve"

    @property
    def parameter(self) -> str:
        """Bindings 3.4.4, 3.5.4: in which parameter it comes."""
        return "SAMLResponse" if self is Kind.LOGOUT_RESPONSE else "SAMLRequest"


class Status(StrEnum):
    """Core 3.2.2.2. The first four stand alone or outermost, all others inside one of them."""

    SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
    REQUESTER = "urn:oasis:names:tc:SAML:2.0:status:Requester"
    RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
    VERSION_MISMATCH = "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch"
    AUTHN_FAILED = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
    INVALID_ATTR_NAME = "urn:oasis:names:tc:SAML:2.0:status:InvalidAttrNameOrValue"
    INVALID_NAMEID_POLICY = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy"
    NO_AUTHN_CONTEXT = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext"
    NO_AVAILABLE_IDP = "urn:oasis:names:tc:SAML:2.0:status:NoAvailableIDP"
    NO_PASSIVE = "urn:oasis:names:tc:SAML:2.0:status:NoPassive"
    NO_SUPPORTED_IDP = "urn:oasis:names:tc:SAML:2.0:status:NoSupportedIDP"
    PARTIAL_LOGOUT = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
    PROXY_COUNT_EXCEEDED = "urn:oasis:names:tc:SAML:2.0:status:ProxyCountExceeded"
    REQUEST_DENIED = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
    REQUEST_UNSUPPORTED = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported"
    UNKNOWN_PRINCIPAL = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"
    UNSUPPORTED_BINDING = "urn:oasis:names:tc:SAML:2.0:status:UnsupportedBinding"


class Outcome(NamedTuple):
    """`inner` says more about the outer code; `said` is a sentence for whoever runs the service."""

    code: Status
    inner: Status | None = None
    said: str | None = None


SUCCESS = Outcome(Status.SUCCESS)


class NameId(NamedTuple):
    """Core 2.2.3. The qualifiers say for whom a persistent or transient name is one (8.3.7, 8.3.8)."""

    value: str
    format: NameIdFormat
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None


class Attribute(NamedTuple):
    """Core 2.7.3.1; a person can have several values of it."""

    name: str
    values: tuple[str, ...]
    format: NameFormat = NameFormat.URI
    friendly_name: str | None = None


class Recipient(NamedTuple):
    """Whom an answer is for: `audience` is the entityID, `address` where it is sent, `request_id` what it answers, None
    where nobody has asked (profiles 4.1.5)."""

    audience: str
    address: str
    request_id: str | None


class Authentication(NamedTuple):
    """What an assertion says beside who it is. `context` is the class that was reached (core 2.7.2.2); the session ends
    at `ends_at` (microseconds), and has the name `session_index` for this service."""

    context: str
    session_index: str
    ends_at: int
