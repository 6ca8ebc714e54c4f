"""Contracts and what is done to them. No route changes a field of one: they move, or they are asked."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from idp import contracts, erasure
from idp.admin import rights, two_persons
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.contract_json import change_json, contract_json, showing
from idp.admin.reasons import day_and_reason_of, ids_of, reason_of
from idp.admin.rights import EVERYONE, OPERATOR
from idp.admin.routes import Handler, Route
from idp.admin.shapes import contracts as shapes
from idp.admin.shapes.contracts import AskNonRenewal, AskStop, Because, ChangeIds, Why
from idp.contracts import Contract
from idp.credentials import KeyScope, Noun
from idp.kit.errors import NotFound, Refused

Action = Callable[..., Contract]
"""One of the room: of a unit, a contract's id, `if_match`, and what the action needs."""


def listing(call: Call) -> Answer:
    """Contracts, in every state: an operator sees all, a partner and a tenant their own."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = contracts.LISTED.page(unit, call.page.question, of_partner=call.key.partner_id)
        return call.page.shown(found, showing(unit, found.items, call.grace_days))


def shown(call: Call) -> Answer:
    """One contract, as its dates say at this instant."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        contract = contracts.get(unit, call.contract.id)
        return call.shown(contract_json(unit, contract, call.grace_days), version=contract.version)


def complete_setup(call: Call) -> Answer:
    """Tell the customer that all is set up: with this notice the contract is established."""
    return act(call, contracts.complete_setup, reason_of(call.document))


def suspend(call: Call) -> Answer:
    """Hold: from the answer on nothing is issued or confirmed to anybody of the tenant."""
    return act(call, contracts.suspend, reason_of(call.document, needed=True))


def resume(call: Call) -> Answer:
    """Lift the hold. People sign in again; sessions, codes and tokens from before stay dead."""
    return act(call, contracts.resume, reason_of(call.document))


def terminate(call: Call) -> Answer:
    """End the contract at once. Where it takes two operators, the second approves it."""
    return terminal(call, two_persons.TERMINATE, {"reason": reason_of(call.document, needed=True)})


def erase(call: Call) -> Answer:
    """Erase what is over before its day has come: persons, IDs and keys are gone for good. Where it takes two
    operators, the second approves it."""
    return terminal(call, two_persons.ERASE, {"reason": reason_of(call.document, needed=True)})


def certificate(call: Call) -> Answer:
    """What was erased, when, how much and by whom, signed. It can be checked without us."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        document = erasure.certificate_of(unit.inside(call.contract.tenant), call.contract.id)
        if document is None:
            raise NotFound("not erased")
        return Answer(200, document)


def ask_non_renewal(call: Call) -> Answer:
    """Ask that the contract is not renewed after the term that ends on this day."""
    end_date, reason = day_and_reason_of(call.document, "end_date")
    refuse_disguise(call)
    return act(call, contracts.ask_non_renewal, reason, end_date=end_date)


def withdraw_non_renewal(call: Call) -> Answer:
    """Take back that the contract is not renewed."""
    return act(call, contracts.withdraw_non_renewal)


def ask_stop(call: Call) -> Answer:
    """Ask that the contract stops after this day; until its end the request can be withdrawn.

    Where it takes two operators, the second approves what an operator asks; the customer's own word is enough.
    """
    stop_date, reason = day_and_reason_of(call.document, "stop_date", reason_needed=True)
    return terminal(call, two_persons.STOP, {"stop_date": stop_date.isoformat(), "reason": reason})


def withdraw_stop(call: Call) -> Answer:
    """Take back the request to stop."""
    return act(call, contracts.withdraw_stop)


def change_ids(call: Call) -> Answer:
    """Change the number of IDs: more from any day on, fewer from the first day of a later term.

    The last word about a day counts; a change that has not come yet is taken back by asking for the old number from its
    day. Fewer than exist are refused, and once fewer are agreed no ID is created beyond them.
    """
    ids, start, reason = ids_of(call.document)
    return act(call, contracts.change_ids, reason, ids=ids, start=start)


def history(call: Call) -> Answer:
    """Everything that happened to the contract, oldest first."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        after = int(call.page.after or 0)
        rows = contracts.history(unit, call.contract.id, after=after, limit=call.page.wanted)
        return call.page.answer(rows, change_json, lambda row: str(row.seq))


