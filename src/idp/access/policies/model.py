"""What is asked, what a rule is, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any, NamedTuple

from idp.access.policies.conditions import Condition
from idp.access.policies.words import Action, Decision, Effect, Requirement, Result, Why


class Fact(IntFlag):
    """What a rule may need to know. A device needs none: one that says nothing has nothing."""

    USER = 1
    GROUPS = 2
    AFFILIATION = 4
    ADDRESS = 8
    COUNTRY = 16
    METHODS = 32
    AGE = 64
    BROWSER_FAMILY = 128
    BROWSER_VERSION = 256
    DEVICE = 512
    VERIFICATION = 1024
    INSTANT = 2048
    ZONE = 4096
    HOLIDAYS = 8192


# What a service has that asks in its own name.
IMPERSONAL = Fact.VERIFICATION | Fact.INSTANT | Fact.ZONE | Fact.HOLIDAYS


class Inputs(NamedTuple):
    """The facts of one question; None is what is not known.

    Without a browser, those of place, device and authentication are the ones recorded at the last sign-in. `user_id` is
    None where a service asks in its own name. `ip` is text; `methods` are values of RFC 8176; `age_seconds` counts from
    the last authentication; `zone` is the tenant's.
    """

    service_id: str
    action: Action
    now_us: int
    zone: str
    user_id: str | None = None
    groups: frozenset[str] | None = None
    affiliation: str | None = None
    verification_status: str | None = None
    ip: str | None = None
    country: str | None = None
    methods: frozenset[str] | None = None
    age_seconds: int | None = None
    browser_family: str | None = None
    browser_version: int | None = None
    device_enrolled: bool = False
    device_compliant: bool = False
    device_certificate: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What it takes to evaluate a Cedar text: the text as Cedar is asked it, the names that its facts are for, and the
    expressions that must all hold (cedar's JSON policy format)."""

    text: str
    groups: frozenset[str]
    networks: frozenset[str]
    zones: frozenset[str]
    bodies: tuple[Mapping[str, Any], ...] = field(repr=False, compare=False)


class Rule(NamedTuple):
    """A policy that was read. `services` None: every one; `actions` None: both, as for every form.

    `condition` is that of a form, or the one that says what the `text` says; None where no form can. `broken` says
    why a stored rule cannot be read any more: it is an error wherever it might apply.
    """

    id: str
    name: str
    effect: Effect
    services: frozenset[str] | None
    condition: Condition | None
    require: tuple[Requirement, ...] = ()
    max_age_seconds: int = 300
    report_only: bool = False
    actions: frozenset[Action] | None = None
    needs: Fact = Fact(0)
    text: str | None = None
    judged: Judged | None = None
    reason_ja: str = ""
    reason_en: str = ""
    broken: str = ""


class RuleResult(NamedTuple):
    id: str
    name: str
    effect: Effect
    result: Result
    report_only: bool


class Outcome(NamedTuple):
    """`rules` are all that apply to the service and the action, whether they matched or not, in the order of their ids;
    `missing` is what a step-up asks for. The sentences are those of the rule that decided, or empty."""

    decision: Decision
    reason: Why
    missing: tuple[Requirement, ...]
    rules: tuple[RuleResult, ...]
    reason_ja: str = ""
    reason_en: str = ""
