"""The decision, in the order of its outcome: contract, service, ID, assignment. Default deny."""

from idp import contracts
from idp.access.facts import Facts
from idp.access.model import Admission, PersonProof, Reason, ServiceProof
from idp.federation import Service
from idp.kit.errors import Refused
from idp.kit.references import new_reference


class Gate:
    def admit(self, facts: Facts, proof: PersonProof | ServiceProof, *, now_us: int) -> Admission:
        """Raises `Refused` whose code is a `Reason` and whose members carry the `reference` of the decision."""
        reference = new_reference()
        reason = self.reason_against(facts, proof.service, now_us=now_us)
        if reason is None and isinstance(proof, PersonProof):
            reason = _against_person(proof)
        if reason is not None:
            raise Refused(reason.value, reference=reference)
        person = proof if isinstance(proof, PersonProof) else None
        return Admission(
            tenant=facts.tenant,
            revision=facts.tenant.revision,
            service=proof.service,
            user=person.user if person else None,
            session_id=person.session_id if person else None,
            methods=person.methods if person else "[]",
            authenticated_at=person.authenticated_at if person else now_us,
            at_us=now_us,
            reference=reference,
        )

    def reason_against(self, facts: Facts, service: Service, *, now_us: int) -> Reason | None:
        """What stands in the way of everybody alike; asked before a person is troubled with a sign-in."""
        against = contracts.reason_against(facts.contract, now_us)
        if against is not None:
            return Reason(against.value)
        return None if service.enabled else Reason.SERVICE_UNKNOWN


def _against_person(proof: PersonProof) -> Reason | None:
    if proof.user is None:
        return Reason.ID_UNKNOWN
    if not proof.user.active:
        return Reason.ID_DISABLED
    if proof.service.assignment_required and not proof.assigned:
        return Reason.NOT_ASSIGNED
    return None
