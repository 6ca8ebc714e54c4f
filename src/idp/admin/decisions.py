"""What was decided, and why."""

from typing import Any

from idp import access
from idp.access import Decision, Remembered, RuleResult
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.instants import instant_of, period
from idp.admin.routes import Route
from idp.admin.shapes import decisions as shapes
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.fields import Fields
from idp.web.sentences import said


def listing(call: Call) -> Answer:
    """Decisions that are remembered, oldest first: each refusal, and each time somebody got in."""
    fields = Fields(call.filters)
    since, until = period(fields)
    fields.finish()
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = access.records.LISTED.page(unit, call.page.question, since=since, until=until)
        return call.page.shown(found, lambda row: _line(call, row))


def explanation(call: Call) -> Answer:
    """Every rule and every input of a decision, as it was decided, and the smallest change that would allow.

    With `as_of` the same question at another instant, under the rules and the contract dates of that instant.
    """
    fields = Fields(call.filters)
    asked = instant_of(fields, "as_of", default=-1)
    if asked < 0 and "as_of" in call.filters and fields.clean("as_of"):
        fields.refuse("as_of", "out_of_range", "Nothing was decided before 1970.", found=call.filters["as_of"])
    fields.finish()
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = access.records.find(unit, call.names["reference"])
        decision = found.decision
        if asked >= 0:
            decision = access.as_of(unit, call.house.memory.current(unit), found, asked)
        body = {
            **_line(call, found._replace(decision=decision)),
            "inputs": inputs_json(decision),
            "rules": [_rule(each) for each in sorted(decision.rules, key=lambda each: each.result.value)],
            "policy_set": decision.set_id,
            "smallest_change": [
                {"fact": each.fact, "from": each.before, "to": each.after}
                for each in access.smallest_change(unit, decision)
            ],
        }
        return Answer(200, body)


def inputs_json(decision: Decision) -> dict[str, Any]:
    """Everything that it was decided from; null is what was not known."""
    inputs = decision.inputs
    return {
        "action": inputs.action.value,
        "time": rfc3339(inputs.now_us),
        "time_zone": inputs.zone,
        "ip": inputs.ip,
        "country": inputs.country,
        "authentication": {
            "methods": None if inputs.methods is None else sorted(inputs.methods),
            "age_seconds": inputs.age_seconds,
        },
        "browser": {"family": inputs.browser_family, "version": inputs.browser_version},
        "device": {
            "enrolled": inputs.device_enrolled,
            "compliant": inputs.device_compliant,
            "certificate": inputs.device_certificate,
        },
        "groups": None if inputs.groups is None else sorted(inputs.groups),
        "affiliation": inputs.affiliation,
        "verification_status": inputs.verification_status,
        "assignment_required": decision.assignment_required,
        "assigned": decision.assigned,
    }


def _line(call: Call, row: Remembered) -> dict[str, Any]:
    decision = row.decision
    return {
        "reference": decision.reference,
        "at": rfc3339(decision.at_us),
        "decision": decision.outcome.value,
        "reason": {"code": decision.reason.value, **said(call.house, decision)},
        "missing": [each.value for each in decision.missing],
        "subject": None if row.user_id is None else {"user": row.user_id},
        "service": row.service_id,
        "moment": decision.moment.value,
    }


def _rule(result: RuleResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "name": result.name,
        "effect": result.effect.value,
        "result": result.result.value,
        "report_only": result.report_only,
    }


_MANY = "/tenants/{tenant}/decisions"
_READ = rights.read(Noun.DECISIONS)

ROUTES = (
    Route(
        "GET",
        _MANY,
        listing,
        _READ,
        gives=shapes.PastDecision,
        pages=True,
        listed=access.records.LISTED,
        filters={"from": "From this instant on.", "to": "Before this instant."},
    ),
    Route(
        "GET",
        f"{_MANY}/{{reference}}/explanation",
        explanation,
        _READ,
        gives=shapes.Explanation,
        filters={"as_of": "The same question at this instant."},
    ),
)
