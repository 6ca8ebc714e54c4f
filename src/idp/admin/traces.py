"""What services sent, how far it came, and what they were told."""

from typing import Any

from idp import access
from idp.access import End, KeptTrace, WantedTraces
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.instants import period
from idp.admin.routes import Route
from idp.admin.shapes import traces as shapes
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.fields import Fields


def listing(call: Call) -> Answer:
    """Sign-ons and logouts of services, newest first: what became of each, and which field was wrong.

    So far those of SAML are kept: for a week, and the newest 20,000, of what was not believed 2,000.
    """
    fields = Fields(call.filters)
    since, until = period(fields)
    end = fields.choice("outcome", End, frozenset(), default=End.ALLOWED)
    fields.finish()
    wanted = WantedTraces(call.filters.get("service", ""), end.value if "outcome" in call.filters else "", since, until)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        rows = access.traces.page(unit, wanted, after=call.page.after, limit=call.page.wanted)
        return call.page.answer(rows, _line, lambda row: row.id)


def reading(call: Call) -> Answer:
    """One exchange, by the reference that the person was shown, that stands in the log, or that the decision has.

    Every step with what came of it, the message as it was sent, and the answer: without signatures, and with nothing of
    what was said of a person but its shape, where `x` stands for a letter and `9` for a digit.
    """
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        kept = access.traces.find(unit, call.names["reference"])
    trace = kept.trace
    steps = [{"step": step.value, "result": result} for step, result in trace.steps]
    return Answer(200, {**_line(kept), "steps": steps, "request": trace.request, "answer": trace.answer})


def _line(kept: KeptTrace) -> dict[str, Any]:
    trace = kept.trace
    return {
        "reference": trace.reference,
        "at": rfc3339(trace.at_us),
        "protocol": trace.protocol,
        "kind": trace.kind.value,
        "service": trace.service_id,
        "outcome": trace.end.value,
        "code": trace.code,
        "failed_step": None if trace.failed is None else trace.failed.value,
        "fault": None if trace.fault is None else trace.fault._asdict(),
        "decision": trace.decision,
    }


_MANY = "/tenants/{tenant}/traces"
_READ = rights.read(Noun.TRACES)

ROUTES = (
    Route(
        "GET",
        _MANY,
        listing,
        _READ,
        gives=shapes.TraceLine,
        pages=True,
        filters={
            "service": "Those of one service.",
            "outcome": "`allowed`, `declined`, `denied` or `refused`.",
            "from": "From this instant on.",
            "to": "Before this instant.",
        },
    ),
    Route("GET", f"{_MANY}/{{reference}}", reading, _READ, gives=shapes.Trace),
)
