"""Planned changes: what is to become of an ID at an instant to come, and what became of it.

Owns the plans and their outcomes. A plan is carried out once, those of one person in their order, by the steps of a
change that is asked for there and then; who planned it must still be allowed to, or it does not happen. That somebody
is to be disabled or deleted, decisions keep by the clock, whether or not anybody has carried it out yet. What was done
is undone only while nothing of it has changed since.
"""

from idp.planning.actions import cancel, plan, undo
from idp.planning.carrying_out import carry_out, first_due
from idp.planning.document import read, to_json
from idp.planning.effects import NEEDED
from idp.planning.model import Act, Plan, Planner, PlanStatus, Wish
from idp.planning.rehearsing import Rehearsal, rehearse
from idp.planning.store import LISTED, OF_USER, due, get

__all__ = [
    "LISTED",
    "NEEDED",
    "OF_USER",
    "Act",
    "Plan",
    "PlanStatus",
    "Planner",
    "Rehearsal",
    "Wish",
    "cancel",
    "carry_out",
    "due",
    "first_due",
    "get",
    "plan",
    "read",
    "rehearse",
    "to_json",
    "undo",
]
