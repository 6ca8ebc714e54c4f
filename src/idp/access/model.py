from enum import StrEnum
from typing import NamedTuple

from idp.access.policies import Action, Inputs, RuleResult
from idp.access.policies import Decision as Outcome
from idp.access.vocabulary import Needed, Reason
from idp.federation import Service
from idp.kit.errors import Refused
from idp.tenants import Tenant
from idp.users import Standing

__all__ = [
    "Admission",
    "Decision",
    "Moment",
    "Needed",
    "NotAdmitted",
    "Outcome",
    "Person",
    "PersonProof",
    "Reason",
    "ServiceProof",
    "Situation",
]


class Moment(StrEnum):
    """Where the question comes up. A step-up is asked where a person can answer it; elsewhere only denials count."""

    AUTHORIZATION = "authorization"
    AUTHZEN = "authzen"
    CODE = "code"
    REFRESH = "refresh"
    CLIENT_CREDENTIALS = "client_credentials"
    EXCHANGE = "exchange"
    USERINFO = "userinfo"
    INTROSPECTION = "introspection"

    @property
    def action(self) -> Action:
        return Action.SIGN_IN if self in _SIGNING_IN else Action.TOKEN


_SIGNING_IN = frozenset({Moment.AUTHORIZATION, Moment.AUTHZEN})


class Situation(NamedTuple):
    """Where somebody is, with what, and what they proved when: None is not known. `methods` are values of RFC 8176,
    `authenticated_at` is in microseconds; a device that says nothing is nothing."""

    ip: str | None = None
    country: str | None = None
    methods: frozenset[str] | None = None
    authenticated_at: int | None = None
    browser_family: str | None = None
    browser_version: int | None = None
    device_enrolled: bool = False
    device_compliant: bool = False
    device_certificate: bool = False


class Person(NamedTuple):
    """Who it is, as far as decisions ask; `user` is None when there is no such ID, or no longer."""

    id: str
    user: Standing | None
    groups: frozenset[str]
    assigned: bool


class PersonProof(NamedTuple):
    """A person has proved who they are. `fresh`: for this very request, so that nothing is asked of them twice.
    `along`: the same person at the other services that it is about, where they must be let in too."""

    service: Service
    person: Person
    situation: Situation
    session_id: str = ""
    methods: str = "[]"
    authenticated_at: int = 0
    fresh: bool = False
    along: tuple["PersonProof", ...] = ()

    @property
    def user(self) -> Standing | None:
        return self.person.user


class ServiceProof(NamedTuple):
    """A service has proved itself and asks in its own name."""

    service: Service


class Decision(NamedTuple):
    """What was decided, with everything it was decided from: enough to say why, now and later.

    `inputs` and `rules` are there as far as the question came; `set_id` names the rules that were in force, None where
    there were none. The sentences are those of the rule that decided, or empty.
    """

    reference: str
    at_us: int
    moment: Moment
    outcome: Outcome
    reason: Reason
    inputs: Inputs
    assigned: bool
    assignment_required: bool
    missing: tuple[Needed, ...] = ()
    rules: tuple[RuleResult, ...] = ()
    set_id: str | None = None
    reason_ja: str = ""
    reason_en: str = ""

    @property
    def permits(self) -> bool:
        return self.outcome is Outcome.PERMIT


class NotAdmitted(Refused):
    """The gate's no: its code is a `Reason`, its members carry the `reference`."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason.value, reference=decision.reference)
        self.decision = decision


class Admission(NamedTuple):
    """The gate's yes, for one subject, one service and one instant. Only `Gate.admit` makes one.

    `along` are the decisions at the other services that the person had to be let in at. `decision` is None where a
    service asks in its own name: then the token's own row says all there is to say.
    """

    tenant: Tenant
    revision: int
    service: Service
    user: Standing | None
    session_id: str | None
    methods: str
    authenticated_at: int
    at_us: int
    reference: str
    decision: Decision | None = None
    along: tuple[Decision, ...] = ()

    @property
    def user_generation(self) -> int:
        """0 where no person takes part."""
        return self.user.generation if self.user else 0
