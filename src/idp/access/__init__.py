"""The gate: may this subject use this service now?

Every protocol asks here and nowhere else. Making a token or an assertion takes an `Admission`, and only `Gate.admit`
makes one. A decision is pure: it reads facts that were fetched before and the instant it is given, and does no I/O; its
facts carry the tenant's revision, and whatever was decided on an older revision is never committed (`tenants.hold`).
Facts are remembered between requests, verdicts never.

Beside the gate stand what it goes by and what it leaves behind: the rules of a tenant, in draft and in force, the
decisions that were made, and the exchanges with services that led to them. No rule reaches what comes before all rules:
contract, ID, service and country.
"""

from idp.access import drafts, networks, networks_abroad, policies, records, traces
from idp.access.backtest import Tried, backtest
from idp.access.bound_keys import names_for_keys, refuse_elsewhere
from idp.access.countries import Countries, DatabaseRefused
from idp.access.countries import described as describe_countries
from idp.access.drafts import Activation
from idp.access.explaining import as_of
from idp.access.facts import FactMemory, Facts
from idp.access.gate import Gate
from idp.access.in_force import Rules
from idp.access.mentions import refuse_mentioned_group
from idp.access.mentions import told as told_mentions
from idp.access.model import Admission, Decision, Moment, NotAdmitted, Outcome, PersonProof, ServiceProof
from idp.access.named_networks import Network, NetworkDraft, NetworkId
from idp.access.policies import Effect, Requirement, Result, RuleResult
from idp.access.proving import person_of, prove, prove_along
from idp.access.records import SWEEPS as DECISIONS
from idp.access.records import Chosen, Remembered, remember, remember_admission
from idp.access.remedies import Remedy, smallest_change
from idp.access.rulebook import Policy, PolicyId
from idp.access.traces import Allowance, End, Fault, Kind, Step, Trace
from idp.access.traces import Kept as KeptTrace
from idp.access.traces import Wanted as WantedTraces
from idp.access.user_agents import Family as BrowserFamily
from idp.access.user_agents import UserAgent
from idp.access.user_agents import read as read_user_agent
from idp.access.vocabulary import Needed, Reason
from idp.access.what_if import Described, evaluate, only_known, question, read_context, unanswerable

SWEEPS = (*DECISIONS, *traces.SWEEPS)

__all__ = [
    "SWEEPS",
    "Activation",
    "Admission",
    "Allowance",
    "BrowserFamily",
    "Chosen",
    "Countries",
    "DatabaseRefused",
    "Decision",
    "Described",
    "Effect",
    "End",
    "FactMemory",
    "Facts",
    "Fault",
    "Gate",
    "KeptTrace",
    "Kind",
    "Moment",
    "Needed",
    "Network",
    "NetworkDraft",
    "NetworkId",
    "NotAdmitted",
    "Outcome",
    "PersonProof",
    "Policy",
    "PolicyId",
    "Reason",
    "Remedy",
    "Remembered",
    "Requirement",
    "Result",
    "RuleResult",
    "Rules",
    "ServiceProof",
    "Step",
    "Trace",
    "Tried",
    "UserAgent",
    "WantedTraces",
    "as_of",
    "backtest",
    "describe_countries",
    "drafts",
    "evaluate",
    "names_for_keys",
    "networks",
    "networks_abroad",
    "only_known",
    "person_of",
    "policies",
    "prove",
    "prove_along",
    "question",
    "read_context",
    "read_user_agent",
    "records",
    "refuse_elsewhere",
    "refuse_mentioned_group",
    "remember",
    "remember_admission",
    "smallest_change",
    "told_mentions",
    "traces",
    "unanswerable",
]
