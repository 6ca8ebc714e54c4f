"""The gate: may this subject use this service now?

Every protocol asks here and nowhere else. Making a token or an assertion takes an `Admission`, and only `Gate.admit`
makes one. A decision is pure: it reads facts that were fetched before and the instant it is given, and does no I/O; its
facts carry the tenant's revision, and whatever was decided on an older revision is never committed (`tenants.hold`).
Facts are remembered between requests, verdicts never.
"""

from idp.access import networks, networks_abroad
from idp.access.countries import Countries, DatabaseRefused
from idp.access.countries import described as describe_countries
from idp.access.facts import FactMemory, Facts
from idp.access.gate import Gate
from idp.access.mentions import refuse_mentioned_group
from idp.access.model import Admission, PersonProof, Reason, ServiceProof
from idp.access.named_networks import Network, NetworkDraft
from idp.access.user_agents import Family as BrowserFamily
from idp.access.user_agents import UserAgent
from idp.access.user_agents import read as read_user_agent

__all__ = [
    "Admission",
    "BrowserFamily",
    "Countries",
    "DatabaseRefused",
    "FactMemory",
    "Facts",
    "Gate",
    "Network",
    "NetworkDraft",
    "PersonProof",
    "Reason",
    "ServiceProof",
    "UserAgent",
    "describe_countries",
    "networks",
    "networks_abroad",
    "read_user_agent",
    "refuse_mentioned_group",
]
