from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-04-01T00:00:00Z"])]
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-04-01"])]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", examples=["kaede"])]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class Sent(BaseModel):
    """What may be sent: a member that is not named here is refused."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """What is shown: members may be added."""


class FieldProblem(Shown):
    """One field that is wrong. `pointer` is RFC 6901 into the body (or `/name` of a query parameter). `found` is null
    where there was nothing, or what was there is not repeated."""

    pointer: str
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    detail: str
    found: object | None
    expected: object | None
    article: str | None = None
    number: str | None = None


class Problem(Shown):
    """RFC 9457. `code` is stable and for programs; `reference` finds the request in the operator's log, and so does
    `X-Request-ID`; what is not there has that alone, in one body whatever the reason."""

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    reference: str | None = None
    errors: list[FieldProblem] | None = None
