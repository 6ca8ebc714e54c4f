from typing import Annotated

from pydantic import ConfigDict, Field

from idp.admin.shapes.base import Day, Instant, Sent, Shown, Slug
from idp.approvals import State
from idp.contracts import EndReason, Status

Digest = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of the canonical form (RFC 8785) of `change`.",
        examples=["5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"],
    ),
]


class Proposed(Shown):
    """Nothing has changed yet: a second operator approves just this."""

    approval: Annotated[str, Field(examples=["apv_01K9ZQ6J7R8S9T0V1W2X3Y4Z5A"])]
    digest: Digest
    act: str
    contract: str
    expires_at: Instant


class ProposedChange(Shown):
    """The exact change: the act, the contract as it stood at `version` (so many rows its history
    has), the parameters with the reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"act": "terminate", "contract": "con_01K9", "version": 4, "parameters": {"reason": "Art. 14.2 (3)"}}
            ]
        }
    )
    act: str
    contract: str
    version: int
    parameters: dict[str, str]


class Standing(Shown):
    status: Status
    end_reason: EndReason | None
    ended_on: Day | None
    stop_date: Day | None
    export_until: Day | None


class Outcome(Shown):
    """What would come of it, tried when it was proposed; `after` is null for an act that is not tried."""

    before: Standing
    after: Standing | None


class Approval(Shown):
    id: str
    state: State
    change: ProposedChange
    digest: Digest
    tenant: Slug
    outcome: Outcome
    proposed_by: Annotated[str, Field(description="The account, or the key of the machine.")]
    proposed_at: Instant
    expires_at: Instant
    decided_by: str | None
    decided_at: Instant | None


class Decision(Sent):
    """`digest` of what you have seen; left out, the change is the one of the path."""

    digest: Digest | None = None
