"""Deciding what was asked, in a unit that only reads, and recording it: one commit for all questions of a request."""

from typing import Any

from idp import access, federation
from idp.access import Decision, Outcome, Reason
from idp.authzen.reading import Batch, Question, Semantic
from idp.kit.actors import Actor
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.web.house import House
from idp.web.sentences import said

_Decided = tuple[Decision, tuple[str | None, str | None]]  # with the ids of user and service that exist
_SUBJECT = "user"
_RESOURCE = "service"
_ACTION = "sign_in"
_LONGEST_ID = 200
_ENDS_AT = {Semantic.DENY_ON_FIRST_DENY: False, Semantic.PERMIT_ON_FIRST_PERMIT: True}


async def evaluate(house: House, tenant: TenantId, caller: Actor, batch: Batch) -> list[dict[str, Any]]:
    """Durable on return. Raises `Invalid` for a context that cannot be read."""

    def decide(unit: Unit) -> list[_Decided]:
        decided = []
        for question in batch.questions:
            decided.append(_decide(house, unit, question))
            if _ENDS_AT.get(batch.semantic) is decided[-1][0].permits:
                break
        return decided

    decided = await house.units.read(tenant, decide)

    def record(unit: Unit) -> None:
        for decision, named in decided:
            access.remember(unit, decision, named=named)

    await house.units.commit(tenant, record, actor=caller)
    house.gate.tally.update(decision.outcome.value for decision, _ in decided)
    return [_answer(house, decision) for decision, _ in decided]


def _decide(house: House, unit: Unit, question: Question) -> _Decided:
    facts = house.memory.current(unit)
    described = access.read_context(
        question.context or {}, at=f"{question.at}/context", country_of=house.countries.of, now_us=unit.now_us
    )
    service = federation.find(unit, question.resource[1]) if question.resource[0] == _RESOURCE else None
    user_id = question.subject[1] if question.subject[0] == _SUBJECT else ""
    if len(user_id) > _LONGEST_ID:  # nobody's: a hundred questions may share it, and each is recorded with it
        user_id = ""
    if service is None:
        return access.unanswerable(facts, Reason.SERVICE_UNKNOWN, at_us=unit.now_us), (None, None)
    proof = access.question(unit, facts, service, user_id, described)
    known = (user_id if proof.user else None, service.id)
    if question.action != _ACTION:
        return access.unanswerable(facts, Reason.POLICY_ERROR, at_us=unit.now_us, proof=proof), known
    return access.evaluate(facts, proof, at_us=unit.now_us, asked_us=described.now_us), known


def _answer(house: House, decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.outcome is Outcome.PERMIT,
        "context": {
            "outcome": decision.outcome.value,
            "reference": decision.reference,
            "missing": [each.value for each in decision.missing],
            "reason_user": said(house, decision),
        },
    }
