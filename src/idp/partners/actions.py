"""All of it in units of the platform."""

from collections.abc import Mapping
from typing import Any

from idp import audit
from idp.audit import Event
from idp.kit import ids
from idp.kit.clock import rfc3339
from idp.kit.errors import Stale
from idp.kit.fields import Fields, merged
from idp.kit.units import Unit
from idp.partners import store
from idp.partners.model import Partner, PartnerDraft, PartnerId, PartnerStatus


def read(document: Mapping[str, object]) -> PartnerDraft:
    """`{"name", "status"?}`. Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only({"name", "status"})
    fields.required("name")
    status = fields.choice("status", PartnerStatus, frozenset(), default=PartnerStatus.ACTIVE)
    draft = PartnerDraft(fields.text("name") or "", status)
    fields.finish()
    return draft


def create(unit: Unit, draft: PartnerDraft) -> Partner:
    partner = Partner(PartnerId(ids.new("prt")), *draft, version=1, created_at=unit.now_us)
    store.add(unit, partner)
    audit.record(unit, Event.PARTNER_CREATED, subject=partner.id)
    return partner


def change(unit: Unit, partner_id: str, patch: Mapping[str, object], *, version: int | None = None) -> Partner:
    """RFC 7396. Raises `NotFound`, `Invalid`, and `Stale` when it is not the `version` that the caller has seen."""
    before = store.get(unit, partner_id)
    draft = read(merged({"name": before.name, "status": before.status.value}, patch))
    if version not in {None, before.version}:
        raise Stale("partner")
    if draft != PartnerDraft(before.name, before.status):
        if not store.change(unit, before, draft):
            raise Stale("partner")
        audit.record(unit, Event.PARTNER_CHANGED, subject=before.id, status=draft.status.value)
    return store.get(unit, partner_id)


def to_json(partner: Partner) -> dict[str, Any]:
    return {
        "id": partner.id,
        "name": partner.name,
        "status": partner.status.value,
        "created_at": rfc3339(partner.created_at),
    }
