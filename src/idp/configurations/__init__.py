"""The configuration of tenants as one document: written out, compared with what there is, and put in place.

A kind of configuration is one module and one line in `kinds`. Each is read, judged and changed by its room's own verbs,
with the checks, the trail and the revisions that a change over the API has; nothing here writes to a table. A document
names what shall be: what it does not name stays, unless it is to be pruned. All of it is done in one transaction, over
all tenants, or nothing. A secret is never written out, and stands in a document by reference alone; IDs are not in it.
"""

from idp.configurations.applying import Applied, Order, Phase, Told, apply, compare
from idp.configurations.asking import Asked, Elsewhere
from idp.configurations.bench import Surroundings
from idp.configurations.exporting import VERSION, export, shown
from idp.configurations.kinds import KINDS
from idp.configurations.model import ABSENT, Action, Change, Plan, Refused, Revealed, Step, TenantPlan
from idp.configurations.placed import Document, Unreadable
from idp.configurations.placed import read as read_yaml
from idp.configurations.references import References
from idp.configurations.written import written as yaml_of

__all__ = [
    "ABSENT",
    "KINDS",
    "VERSION",
    "Action",
    "Applied",
    "Asked",
    "Change",
    "Document",
    "Elsewhere",
    "Order",
    "Phase",
    "Plan",
    "References",
    "Refused",
    "Revealed",
    "Step",
    "Surroundings",
    "TenantPlan",
    "Told",
    "Unreadable",
    "apply",
    "compare",
    "export",
    "read_yaml",
    "shown",
    "yaml_of",
]
