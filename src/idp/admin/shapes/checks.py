from typing import Annotated, Literal

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown
from idp.admin.shapes.catalogue import BothLanguages
from idp.federation import VerificationStatus


class Verify(Sent):
    confirm: Annotated[bool | None, Field(description="An operator's word that the service works.")] = None


class Finding(Shown):
    """`failed` leaves a service unverified; `warning` and `skipped` do not."""

    check: Annotated[str, Field(examples=["redirect_host"])]
    result: Literal["passed", "warning", "failed", "skipped"]
    detail: BothLanguages
    found: str | None
    expected: str | None


class Verification(Shown):
    """`complete`: with what had to be asked of others."""

    verification_status: VerificationStatus
    checked_at: Instant | None
    complete: bool
    confirmed_at: Annotated[Instant | None, Field(description="By an operator.")]
    findings: list[Finding]
