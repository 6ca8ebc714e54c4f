"""The gate itself: a decision made into an admission, or into the refusal that carries it."""

from collections import Counter

from idp.access import deciding
from idp.access.deciding import Proof
from idp.access.facts import Facts
from idp.access.in_force import NONE_IN_FORCE
from idp.access.model import Admission, Decision, Moment, NotAdmitted, PersonProof, ServiceProof
from idp.access.vocabulary import Reason
from idp.federation import Service
from idp.kit.references import new_reference


class Gate:
    """`tally` counts what was decided, by outcome; permits where a token is only looked at are counted and no more, and
    what is decided again is counted again."""

    def __init__(self) -> None:
        self.tally: Counter[str] = Counter()

    def admit(self, facts: Facts, proof: Proof, moment: Moment, *, now_us: int) -> Admission:
        """Raises `NotAdmitted`. Whoever receives either writes down its decision in the unit of its effect."""
        reference = new_reference()
        decision = None
        if not _plainly_admitted(facts, proof, now_us):
            decision = deciding.decide(facts, proof, moment, now_us=now_us, reference=reference)
            self.tally[decision.outcome] += 1
            if not decision.permits:
                raise NotAdmitted(decision)
        tenant, service = facts.tenant, proof.service
        if isinstance(proof, ServiceProof):
            return Admission(tenant, tenant.revision, service, None, None, "[]", now_us, now_us, reference)
        along = self._along(facts, proof, moment, now_us) if proof.along else ()
        return Admission(
            tenant, tenant.revision, service, proof.user, proof.session_id, proof.methods, proof.authenticated_at,
            now_us, reference, decision, along,
        )  # fmt: skip

    def _along(self, facts: Facts, person: PersonProof, moment: Moment, now_us: int) -> tuple[Decision, ...]:
        """Of one person all are asked alike: what is fresh here is fresh there."""
        others = (each._replace(fresh=person.fresh) for each in person.along)
        decisions = (self.admit(facts, each, moment, now_us=now_us).decision for each in others)
        return tuple(each for each in decisions if each is not None)

    def reason_against(self, facts: Facts, service: Service, *, now_us: int) -> Reason | None:
        """What stands in the way of everybody alike; asked before a person is troubled with a sign-in."""
        return deciding.reason_against(facts, service, now_us=now_us)

    def turn_away(
        self, facts: Facts, service: Service, person: PersonProof | None, reason: Reason, moment: Moment, *, now_us: int
    ) -> NotAdmitted:
        """The refusal for such a reason, of a person or of a visitor whom nobody knows yet."""
        proof = person or ServiceProof(service)
        decision = deciding.refuse(facts, proof, reason, moment, now_us=now_us, reference=new_reference())
        self.tally[decision.outcome] += 1
        return NotAdmitted(decision)


def _plainly_admitted(facts: Facts, proof: Proof, now_us: int) -> bool:
    """The hot path of client credentials: there is no rule to be asked."""
    return (
        type(proof) is ServiceProof
        and facts.rules is NONE_IN_FORCE
        and deciding.reason_against(facts, proof.service, now_us=now_us) is None
    )
