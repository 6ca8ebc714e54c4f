"""Plans: what is sold, and at which price. The products are named here, for whoever sells, agrees or counts them.

Owns the plans, which never change once made: what was agreed at a price stays agreed at it, and a new price is a new
plan. Prices are whole yen without tax. All of it belongs to the platform: a unit of a tenant sees no plan, and who may
read one is for doors to say. Never counts anything: a statement is made elsewhere, from what stands here.
"""

from idp.plans.actions import create
from idp.plans.document import read, to_json
from idp.plans.model import PREFIX, AddOn, Basis, Plan, PlanDraft, PlanId, Product
from idp.plans.store import LISTED, find, get, named, page

__all__ = [
    "LISTED",
    "PREFIX",
    "AddOn",
    "Basis",
    "Plan",
    "PlanDraft",
    "PlanId",
    "Product",
    "create",
    "find",
    "get",
    "named",
    "page",
    "read",
    "to_json",
]