def act(call: Call, action: Action, reason: str | None = None, **given: Any) -> Answer:
    """One action on the contract that the path names, in one unit, under the caller's `If-Match`."""
    if reason is not None:
        given["reason"] = reason
    with call.house.units.open(call.home, actor=call.actor) as unit:
        expected = call.conditions.expected(contracts.get(unit, call.contract.id).version)
        contract = action(unit, call.contract.id, if_match=expected, **given)
        return call.done(unit, contract_json(unit, contract, call.grace_days), version=contract.version)


def terminal(call: Call, terminal_act: two_persons.Act, parameters: dict[str, str]) -> Answer:
    """An act that an operator does not do alone, where `two_person_acts` is on."""
    refuse_disguise(call)
    if call.key.scope is KeyScope.OPERATOR and call.house.two_person_acts:
        proposed = two_persons.propose(call, terminal_act, parameters)
        if proposed is not None:
            return proposed
    return act(call, terminal_act.perform, **terminal_act.arguments(parameters))


def refuse_disguise(call: Call) -> None:
    """Where one operator does not end a contract alone, a key of the customer's that an operator made does not either.

    Raises `Refused("key_made_by_operator")`.
    """
    if call.house.two_person_acts and call.key.scope is not KeyScope.OPERATOR and not call.key.is_customers_own:
        detail = "An operator made this key, and one operator alone ends no contract: propose it as an operator."
        raise Refused("key_made_by_operator", detail)


_ONE = "/contracts/{contract}"
_BY_OPERATORS = rights.write(Noun.CONTRACTS, OPERATOR)
_BY_ALL = rights.write(Noun.CONTRACTS, EVERYONE)
_MOVES = ("illegal_transition",)
_LATE = (*_MOVES, "no_automatic_renewal", "non_renewal_too_late", "contract_exists")


def _action(
    method: str,
    name: str,
    handler: Handler,
    right: rights.Right,
    takes: type[BaseModel] | None,
    *codes: str,
    proposes: bool = False,
) -> Route:
    return Route(
        method,
        f"{_ONE}/{name}",
        handler,
        right,
        takes=takes,
        gives=shapes.Contract,
        versioned=True,
        conflicts=codes,
        proposes=proposes,
    )


ROUTES = (
    Route(
        "GET",
        "/contracts",
        listing,
        rights.read(Noun.CONTRACTS),
        gives=shapes.Contract,
        pages=True,
        listed=contracts.LISTED,
    ),
    Route("GET", _ONE, shown, rights.read(Noun.CONTRACTS), gives=shapes.Contract, versioned=True),
    _action("POST", "setup-completed", complete_setup, _BY_OPERATORS, Why, *_MOVES),
    _action("POST", "suspend", suspend, _BY_OPERATORS, Because, *_MOVES),
    _action("POST", "resume", resume, _BY_OPERATORS, Why, *_MOVES),
    _action("POST", "terminate", terminate, _BY_OPERATORS, Because, *_MOVES, proposes=True),
    _action("POST", "erase", erase, _BY_OPERATORS, Because, *_MOVES, "contract_continued", proposes=True),
    _action("PUT", "non-renewal", ask_non_renewal, _BY_ALL, AskNonRenewal, *_LATE),
    _action("DELETE", "non-renewal", withdraw_non_renewal, _BY_ALL, None, *_MOVES, "contract_exists"),
    _action("POST", "stop", ask_stop, _BY_ALL, AskStop, *_MOVES, proposes=True),
    _action("DELETE", "stop", withdraw_stop, _BY_ALL, None, *_MOVES),
    _action("POST", "ids", change_ids, _BY_ALL, ChangeIds, *_MOVES, "ids_in_use", "no_next_term"),
    Route(
        "GET",
        f"{_ONE}/erasure-certificate",
        certificate,
        rights.read(Noun.CONTRACTS),
        gives=shapes.ErasureCertificate,
    ),
    Route("GET", f"{_ONE}/history", history, rights.read(Noun.HISTORY), gives=shapes.Change, pages=True),
)
