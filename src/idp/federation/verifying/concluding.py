"""What checks have found is kept, and becomes the status: a failed one leaves a service unverified, and a service that
an operator has confirmed stays so while nothing fails."""

import json
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update

from idp import audit, tenants
from idp.audit import Event
from idp.federation import store
from idp.federation.model import Registered, Service
from idp.federation.tables import verifications
from idp.federation.verifying.model import Finding, Verification
from idp.federation.vocabulary import VerificationStatus
from idp.kit.clock import rfc3339
from idp.kit.db import add_new, command, own, query
from idp.kit.errors import Conflict
from idp.kit.units import Unit


class _Row(NamedTuple):
    service_id: str
    checked_at: int
    complete: bool
    findings: str
    confirmed_at: int | None


_mine = own(verifications), verifications.c.service_id == bindparam("service")
_FIND = query(select(*[verifications.c[name] for name in _Row._fields]).where(*_mine), _Row)
_ADD = add_new(verifications)
_SET = command(
    update(verifications)
    .where(*_mine)
    .values({verifications.c[name]: bindparam(f"new_{name}") for name in _Row._fields[1:]})
)


def found_last(unit: Unit, service_id: str) -> Verification | None:
    row = unit.one(_FIND, service=service_id)
    if row is None:
        return None
    findings = tuple(map(Finding.from_json, json.loads(row.findings)))
    return Verification(row.checked_at, bool(row.complete), findings, row.confirmed_at)


def note(unit: Unit, service: Service, findings: tuple[Finding, ...]) -> Verification:
    """Of what could be seen without asking anybody: it decides nothing."""
    made = Verification(unit.now_us, complete=False, findings=findings)
    _keep(unit, service, made)
    return made


def conclude(
    unit: Unit, seen: Service, findings: tuple[Finding, ...], *, confirmed: bool
) -> tuple[Registered, Verification]:
    """`seen` is what was looked at, `confirmed` an operator's word that it works. Raises `NotFound`,
    `Conflict("changed_meanwhile")`."""
    tenants.touch(unit)
    service = store.get(unit, seen.id)
    if service.version != seen.version:
        raise Conflict("changed_meanwhile", "The registration was changed while it was looked at: ask again.")
    last = found_last(unit, service.id)
    made = Verification(unit.now_us, complete=True, findings=findings)
    status = _status(service, made, confirmed=confirmed)
    if status is VerificationStatus.VERIFIED:
        before = None if last is None or confirmed else last.confirmed_at
        made = made._replace(confirmed_at=before or unit.now_us)
    _keep(unit, service, made)
    if status is not service.verification_status:
        store.set_verification_status(unit, service.id, status)
    audit.record(unit, Event.SERVICE_VERIFIED, subject=service.id, status=status.value, failed=made.failed)
    return store.registered(unit, service.id), made


def to_json(service: Service, found: Verification | None) -> dict[str, Any]:
    at = None if found is None else rfc3339(found.checked_at)
    confirmed = None if found is None or found.confirmed_at is None else rfc3339(found.confirmed_at)
    return {
        "verification_status": service.verification_status.value,
        "checked_at": at,
        "complete": found is not None and found.complete,
        "confirmed_at": confirmed if service.verification_status is VerificationStatus.VERIFIED else None,
        "findings": [each.to_json() for each in found.findings] if found else [],
    }


def _status(service: Service, made: Verification, *, confirmed: bool) -> VerificationStatus:
    if made.failed:
        return VerificationStatus.UNVERIFIED
    if confirmed or service.verification_status is VerificationStatus.VERIFIED:
        return VerificationStatus.VERIFIED
    return VerificationStatus.MEETS_SPEC


def _keep(unit: Unit, service: Service, made: Verification) -> None:
    findings = json.dumps([each.to_json() for each in made.findings], ensure_ascii=False)
    values = {**made._asdict(), "findings": findings}
    if not unit.run(_SET, service=service.id, **{f"new_{name}": value for name, value in values.items()}):
        unit.run(_ADD, service_id=service.id, **values)
