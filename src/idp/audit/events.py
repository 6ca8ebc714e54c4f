"""The vocabulary of the trail: `noun.what_happened`, past tense."""

from enum import StrEnum


class Event(StrEnum):
    TENANT_CREATED = "tenant.created"
    TENANT_CHANGED = "tenant.changed"
    REGISTRATION_CHANGED = "registration.changed"
    CONTRACT_APPLIED = "contract.applied"
    CONTRACT_MOVED = "contract.moved"
    CONTRACT_ASKED = "contract.asked"
    CONTRACT_ERASED = "contract.erased"
    DATABASE_RESTORED = "database.restored"
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_DELETED = "user.deleted"
    PASSWORD_SET = "password.set"  # noqa: S105 - the name of an event
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    SESSION_ENDED = "session.ended"
    SERVICE_CREATED = "service.created"
    SERVICE_CHANGED = "service.changed"
    SERVICE_DELETED = "service.deleted"
    SERVICE_SECRET_ROTATED = "service.secret_rotated"  # noqa: S105 - the name of an event
    SERVICE_ASSIGNED = "service.assigned"
    SERVICE_UNASSIGNED = "service.unassigned"
    API_KEY_CREATED = "api_key.created"
    API_KEY_DELETED = "api_key.deleted"
    PARTNER_CREATED = "partner.created"
    PARTNER_CHANGED = "partner.changed"
    APPROVAL_PROPOSED = "approval.proposed"
    APPROVAL_GRANTED = "approval.granted"
    APPROVAL_REJECTED = "approval.rejected"
    PLAN_CREATED = "plan.created"
    KEY_CREATED = "signing_key.created"
    CONSENT_GIVEN = "consent.given"
    CONSENT_DENIED = "consent.denied"
    CODE_ISSUED = "code.issued"
    CODE_REPLAYED = "code.replayed"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of an event
    REFRESH_REPLAYED = "refresh.replayed"
    CLIENT_REFUSED = "client.refused"
    ACCESS_REFUSED = "access.refused"
    STATEMENT_ISSUED = "statement.issued"
