"""The decision, in the order of its outcome: what no administrator can switch off, then the tenant's rules.

Pure: facts that were fetched before, a proof, an instant. Sign-in, tokens, AuthZEN, what-if and the explanation of what
is past all come here, so that what is simulated is what is enforced.
"""

from typing import Final, NamedTuple

from idp import contracts
from idp.access.facts import Facts
from idp.access.in_force import Rules
from idp.access.model import Decision, Moment, Outcome, Person, PersonProof, ServiceProof, Situation
from idp.access.policies import Action, Inputs, Result, Why
from idp.access.policies import Outcome as Ruled
from idp.access.vocabulary import Needed, Reason
from idp.contracts import Product
from idp.federation import Service
from idp.kit.clock import SECOND
from idp.users import Standing, UserStatus

JAPAN: Final = "JP"
# Art. 3.2: device authentication is a product of its own, and needs the other.
DEVICE_PRODUCTS: Final = (Product.DEVICE_AUTH, Product.MDM)

Proof = PersonProof | ServiceProof

_NOTHING_ASKED = Ruled(Outcome.DENY, Why.POLICY_DENIED, (), ())
_REASONS: Final = {why: Reason(why.value) for why in Why}


class _Verdict(NamedTuple):
    outcome: Outcome
    reason: Reason
    found: Ruled = _NOTHING_ASKED


def decide(
    facts: Facts, proof: Proof, moment: Moment, *, now_us: int, reference: str, rules: Rules | None = None
) -> Decision:
    """`rules` stand in for those in force."""
    used = facts.rules_at(now_us) if rules is None else rules
    inputs = inputs_of(facts, proof, moment, now_us)
    person = proof.person if isinstance(proof, PersonProof) else None
    assigned, required = (
        person is not None and person.assigned,
        person is not None and proof.service.assignment_required,
    )
    against = reason_against(facts, proof.service, now_us=now_us)
    if against is None and person is not None:
        against = _against_person(facts, person, inputs)
    if against is not None:
        verdict = _Verdict(Outcome.DENY, against)
    else:
        entitled = not used.devices or device_entitled(facts, now_us)
        inputs = inputs if entitled else _silent(inputs)
        verdict = _judge(used, inputs, assigned=assigned, required=required, entitled=entitled)
    outcome, reason, found = verdict
    missing = _missing(outcome, found)
    if outcome is not Outcome.DENY and _must_accept_terms(facts, person, moment, now_us):
        outcome, reason = Outcome.STEP_UP, Reason.STEP_UP_REQUIRED
        missing = (*missing, Needed.TERMS_ACCEPTANCE)
    return Decision(
        reference, now_us, moment, outcome, reason, inputs, assigned, required,
        missing, found.rules, used.set_id, found.reason_ja, found.reason_en,
    )  # fmt: skip


def decide_again(past: Decision, rules: Rules, *, entitled: bool) -> Decision:
    """What rules make of a question that was asked before, where nothing else stands against it."""
    inputs = past.inputs if entitled else _silent(past.inputs)
    required = past.assignment_required
    outcome, reason, found = _judge(rules, inputs, assigned=past.assigned, required=required, entitled=entitled)
    return past._replace(
        outcome=outcome,
        reason=reason,
        inputs=inputs,
        missing=_missing(outcome, found),
        rules=found.rules,
        set_id=rules.set_id,
        reason_ja=found.reason_ja,
        reason_en=found.reason_en,
    )


def _missing(outcome: Outcome, found: Ruled) -> tuple[Needed, ...]:
    return tuple(Needed(each.value) for each in found.missing) if outcome is Outcome.STEP_UP else ()


def _must_accept_terms(facts: Facts, person: Person | None, moment: Moment, now_us: int) -> bool:
    """Administrators alone are asked, and where they can answer; a denial comes first."""
    user = person.user if person is not None else None
    asked = user is not None and user.is_admin and moment.action is Action.SIGN_IN
    return asked and facts.terms.due(now_us) is not None


def refuse(facts: Facts, proof: Proof, reason: Reason, moment: Moment, *, now_us: int, reference: str) -> Decision:
    """For a reason that was found before anything else was asked."""
    person = proof.person if isinstance(proof, PersonProof) else None
    return Decision(
        reference=reference,
        at_us=now_us,
        moment=moment,
        outcome=Outcome.DENY,
        reason=reason,
        inputs=inputs_of(facts, proof, moment, now_us),
        assigned=person is not None and person.assigned,
        assignment_required=person is not None and proof.service.assignment_required,
    )


def _judge(rules: Rules, inputs: Inputs, *, assigned: bool, required: bool, entitled: bool) -> _Verdict:
    found = rules.compiled.evaluate(inputs, assigned=assigned, assignment_required=required)
    if not entitled and found.decision is not Outcome.PERMIT and _hangs_on_device(rules, found):
        return _Verdict(Outcome.DENY, Reason.DEVICE_ENTITLEMENT_ENDED, found)
    return _Verdict(found.decision, _REASONS[found.reason], found)


def _silent(inputs: Inputs) -> Inputs:
    """What a device says counts no more; a rule that asks for it does not fall away."""
    return inputs._replace(device_enrolled=False, device_compliant=False, device_certificate=False)


def reason_against(facts: Facts, service: Service, *, now_us: int) -> Reason | None:
    """What stands in the way of everybody alike; asked before a person is troubled with a sign-in."""
    against = contracts.reason_against(facts.contract, now_us)
    if against is not None:
        return Reason(against.value)
    return None if service.enabled else Reason.SERVICE_UNKNOWN


def device_entitled(facts: Facts, now_us: int) -> bool:
    return all(contracts.reason_against(facts.contract, now_us, product) is None for product in DEVICE_PRODUCTS)


def inputs_of(facts: Facts, proof: Proof, moment: Moment, now_us: int) -> Inputs:
    service = proof.service
    zone, verification = facts.tenant.time_zone, str(service.verification_status)
    if isinstance(proof, ServiceProof):
        return Inputs(service.id, moment.action, now_us, zone, verification_status=verification)
    person, where = proof.person, proof.situation
    return Inputs(
        service.id, moment.action, now_us, zone,
        person.id, person.groups, person.user.affiliation if person.user else None, verification,
        where.ip, where.country, where.methods, 0 if proof.fresh else _age(where, now_us),
        where.browser_family, where.browser_version,
        where.device_enrolled, where.device_compliant, where.device_certificate,
    )  # fmt: skip


def _age(situation: Situation, now_us: int) -> int | None:
    since = situation.authenticated_at
    return None if since is None else max(0, now_us - since) // SECOND


def _against_person(facts: Facts, person: Person, inputs: Inputs) -> Reason | None:
    user = person.user
    if user is None:
        return Reason.ID_UNKNOWN
    against = reason_against_id(user, inputs.now_us)
    if against is not None:
        return against
    if inputs.country == JAPAN or facts.counts_as_japan(inputs.ip):  # Art. 6.4
        return None
    return Reason.COUNTRY_UNKNOWN if inputs.country is None else Reason.OUTSIDE_JAPAN


def reason_against_id(user: Standing, now_us: int) -> Reason | None:
    """By its status, and by its dates and the clock alone."""
    if user.status != UserStatus.ACTIVE:
        return Reason.ID_DISABLED
    span = user.span
    if span.has_ended(now_us):
        return Reason.ID_ENDED
    return None if span.has_begun(now_us) else Reason.ID_NOT_STARTED


def _hangs_on_device(rules: Rules, found: Ruled) -> bool:
    return any(
        each.id in rules.devices and each.result is not Result.NO_MATCH for each in found.rules if not each.report_only
    )
