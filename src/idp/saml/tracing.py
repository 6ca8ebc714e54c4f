"""What administrators are shown of a sign-on or a logout, made of what is known when it ends; see `access.traces`."""

from typing import Any

import structlog

from idp import access
from idp.access import Admission, End, Kind, NotAdmitted, Step, Trace
from idp.federation import Binding, Service
from idp.kit.errors import Failure, Refused
from idp.kit.units import Unit
from idp.saml import diagnosing, places, redacting, rereading
from idp.saml.errors import BadMessage
from idp.saml.known import Known
from idp.saml.logout_requests import LogoutRequest
from idp.saml.model import Outcome, Status
from idp.saml.requests import AuthnRequest
from idp.saml.rereading import Attempt
from idp.sessions import Grant
from idp.web.asgi import Scope
from idp.web.house import House

_PROTOCOL = "saml"
_PLACES = {places.SLO: places.slo, places.ARTIFACT: places.artifact, places.ECP: places.ecp}
_TRACED = {"unknown_principal"}  # by the commit that looked for the sessions
_FAILED_AT = {
    Status.AUTHN_FAILED: Step.SESSION,
    Status.NO_AUTHN_CONTEXT: Step.SESSION,
    Status.NO_PASSIVE: Step.SESSION,
    Status.UNKNOWN_PRINCIPAL: Step.SESSION,
    Status.REQUEST_DENIED: Step.DECISION,
    Status.INVALID_NAMEID_POLICY: Step.NAME,
    None: Step.NAME,
}


def given(unit: Unit, known: Known, admission: Admission, grant: Grant) -> None:
    """In the commit of the assertion."""
    person, saml = known.person, known.saml
    assert person is not None
    assertion = {
        "name_id": redacting.named(person.name),
        "attributes": redacting.attributed(person.attributes),
        "context": grant.acr,
        "session_index": grant.id,
        "encrypted": saml.encrypts,
    }
    answer = {**_answer(known, Outcome(Status.SUCCESS)), "signed": saml.signs.value, "assertion": assertion}
    _remember(unit, known, End.ALLOWED, "allowed", decision=admission.reference, answer=answer)


def declined(unit: Unit, known: Known, outcome: Outcome, decision: str | None = None) -> None:
    """In the commit of an answer that says why there is no assertion."""
    failed = Step.DECISION if decision else _FAILED_AT.get(outcome.inner, Step.WISHES)
    code = _short(outcome.inner or outcome.code)
    _remember(unit, known, End.DECLINED, code, decision=decision, failed=failed, answer=_answer(known, outcome))


def denied(unit: Unit, known: Known, refusal: Refused) -> None:
    """In the commit that remembers the gate's no."""
    decision = refusal.decision.reference if isinstance(refusal, NotAdmitted) else None
    _remember(unit, known, End.DENIED, refusal.code, decision=decision, failed=Step.DECISION)


def logged_out(unit: Unit, service: Service, request: LogoutRequest, *, reference: str, known: bool) -> None:
    """In the commit that ends the sessions; `known` unless the service has not seen them."""
    trace = Trace(
        reference=reference,
        at_us=unit.now_us,
        service_id=service.id,
        protocol=_PROTOCOL,
        kind=Kind.LOGOUT,
        end=End.ALLOWED if known else End.DECLINED,
        code="allowed" if known else _short(Status.UNKNOWN_PRINCIPAL),
        failed=None if known else Step.SESSION,
        request={"signed": True, "xml": request.xml},
    )
    access.traces.remember(unit, trace)


def may_keep(house: House, known: Known) -> bool:
    """Always of somebody who is signed in; of strangers as often as anybody may bring it about."""
    return known.user is not None or house.kept_refusals.take(known.service.id, now_us=house.units.clock.now_us())


async def refused(house: House, scope: Scope, bad: BadMessage) -> None:
    """Once the answer is sent: which field was wrong, where the sender is registered. Nothing is raised any more."""
    reference, slug = scope["state"]["reference"], scope["state"]["tenant_slug"]
    log = structlog.get_logger("idp.saml")
    log.info("refused", reference=reference, code=bad.code)
    attempt = None if bad.code in _TRACED else rereading.reread(scope)
    if attempt is None:
        return
    try:
        facts = house.memory.at_hand(slug, attempt.sender)
        if facts is None and diagnosing.is_of_message(bad.code):  # nobody has looked yet whose it is
            facts = await house.memory.remembered(slug, attempt.sender)
        service = None if facts is None else facts.services.get(attempt.sender)
        now_us = house.units.clock.now_us()
        if facts is None or service is None or service.saml is None:
            return
        if not house.kept_refusals.take(service.id, now_us=now_us):
            return
        trace = _of_refused(house, scope, service, attempt, bad)._replace(reference=reference, at_us=now_us)
        await house.units.commit(facts.tenant.id, lambda unit: access.traces.remember(unit, trace))
    except Failure as failure:
        log.warning("trace_lost", reference=reference, code=failure.code)


def _of_refused(house: House, scope: Scope, service: Service, attempt: Attempt, bad: BadMessage) -> Trace:
    path, issuer = scope["path"], house.issuer(scope["state"]["tenant_slug"])
    unwanted = bad.code == "unknown_service" and service.enabled  # it takes nobody whom it has not asked for
    code = "idp_initiated" if unwanted else bad.code
    here = next((place(issuer) for end, place in _PLACES.items() if path.endswith(end)), places.sso(issuer))
    now_us = house.units.clock.now_us()
    assert service.saml is not None
    step, fault = diagnosing.diagnose(code, diagnosing.Case(attempt.sent, service.saml, here, now_us, bad.detail))
    return Trace(
        reference="",
        at_us=now_us,
        service_id=service.id,
        protocol=_PROTOCOL,
        kind=Kind.LOGOUT if path.endswith(places.SLO) else Kind.SIGN_ON,
        end=End.REFUSED,
        code=code,
        failed=step,
        fault=fault,
        request=_received(attempt.sent),
    )


def _remember(
    unit: Unit,
    known: Known,
    end: End,
    code: str,
    *,
    decision: str | None = None,
    failed: Step | None = None,
    answer: dict[str, Any] | None = None,
) -> None:
    trace = Trace(
        reference=known.reference,
        at_us=unit.now_us,
        service_id=known.service.id,
        protocol=_PROTOCOL,
        kind=Kind.SIGN_ON,
        end=end,
        code=code,
        decision=decision,
        failed=failed,
        request=_asked(known.request),
        answer=answer,
    )
    access.traces.remember(unit, trace)


def _asked(request: AuthnRequest) -> dict[str, Any] | None:
    """None where nobody has asked (profiles 4.1.5)."""
    return None if request.id is None else {"signed": request.signed, "xml": request.xml}


def _received(sent: "diagnosing.Sent | None") -> dict[str, Any] | None:
    """Of what was not believed: whether a signature came along, right or wrong, is in its fault."""
    if sent is None:
        return None
    binding = None if sent.binding is None else _short(sent.binding)
    return {"binding": binding, "xml": redacting.redacted(sent.root)}


def _answer(known: Known, outcome: Outcome) -> dict[str, Any]:
    return {
        "status": [_short(each) for each in (outcome.code, outcome.inner) if each is not None],
        "message": outcome.said,
        "address": known.consumer.url,
        "binding": _short(known.consumer.binding),
    }


def _short(word: Status | Binding) -> str:
    return word.value.rpartition(":")[2]
