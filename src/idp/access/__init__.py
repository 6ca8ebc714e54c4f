"""The gate: may this subject use this service now?

Every protocol asks here and nowhere else. Making a token or an assertion takes an `Admission`, and only `Gate.admit`
makes one. A decision is pure: it reads facts that were fetched before and the instant it is given, and does no I/O; its
facts carry the tenant's revision, and whatever was decided on an older revision is never committed (`tenants.hold`).
Facts are remembered between requests, verdicts never.
"""

from idp.access.facts import FactMemory, Facts
from idp.access.gate import Gate
from idp.access.model import Admission, PersonProof, Reason, ServiceProof

__all__ = ["Admission", "FactMemory", "Facts", "Gate", "PersonProof", "Reason", "ServiceProof"]
