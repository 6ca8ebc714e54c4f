"""Contracts: the tenant's right to use a product for a term, from application to erasure.

Owns the state machine, the calendar of terms and the history of both. Never asks who may act (doors do) nor whether a
person gets in (the gate does); it says what a contract's state and dates allow, as of the instant it is given. The
dates count whether or not a job has written them down.

A contract before it is established is called an application: one record, one id. It belongs to the platform until its
approval brings the tenant into being, and from then on to the tenant, so that each row has one owner at each moment and
the walls between tenants hold for it. A unit of the platform reaches every contract and acts on each inside its
owner's; a unit of a tenant reaches its own.
"""

from idp.contracts.actions import complete_setup, reject, resume, screen, suspend, terminate, withdraw
from idp.contracts.applying import apply, approve
from idp.contracts.entitlements import ContractFacts, facts, is_known, reason_against, status_of
from idp.contracts.erasing import Erasable, erasable, erase, erase_again
from idp.contracts.form import read_application
from idp.contracts.instants import day_of, start_of_day
from idp.contracts.keeping import Kept, keep, waiting
from idp.contracts.lifecycle import EndReason, Event, Status
from idp.contracts.model import (
    Application,
    Change,
    Contact,
    Contract,
    ContractId,
    LegalForm,
    NonRenewal,
    Parties,
)
from idp.contracts.reading import find_live, get, history, page
from idp.contracts.requests import ask_non_renewal, ask_stop, withdraw_non_renewal, withdraw_stop
from idp.contracts.retention import sweeps
from idp.contracts.standing import Ending, Reason, Standing, export_until
from idp.contracts.store import Filter, Waiting
from idp.contracts.terms_calendar import Term
from idp.plans import Product

__all__ = [
    "Application",
    "Change",
    "Contact",
    "Contract",
    "ContractFacts",
    "ContractId",
    "EndReason",
    "Ending",
    "Erasable",
    "Event",
    "Filter",
    "Kept",
    "LegalForm",
    "NonRenewal",
    "Parties",
    "Product",
    "Reason",
    "Standing",
    "Status",
    "Term",
    "Waiting",
    "apply",
    "approve",
    "ask_non_renewal",
    "ask_stop",
    "complete_setup",
    "day_of",
    "erasable",
    "erase",
    "erase_again",
    "export_until",
    "facts",
    "find_live",
    "get",
    "history",
    "is_known",
    "keep",
    "page",
    "read_application",
    "reason_against",
    "reject",
    "resume",
    "screen",
    "start_of_day",
    "status_of",
    "suspend",
    "sweeps",
    "terminate",
    "waiting",
    "withdraw",
    "withdraw_non_renewal",
    "withdraw_stop",
]
