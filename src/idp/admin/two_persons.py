"""Acts that take two operators: proposed by the one, carried out when another approves.

An act is a name, what it does to a contract, and how its parameters are read back from their document. A further one
takes a line here and a handler that hands over its parameters.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from idp import approvals, contracts, credentials, erasure
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.contract_json import contract_json
from idp.approvals import Change, Proposal
from idp.contracts import Contract, Event, Status
from idp.credentials import ApiKey
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict, Refused, Stale
from idp.kit.units import Unit

_SHOWN = ("status", "end_reason", "ended_on", "stop_date", "export_until")


class Act(NamedTuple):
    """`perform` takes a unit, the contract's id, `if_match`, and the parameters by name. What is `rehearsed` is tried
    in a transaction that is undone, to refuse at once what cannot be and to show what would come of it; not so what
    does more than write to the database: of that only the state is asked whether it allows the `event`."""

    name: str
    perform: Callable[..., Contract]
    read: Mapping[str, Callable[[str], Any]]
    event: Event
    rehearsed: bool = True

    def arguments(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        return {name: self.read[name](text) for name, text in parameters.items()}


TERMINATE = Act("terminate", contracts.terminate, {"reason": str}, Event.TERMINATED)
STOP = Act("stop", contracts.ask_stop, {"reason": str, "stop_date": date.fromisoformat}, Event.STOP_REQUESTED)
# Erasing destroys a key, which no rollback brings back.
ERASE = Act("erase", erasure.erase, {"reason": str}, Event.ERASED, rehearsed=False)
ACTS = {act.name: act for act in (TERMINATE, STOP, ERASE)}


class _Undone(Exception):
    pass


def propose(call: Call, act: Act, parameters: dict[str, str]) -> Answer | None:
    """202, and nothing has changed. None where the act would change nothing. Raises `Refused` for a program."""
    if call.key.of_program:  # whoever registered it could approve what they let it propose
        raise Refused("operator_account_required", "One operator proposes with an account of their own.")
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        before = contracts.get(unit, call.contract.id)
        version = before.version
        call.conditions.expected(version)
        shown = _shown(call, unit, before)
    outcome: dict[str, Any] = {"before": shown, "after": None}
    if act.rehearsed:
        after = _rehearse(call, act, parameters, version)
        if after is None:
            return None
        outcome["after"] = after
    elif before.status is not Status.ERASED:
        contracts.after(before.status, act.event)
    else:
        return None
    change = Change(act.name, call.contract.id, before.changes, parameters)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        owner = contracts.get(unit, call.contract.id).tenant
        proposal = approvals.propose(unit, change, tenant=owner, persons=behind(unit, call.key), outcome=outcome)
        answer = {
            "approval": proposal.id,
            "digest": proposal.digest,
            "act": act.name,
            "contract": change.contract,
            "expires_at": rfc3339(proposal.expires_at),
        }
        return call.done(unit, answer, status=202, location=f"/system/approvals/{proposal.id}")


def behind(unit: Unit, key: ApiKey) -> frozenset[str]:
    """Whoever could have asked with this key: with each person those who know what the person signs in with."""
    return frozenset().union(*(credentials.hands.could_be(unit, person) for person in key.persons))


def related(unit: Unit, key: ApiKey, proposal: Proposal) -> frozenset[str]:
    """Whoever could be approving with this key, and the proposers too where one side has come from the other: who makes
    an account proposes nothing to it, nor does it to them."""
    mine = behind(unit, key) | credentials.hands.come_from(unit, key.owner)
    theirs = frozenset().union(*(credentials.hands.come_from(unit, person) for person in proposal.persons))
    return mine | (proposal.persons if key.owner in theirs or any(map(_is_program, mine | theirs)) else frozenset())


def _is_program(principal: str) -> bool:
    """Whoever has registered one could be anybody that it has made."""
    return principal.startswith("svc_")


def carry_out(unit: Unit, proposal: Proposal) -> Contract:
    """In the unit of the approval. Raises `Conflict("contract_changed")`, and what the act itself raises."""
    act, change = ACTS[proposal.change.act], proposal.change
    present = contracts.get(unit, change.contract)
    if present.changes != change.version:
        raise _changed(change, present.changes)
    try:
        return act.perform(unit, change.contract, if_match=present.version, **act.arguments(change.parameters))
    except Stale:
        raise _changed(change, contracts.get(unit, change.contract).changes) from None


def _changed(change: Change, version: int) -> Conflict:
    detail = "The contract has changed since this was proposed; it has to be proposed anew."
    return Conflict("contract_changed", detail, proposed_at_version=change.version, version=version)


def _rehearse(call: Call, act: Act, parameters: dict[str, str], version: int) -> dict[str, Any] | None:
    """What the contract would be. None where it would stay as it is."""
    after: dict[str, Any] | None = None
    try:
        with call.house.units.open(call.home, actor=call.actor) as unit:
            contract = act.perform(unit, call.contract.id, if_match=version, **act.arguments(parameters))
            if contract.version != version:
                after = _shown(call, unit, contract)
            raise _Undone
    except _Undone:
        return after


def _shown(call: Call, unit: Unit, contract: Contract) -> dict[str, Any]:
    whole = contract_json(unit, contract, call.grace_days)
    return {name: whole[name] for name in _SHOWN}
