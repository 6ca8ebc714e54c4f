"""The words that a service is described in."""

from enum import StrEnum


class Protocol(StrEnum):
    OIDC = "oidc"
    SAML = "saml"


class ServiceStatus(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"


class VerificationStatus(StrEnum):
    """動作保証. Shown and usable in policies; it never blocks by itself."""

    UNVERIFIED = "unverified"
    MEETS_SPEC = "meets_spec"
    VERIFIED = "verified"


class Consent(StrEnum):
    """Whether the tenant's own people are asked before a service learns about them."""

    NONE = "none"
    REQUIRED = "required"


class AssigneeKind(StrEnum):
    USER = "user"
    GROUP = "group"
