from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple


class Result(StrEnum):
    """A failed check leaves a service unverified; a warning does not."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Check(StrEnum):
    REDIRECT_URI = "redirect_uri"
    REDIRECT_HOST = "redirect_host"
    IMPLICIT_GRANT = "implicit_grant"
    KEYS = "keys"
    JWKS_URI = "jwks_uri"
    SECTOR_IDENTIFIER = "sector_identifier_uri"
    LOGO = "logo_uri"
    POLICY = "policy_uri"
    TERMS = "tos_uri"
    HOME_PAGE = "client_uri"
    INITIATE_LOGIN = "initiate_login_uri"
    BACK_CHANNEL_LOGOUT = "backchannel_logout_uri"
    FRONT_CHANNEL_LOGOUT = "frontchannel_logout_uri"
    ACS = "acs"
    ACS_HOST = "acs_host"
    CERTIFICATE = "certificate"
    LOGOUT = "slo"
    VALIDITY = "metadata_validity"
    METADATA = "metadata"


class Finding(NamedTuple):
    """`found` and `expected` as faults of fields have them."""

    check: Check
    result: Result
    en: str
    ja: str
    found: str | None = None
    expected: str | None = None

    def to_json(self) -> dict[str, Any]:
        detail = {"en": self.en, "ja": self.ja}
        ends = {"found": self.found, "expected": self.expected}
        return {"check": self.check.value, "result": self.result.value, "detail": detail, **ends}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Finding":
        detail = said["detail"]
        ends = said["found"], said["expected"]
        return cls(Check(said["check"]), Result(said["result"]), detail["en"], detail["ja"], *ends)


class Verification(NamedTuple):
    """`complete`: with what had to be asked of others. Instants in microseconds."""

    checked_at: int
    complete: bool
    findings: tuple[Finding, ...]
    confirmed_at: int | None = None

    @property
    def failed(self) -> list[str]:
        return sorted({each.check.value for each in self.findings if each.result is Result.FAILED})
