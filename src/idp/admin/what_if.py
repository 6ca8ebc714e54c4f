"""What would be decided, and what would have been: nothing is recorded, and nothing changes."""

from typing import Any

from idp import access, federation, users
from idp.access import Chosen, Decision, Result, Rules
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.instants import period
from idp.admin.routes import Route
from idp.admin.shapes import policies as shapes
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict, Invalid
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.web.sentences import said


def simulate(call: Call) -> Answer:
    """Ask what a sign-in would meet, under the policies in force or under others."""
    fields = Fields(call.document)
    fields.only({"subject", "service", "context", "policies"})
    for name in ("subject", "service", "context"):
        fields.required(name)
    subject = fields.inner("subject")
    subject.only({"user"})
    if fields.given("subject") is not None:
        subject.required("user")
    context = fields.inner("context")
    user_id, service_id = subject.text("user") or "", fields.text("service") or ""
    policies = _policies(fields, needed=False)
    house = call.house
    with house.units.open(call.home, actor=call.actor, write=False) as unit:
        described = access.Described(context, country_of=house.countries.of, now_us=unit.now_us)
        access.only_known(context)
        service = federation.find(unit, service_id)
        if service is None and fields.clean("service"):
            fields.refuse("service", "unknown_value", "There is no such service.", found=service_id)
        if subject.clean("user") and users.standing(unit, user_id) is None:
            subject.refuse("user", "unknown_value", "There is no such ID.", found=user_id)
        rules = None if policies is None else _read(fields, unit, policies)
        fields.finish()
        assert service is not None
        facts = house.memory.current(unit)
        proof = access.question(unit, facts, service, user_id, described)
        decision = access.evaluate(facts, proof, at_us=unit.now_us, asked_us=described.now_us, rules=rules)
        return Answer(200, _to_json(call, decision))


def backtest(call: Call) -> Answer:
    """Try a set of policies on the decisions that are remembered: who would be refused now who was not then.

    Oldest first, up to 50,000 of them, fewer where the set is large: `truncated` says that there were more, and from
    `covered_until` on it can be asked again.
    """
    fields = Fields(call.document)
    fields.only({"policies", "from", "to"})
    policies = _policies(fields, needed=True) or []
    since, before = period(fields)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        rules = _read(fields, unit, policies)
        fields.finish()
        assert rules is not None
        tried = access.backtest(unit, rules, Chosen(from_us=since, to_us=before))
        until = None if tried.covered_until is None else rfc3339(tried.covered_until)
        return Answer(200, {**tried._asdict(), "users": list(tried.users), "covered_until": until})


def _policies(fields: Fields, *, needed: bool) -> list[Any] | None:
    given = fields.given("policies")
    if given is None:
        if needed:
            fields.required("policies")
        return None
    if not isinstance(given, list):
        fields.refuse("policies", "invalid_type", "policies must be an array.", found=given, expected="array")
    elif len(given) > access.drafts.MOST:
        detail = f"A set has at most {access.drafts.MOST} policies."
        fields.refuse("policies", "too_many", detail, found=len(given), expected=access.drafts.MOST)
    else:
        return given
    return None


def _read(fields: Fields, unit: Unit, policies: list[Any]) -> Rules | None:
    """What is wrong with them is remembered beside what is wrong with the rest of the document."""
    try:
        return access.drafts.stand_ins(unit, policies)
    except Invalid as wrong:
        fields.errors += wrong.errors
    except Conflict:
        fields.finish()
        raise
    return None


def _to_json(call: Call, decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.outcome.value,
        "missing": [each.value for each in decision.missing],
        "rules": [
            {
                "id": each.id,
                "name": each.name,
                "effect": each.effect.value,
                "result": each.result.value,
                "report_only": each.report_only,
            }
            for each in decision.rules
            if each.result is not Result.NO_MATCH
        ],
        "reason": {"code": decision.reason.value, **said(call.house, decision)},
    }


_READ = rights.asking(Noun.POLICIES)

ROUTES = (
    Route(
        "POST",
        "/tenants/{tenant}/policies/simulate",
        simulate,
        _READ,
        takes=shapes.Simulate,
        gives=shapes.Simulated,
        conflicts=("contract_required",),
    ),
    Route(
        "POST",
        "/tenants/{tenant}/policies/backtest",
        backtest,
        _READ,
        takes=shapes.Backtest,
        gives=shapes.Backtested,
        conflicts=("contract_required",),
    ),
)
