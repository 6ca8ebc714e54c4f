from typing import Annotated, Any

from pydantic import Field

from idp.access import Needed
from idp.admin.shapes.base import Instant, Shown
from idp.admin.shapes.policies import Outcome, RuleResult, Sentence, Subject


class PastDecision(Shown):
    """`subject` is null where nobody was known; `moment` says where the question came up."""

    reference: str
    at: Instant
    decision: Outcome
    reason: Sentence
    missing: list[Needed]
    subject: Subject | None
    service: str | None
    moment: str


class Remedy(Shown):
    """A fact that would have to be otherwise."""

    fact: str
    from_: Annotated[Any, Field(alias="from")]
    to: Any


class Explanation(PastDecision):
    """As it was decided: every rule that applied, every input."""

    inputs: dict[str, Any]
    rules: list[RuleResult]
    smallest_change: Annotated[list[Remedy], Field(description="What would have let them in; empty: nothing found.")]
    policy_set: Annotated[str | None, Field(description="The activation that was in force.")]
