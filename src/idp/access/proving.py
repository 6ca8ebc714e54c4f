"""The one place where what is stored of a person becomes a proof: for an authorization, a code, a grant, a token."""

from collections.abc import Iterable

from idp import federation, users
from idp.access.facts import Facts
from idp.access.model import Person, PersonProof, Situation
from idp.federation import Service
from idp.kit.units import Unit
from idp.sessions import Context
from idp.users import Standing


def prove(service: Service, person: Person, *, session_id: str, methods: str, context: Context) -> PersonProof:
    """`context` is that of the browser which is there, or else what was recorded at the last sign-in step."""
    where = context.whereabouts
    situation = Situation(
        where.address, where.country, frozenset(context.methods), context.authenticated_at, where.browser,
        where.browser_version,
    )  # fmt: skip
    return PersonProof(service, person, situation, session_id, methods, context.authenticated_at)


def prove_along(unit: Unit, facts: Facts, proof: PersonProof, services: Iterable[Service]) -> PersonProof:
    """The same person, who has to be let in at these services as well."""
    others = [
        proof._replace(service=each, person=person_of(unit, facts, each, proof.person.id, proof.person.user), along=())
        for each in services
        if each.id != proof.service.id
    ]
    return proof._replace(along=(*proof.along, *others))


def person_of(unit: Unit, facts: Facts, service: Service, user_id: str, user: Standing | None) -> Person:
    """`user` as it was read just now. Groups and assignment are read only where there are any, or it matters."""
    groups: frozenset[str] = users.groups_of(unit, user_id) if facts.has_groups else frozenset()
    assigned = service.assignment_required and federation.is_assigned(unit, service_id=service.id, user_id=user_id)
    return Person(user_id, user, groups, assigned)
