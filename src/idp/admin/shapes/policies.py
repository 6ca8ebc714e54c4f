from typing import Annotated, Any, Literal

from pydantic import Field

from idp.access import Effect, Needed, Requirement, Result
from idp.admin.shapes.base import Instant, Sent, Shown, Text

_Condition = Annotated[
    dict[str, Any],
    Field(
        description="One member, which says its kind: `all`, `any`, `not`, `network`, `country`, `group`, "
        "`affiliation`, `time`, `device`, `authentication`, `browser` or `verification_status`.",
        examples=[{"not": {"network": {"in": ["203.0.113.0/24", "head office"]}}}],
    ),
]
_Services = Annotated[list[str], Field(description='`["*"]`, or ids of services.', min_length=1)]
_Cedar = Annotated[str, Field(description="A Cedar policy, in place of the form.")]
Outcome = Literal["permit", "deny", "step_up"]
_Age = Annotated[int, Field(description="Of `fresh_sign_in`; 300 where it is left out.", ge=0)]


class PolicyChange(Sent):
    """RFC 7396. `when` is replaced as a whole; a text takes the place of a form and a form that of a text."""

    name: Text | None = None
    effect: Effect | None = None
    services: _Services | None = None
    when: _Condition | None = None
    require: list[Requirement] | None = None
    max_age_seconds: _Age | None = None
    report_only: Annotated[bool | None, Field(description="It is evaluated and decides nothing.")] = None
    text: _Cedar | None = None


class NewPolicy(PolicyChange):
    """A form (`effect`, `services`, `when`), or a `text`."""

    name: Text


class RuleInForce(Shown):
    """As a form, where a form can express it, and as text; `source` is the one that was sent."""

    id: str
    name: str
    source: Literal["form", "text"]
    effect: Effect | None
    services: list[str] | None
    when: _Condition | None
    require: list[Requirement] | None = None
    max_age_seconds: int | None = None
    report_only: bool
    text: str


class Policy(RuleInForce):
    """One of the draft set."""

    created_at: Instant
    changed_at: Instant


class InForce(Shown):
    """`activation` is null where none was ever confirmed, or confirmed in time: no policies decide."""

    activation: str | None
    activated_at: Instant | None
    confirm_by: Instant | None
    confirmed_at: Instant | None
    policies: list[RuleInForce]


class Activate(Sent):
    confirm_within_seconds: Annotated[int | None, Field(ge=1, le=86_400, description="600 where it is left out.")] = (
        None
    )


class Activation(Shown):
    """From `confirm_by` on, what was confirmed last is in force again."""

    activation: str
    confirm_by: Instant


class Confirm(Sent):
    activation: str


class Confirmed(Shown):
    activation: str


class Authentication(Sent):
    methods: Annotated[list[str] | None, Field(description="Values of RFC 8176.", examples=[["pwd"]])] = None
    age_seconds: Annotated[int | None, Field(ge=0)] = None


class Device(Sent):
    enrolled: bool = False
    compliant: bool = False
    certificate: bool = False


class Browser(Sent):
    family: str | None = None
    version: int | None = None


class Context(Sent):
    """Where somebody is, with what. Without `country` it is looked up; without `time` it is now."""

    ip: str | None = None
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$")] = None
    time: Instant | None = None
    authentication: Authentication | None = None
    device: Device | None = None
    browser: Browser | None = None


class Subject(Sent):
    user: str


class Simulate(Sent):
    """`policies` stand in for those in force."""

    subject: Subject
    service: str
    context: Context
    policies: list[NewPolicy] | None = None


class Sentence(Shown):
    code: str
    ja: str
    en: str


class RuleResult(Shown):
    id: str
    name: str
    effect: Effect
    result: Result
    report_only: bool


class Simulated(Shown):
    decision: Outcome
    missing: list[Needed]
    rules: list[RuleResult]
    reason: Sentence


class Backtest(Sent):
    """Tried on the decisions of `[from, to)`."""

    policies: list[NewPolicy]
    from_: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None


class Backtested(Shown):
    """`users` are the IDs newly denied. `truncated`: there are more decisions than are tried at once."""

    evaluated: int
    newly_denied: int
    newly_permitted: int
    newly_step_up: int
    users: list[str]
    truncated: bool
    covered_until: Annotated[Instant | None, Field(description="When the last decision was made that was tried.")]
