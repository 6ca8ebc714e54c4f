from typing import Annotated, Any

from pydantic import Field

from idp.access import End, Kind, Step
from idp.admin.shapes.base import Instant, Shown


class Fault(Shown):
    """The field that was wrong, where it stands, and what would have been right."""

    field: Annotated[str, Field(examples=["/AuthnRequest/@Destination"])]
    found: str | None
    expected: str | list[str] | None
    detail: str


class TraceLine(Shown):
    """`reference` is that of the page and the log; `code` says how it ended; `decision` is the reference of what the
    gate said, for `/decisions/{reference}/explanation`."""

    reference: str
    at: Instant
    protocol: str
    kind: Kind
    service: str
    outcome: End
    code: str
    failed_step: Step | None
    fault: Fault | None
    decision: str | None


class StepResult(Shown):
    step: Step
    result: Annotated[str, Field(pattern="^(passed|failed|not_reached)$")]


class Trace(TraceLine):
    """The message and the answer as they were, redacted; null where there was none."""

    steps: list[StepResult]
    request: dict[str, Any] | None
    answer: dict[str, Any] | None
