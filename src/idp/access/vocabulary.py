"""Why the gate says no, and what it asks for."""

from enum import StrEnum


class Reason(StrEnum):
    """Why; stable codes that programs and people are shown."""

    CONTRACT_NOT_ESTABLISHED = "contract_not_established"
    CONTRACT_NOT_STARTED = "contract_not_started"
    CONTRACT_SUSPENDED = "contract_suspended"
    CONTRACT_ENDED = "contract_ended"
    ID_UNKNOWN = "id_unknown"
    ID_DISABLED = "id_disabled"
    ID_NOT_STARTED = "id_not_started"
    ID_ENDED = "id_ended"
    SERVICE_UNKNOWN = "service_unknown"
    OUTSIDE_JAPAN = "outside_japan"
    COUNTRY_UNKNOWN = "country_unknown"
    POLICY_DENIED = "policy_denied"
    POLICY_ERROR = "policy_error"
    NO_RULE_PERMITS = "no_rule_permits"
    NOT_ASSIGNED = "not_assigned"
    DEVICE_ENTITLEMENT_ENDED = "device_entitlement_ended"
    STEP_UP_REQUIRED = "step_up_required"
    PERMITTED = "permitted"


class Needed(StrEnum):
    """What a step-up asks for: what rules may require, and the terms, for which no rule is needed."""

    MFA = "mfa"
    DEVICE_CERTIFICATE = "device_certificate"
    FRESH_SIGN_IN = "fresh_sign_in"
    TERMS_ACCEPTANCE = "terms_acceptance"
