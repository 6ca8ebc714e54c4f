"""The words that rules and their results are told in."""

from enum import StrEnum


class Action(StrEnum):
    """What the subject is about to do. `TOKEN` is all that happens without a browser, after the sign-in."""

    SIGN_IN = "sign_in"
    TOKEN = "token"  # noqa: S105  # the act of issuing or using one


class Effect(StrEnum):
    DENY = "deny"
    PERMIT = "permit"
    STEP_UP = "step_up"


class Requirement(StrEnum):
    """What a step-up asks for."""

    MFA = "mfa"
    DEVICE_CERTIFICATE = "device_certificate"
    FRESH_SIGN_IN = "fresh_sign_in"


class Decision(StrEnum):
    PERMIT = "permit"
    DENY = "deny"
    STEP_UP = "step_up"


class Why(StrEnum):
    """The reason for a decision, as far as rules and assignment decide it."""

    POLICY_DENIED = "policy_denied"
    POLICY_ERROR = "policy_error"
    NO_RULE_PERMITS = "no_rule_permits"
    NOT_ASSIGNED = "not_assigned"
    STEP_UP_REQUIRED = "step_up_required"
    PERMITTED = "permitted"


class Result(StrEnum):
    MATCH = "match"
    NO_MATCH = "no_match"
    ERROR = "error"
