from dataclasses import dataclass
from typing import NamedTuple, NewType
from urllib.parse import urlsplit

from idp.federation.oidc_client import OidcClient
from idp.federation.saml_service import SamlService
from idp.federation.vocabulary import AssigneeKind, Consent, Protocol, ServiceStatus, VerificationStatus

ServiceId = NewType("ServiceId", str)
AssignmentId = NewType("AssignmentId", str)


class Assignee(NamedTuple):
    """One ID, or all that are in a group."""

    kind: AssigneeKind
    id: str


class FormerSecret(NamedTuple):
    """The secret before the present one, which proves as much until an instant (microseconds)."""

    digest: bytes
    until: int
    since: int | None = None
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A federated service as decisions see it. Nothing here is a person's, and no secret can be read back from it:
    one that has to be known again, to check what is signed by it, is sealed with the tenant's key.

    `generation` is what its tokens are born under; `version` counts changes.
    """

    id: ServiceId
    name: str
    protocol: Protocol
    client_id: str
    status: ServiceStatus
    generation: int
    verification_status: VerificationStatus
    assignment_required: bool
    consent: Consent
    oidc: OidcClient | None
    secret_digests: tuple[bytes, ...]  # SHA-256
    version: int
    created_at: int
    sealed_secret: bytes | None = None
    saml: SamlService | None = None  # then `client_id` is its entity ID: two of a tenant never have the same
    secret_since: int | None = None
    former: FormerSecret | None = None
    assignment_said: bool = False  # of an API: that it needs no assignment is not merely implied
    catalogue: str | None = None

    def secrets_at(self, now_us: int) -> tuple[bytes, ...]:
        """The hashes of those that prove it then."""
        if self.former is None or self.former.until <= now_us:
            return self.secret_digests
        return (*self.secret_digests, self.former.digest)

    def former_at(self, now_us: int) -> FormerSecret | None:
        return None if self.former is None or self.former.until <= now_us else self.former

    @property
    def enabled(self) -> bool:
        return self.status is ServiceStatus.ENABLED

    @property
    def consent_required(self) -> bool:
        return self.consent is Consent.REQUIRED

    @property
    def host(self) -> str:
        """Where people are sent, for them to see beside the name that the service gives itself; may be empty."""
        if self.saml:
            return urlsplit(self.saml.consumers[0].url).netloc
        return self.oidc.redirects.first_host if self.oidc else ""


class ServiceDraft(NamedTuple):
    """What is registered, judged: of one of the two protocols. `secret` is one that was brought along, to be hashed."""

    name: str
    status: ServiceStatus
    assignment_required: bool
    consent: Consent
    oidc: OidcClient | None
    contacts: tuple[str, ...] = ()
    secret: str | None = None
    saml: SamlService | None = None
    assignment_said: bool = False
    catalogue: str | None = None


class KnownAs(NamedTuple):
    """Who a service was before: to the tenant, and, a client, to itself."""

    id: ServiceId | None = None
    client_id: str | None = None


NOBODY_YET = KnownAs()


class KeptSecret(NamedTuple):
    """What is stored of a secret: its SHA-256, and itself, sealed, where it has to be known again."""

    digest: bytes | None = None
    sealed: bytes | None = None
    since: int | None = None
    former: FormerSecret | None = None


class Registered(NamedTuple):
    """A service as its registration is answered; `secret` only where one was made or brought along just now."""

    service: Service
    contacts: tuple[str, ...]
    secret: str | None = None

    @property
    def draft(self) -> ServiceDraft:
        """What would register it so."""
        service = self.service
        return ServiceDraft(
            service.name,
            service.status,
            service.assignment_required,
            service.consent,
            service.oidc,
            self.contacts,
            saml=service.saml,
            assignment_said=service.assignment_said,
            catalogue=service.catalogue,
        )


class Assignment(NamedTuple):
    id: AssignmentId
    service_id: ServiceId
    kind: AssigneeKind
    subject_id: str
    created_at: int
