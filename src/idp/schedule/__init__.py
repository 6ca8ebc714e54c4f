"""The schedule: the door through which time comes in, as requests come in through the others.

It carries out what dates have made due, in the order of the dates, each effect in a transaction of its own. What is due
and what follows from it the rooms decide; who works beside whom does not matter, for each effect is one conditional
write of a room's. Nothing waits for it: what is shown and enforced follows the dates whether or not it has run.
"""

from idp.schedule.contract_dates import ContractDates
from idp.schedule.erasures import Erasures
from idp.schedule.id_dates import IdDates
from idp.schedule.key_rotations import KeyRotations
from idp.schedule.model import Done, Item, Outcome, Place, Step
from idp.schedule.persons import Persons
from idp.schedule.planned_changes import PlannedChanges
from idp.schedule.running import run
from idp.schedule.service_upkeep import ServiceUpkeep
from idp.schedule.statements import Statements
from idp.schedule.trail_upkeep import TrailUpkeep
from idp.schedule.watching import Watch

__all__ = [
    "ContractDates",
    "Done",
    "Erasures",
    "IdDates",
    "Item",
    "KeyRotations",
    "Outcome",
    "Persons",
    "Place",
    "PlannedChanges",
    "ServiceUpkeep",
    "Statements",
    "Step",
    "TrailUpkeep",
    "Watch",
    "run",
]
