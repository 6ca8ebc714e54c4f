"""Who is assigned to which service; where a service requires it, nobody else gets in."""

from collections.abc import Collection, Mapping
from typing import Any

from idp import audit, tenants, users
from idp.audit import Event
from idp.federation import person_names, store
from idp.federation.model import Assignee, Assignment, AssignmentId, ServiceId
from idp.federation.vocabulary import AssigneeKind
from idp.kit import ids
from idp.kit.clock import rfc3339
from idp.kit.errors import FieldError, Invalid, NotFound
from idp.kit.fields import Fields, shortened
from idp.kit.units import Unit


def is_assigned(unit: Unit, *, service_id: str, user_id: str) -> bool:
    """The ID itself, or a group that it is in."""
    return store.is_covered(unit, service_id, user_id)


def read_assignee(document: Mapping[str, object]) -> Assignee:
    """Of `{"user": id}` or `{"group": id}`. Raises `Invalid`."""
    fields = Fields(document)
    kinds = [kind.value for kind in AssigneeKind]
    fields.only(kinds)
    given = [kind for kind in AssigneeKind if fields.given(kind) is not None]
    if not given:
        fields.required(AssigneeKind.USER)
    if len(given) > 1:
        fields.refuse(AssigneeKind.GROUP, "one_of", "Either an ID or a group.", expected=kinds)
    found = {kind: fields.text(kind) or "" for kind in given}
    fields.finish()
    return Assignee(given[0], found[given[0]])


def assign(unit: Unit, service_id: str, *, user_id: str) -> Assignment:
    """As `assign_to`, for an ID."""
    return assign_to(unit, service_id, Assignee(AssigneeKind.USER, user_id))


def assign_to(unit: Unit, service_id: str, assignee: Assignee) -> Assignment:
    """Again is the same assignment. Raises `NotFound` for the service, `Invalid` for an unknown ID or group."""
    service = store.get(unit, service_id)
    # before it is looked for: whoever deletes a group does the same, and waits
    tenants.touch(unit)
    _refuse_unknown(unit, assignee)
    new = Assignment(AssignmentId(ids.new("asg")), service.id, *assignee, unit.now_us)
    if store.assign(unit, new):
        audit.record(unit, Event.SERVICE_ASSIGNED, subject=assignee.id, service=service.id)
        return new
    existing = store.find_assignment(unit, service_id, assignee)
    assert existing is not None
    return existing


def assign_each(unit: Unit, pairs: Collection[tuple[str, Assignee]]) -> None:
    """Services and who is assigned to them, many at once. Raises as `assign_to`."""
    tenants.touch(unit)
    services = {service_id for service_id, _ in pairs}
    if store.existing(unit, services) != services:
        raise NotFound("service")
    _refuse_each_unknown(unit, {assignee for _, assignee in pairs})
    there = store.assignments_among(unit, services).items()
    known = {(service_id, Assignee(each.kind, each.subject_id)) for service_id, found in there for each in found}
    new = [
        Assignment(AssignmentId(ids.new("asg")), ServiceId(service_id), *assignee, unit.now_us)
        for service_id, assignee in dict.fromkeys(pairs)
        if (service_id, assignee) not in known
    ]
    store.assign_many(unit, new)
    for each in new:
        audit.record(unit, Event.SERVICE_ASSIGNED, subject=each.subject_id, service=each.service_id)


def unassign(unit: Unit, service_id: str, assignment_id: str) -> None:
    """Raises `NotFound`."""
    if not store.unassign(unit, service_id, assignment_id):
        raise NotFound("assignment")
    tenants.touch(unit)
    audit.record(unit, Event.SERVICE_UNASSIGNED, subject=assignment_id, service=service_id)


def forget_user(unit: Unit, user_id: str) -> None:
    """All assignments of an ID that was deleted, and the names that services know it by."""
    person_names.forget_names_of_user(unit, user_id)
    _forget(unit, Assignee(AssigneeKind.USER, user_id))


def forget_group(unit: Unit, group_id: str) -> None:
    """All assignments of a group that was deleted."""
    _forget(unit, Assignee(AssigneeKind.GROUP, group_id))


def assignment_to_json(assignment: Assignment) -> dict[str, Any]:
    return {
        "id": assignment.id,
        **{kind.value: None for kind in AssigneeKind},
        assignment.kind.value: assignment.subject_id,
        "created_at": rfc3339(assignment.created_at),
    }


def _forget(unit: Unit, assignee: Assignee) -> None:
    if store.forget(unit, assignee):
        tenants.touch(unit)


def _refuse_each_unknown(unit: Unit, assignees: Collection[Assignee]) -> None:
    people = [each.id for each in assignees if each.kind is AssigneeKind.USER]
    there = users.existing(unit, people)
    for each in assignees:
        if each.kind is AssigneeKind.GROUP or each.id not in there:
            _refuse_unknown(unit, each)


def _refuse_unknown(unit: Unit, assignee: Assignee) -> None:
    if assignee.kind is AssigneeKind.GROUP:
        unknown = users.groups.find(unit, assignee.id) is None
        detail = "There is no such group."
    else:
        unknown = users.find(unit, assignee.id) is None
        detail = "There is no such ID."
    if unknown:
        error = FieldError(f"/{assignee.kind.value}", "unknown_value", detail, shortened(assignee.id))
        raise Invalid("invalid", "Some fields are wrong.", errors=[error])
