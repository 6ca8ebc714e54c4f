"""Who is assigned to which service; where a service requires it, nobody else gets in."""

from collections.abc import Mapping
from typing import Any

from idp import audit, tenants, users
from idp.audit import Event
from idp.federation import store
from idp.federation.model import AssigneeKind, Assignment, AssignmentId
from idp.kit import ids
from idp.kit.clock import rfc3339
from idp.kit.errors import FieldError, Invalid, NotFound
from idp.kit.fields import Fields
from idp.kit.units import Unit


def is_assigned(unit: Unit, *, service_id: str, user_id: str) -> bool:
    return store.find_assignment(unit, service_id, AssigneeKind.USER, user_id) is not None


def read_assignee(document: Mapping[str, object]) -> str:
    """The user's id of `{"user": id}`. Raises `Invalid`."""
    fields = Fields(document)
    fields.only({"user"}, frozenset({"group"}))
    if document.get("group") is None:
        fields.required("user")
    user_id = fields.text("user")
    fields.finish()
    return user_id or ""


def assign(unit: Unit, service_id: str, *, user_id: str) -> Assignment:
    """Again is the same assignment. Raises `NotFound` for the service, `Invalid` for an unknown user."""
    service = store.get(unit, service_id)
    if users.find(unit, user_id) is None:
        error = FieldError("/user", "unknown_value", "There is no such ID.", user_id)
        raise Invalid("invalid", "Some fields are wrong.", errors=[error])
    new = Assignment(AssignmentId(ids.new("asg")), service.id, AssigneeKind.USER, user_id, unit.now_us)
    if store.assign(unit, new):
        tenants.touch(unit)
        audit.record(unit, Event.SERVICE_ASSIGNED, subject=user_id, service=service.id)
        return new
    existing = store.find_assignment(unit, service_id, AssigneeKind.USER, user_id)
    assert existing is not None
    return existing


def unassign(unit: Unit, service_id: str, assignment_id: str) -> None:
    """Raises `NotFound`."""
    if not store.unassign(unit, service_id, assignment_id):
        raise NotFound("assignment")
    tenants.touch(unit)
    audit.record(unit, Event.SERVICE_UNASSIGNED, subject=assignment_id, service=service_id)


def forget_user(unit: Unit, user_id: str) -> None:
    """All assignments of an ID that was deleted."""
    if store.forget_user(unit, user_id):
        tenants.touch(unit)


def assignment_to_json(assignment: Assignment) -> dict[str, Any]:
    return {
        "id": assignment.id,
        assignment.kind.value: assignment.subject_id,
        "created_at": rfc3339(assignment.created_at),
    }
