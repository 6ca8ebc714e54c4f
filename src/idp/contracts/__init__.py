"""Contracts: the tenant's right to use a product for a term, from application to erasure.

Owns the state machine, the calendar of terms and the history of both. Never asks who may act (doors do) nor whether a
person gets in (the gate does); it says what a contract's state and dates allow, as of the instant it is given. The
dates count whether or not a job has written them down.

A contract before it is established is called an application: one record, one id. It belongs to the platform until its
approval brings the tenant into being, and from then on to the tenant, or to the platform again if it is withdrawn
before it is established: so each row has one owner at each moment and the walls between tenants hold for it. A unit of
the platform reaches every contract and acts on each inside its owner's; a unit of a tenant reaches its own.
"""

from idp.contracts.actions import complete_setup, reject, resume, screen, suspend, terminate, withdraw
from idp.contracts.applying import apply, approve, give_back
from idp.contracts.clientele import CUSTOMERS, Customer, alone, customer_of, partners_of
from idp.contracts.corporate_number import is_right as is_corporate_number
from idp.contracts.counting import Agreed, change_ids, seats
from idp.contracts.entitlements import ContractFacts, facts, is_known, reason_against, refuse_closed, status_of
from idp.contracts.erasing import Erasable, erasable, erase, erase_again, exportable_until
from idp.contracts.form import read_application
from idp.contracts.instants import day_of, end_of_day, start_of_day
from idp.contracts.keeping import Kept, keep, waiting
from idp.contracts.lifecycle import LIVE, EndReason, Event, Status, after, is_possible
from idp.contracts.listed import APPLICATIONS, LISTED
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
from idp.contracts.numbers import Step as IdChange
from idp.contracts.past import Past, Step, customers, first_sold_us, pasts
from idp.contracts.reading import find_live, get, history, page
from idp.contracts.registering import (
    FIELDS as REGISTERED_FIELDS,
)
from idp.contracts.registering import (
    Registered,
    RegistrationChange,
    read_registration,
    register,
    registered,
    registration_document,
    registration_history,
)
from idp.contracts.requests import LAST_DATE, ask_non_renewal, ask_stop, withdraw_non_renewal, withdraw_stop
from idp.contracts.retention import Forgettable, forget, forgettable, sweeps
from idp.contracts.standing import Ending, Reason, Standing, export_until
from idp.contracts.store import Filter, Waiting, counted
from idp.contracts.terms_calendar import Outlook, Term, outlook
from idp.plans import Product

__all__ = [
    "APPLICATIONS",
    "CUSTOMERS",
    "LAST_DATE",
    "LISTED",
    "LIVE",
    "REGISTERED_FIELDS",
    "Agreed",
    "Application",
    "Change",
    "Contact",
    "Contract",
    "ContractFacts",
    "ContractId",
    "Customer",
    "EndReason",
    "Ending",
    "Erasable",
    "Event",
    "Filter",
    "Forgettable",
    "IdChange",
    "Kept",
    "LegalForm",
    "NonRenewal",
    "Outlook",
    "Parties",
    "Past",
    "Product",
    "Reason",
    "Registered",
    "RegistrationChange",
    "Standing",
    "Status",
    "Step",
    "Term",
    "Waiting",
    "after",
    "alone",
    "apply",
    "approve",
    "ask_non_renewal",
    "ask_stop",
    "change_ids",
    "complete_setup",
    "counted",
    "customer_of",
    "customers",
    "day_of",
    "end_of_day",
    "erasable",
    "erase",
    "erase_again",
    "export_until",
    "exportable_until",
    "facts",
    "find_live",
    "first_sold_us",
    "forget",
    "forgettable",
    "get",
    "give_back",
    "history",
    "is_corporate_number",
    "is_known",
    "is_possible",
    "keep",
    "outlook",
    "page",
    "partners_of",
    "pasts",
    "read_application",
    "read_registration",
    "reason_against",
    "refuse_closed",
    "register",
    "registered",
    "registration_document",
    "registration_history",
    "reject",
    "resume",
    "screen",
    "seats",
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
