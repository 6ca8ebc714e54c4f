"""A contract as this API shows it."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from idp import contracts, terms, users
from idp.contracts import Change, Contact, Contract, IdChange, Parties, Product, Standing
from idp.kit.clock import rfc3339
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit

Show = Callable[[Contract], dict[str, Any]]


def contract_json(unit: Unit, contract: Contract, grace_days: int) -> dict[str, Any]:
    """In a unit of the platform or of the contract's tenant. `grace_days`: for how long after the end the tenant can
    fetch its data."""
    return showing(unit, [contract], grace_days)(contract)


def showing(unit: Unit, of: Sequence[Contract], grace_days: int) -> Show:
    """For these contracts: what is shown of them and kept elsewhere is read at once."""
    used = users.seats_of(unit, {each.tenant for each in of if each.tenant != PLATFORM})
    accepted = terms.accepted_in(unit, {each.id: each.tenant for each in of})

    def show(contract: Contract) -> dict[str, Any]:
        ours = contract.application.product is Product.ID_PLUS
        beside = {"ids_used": used.get(contract.tenant, 0) if ours else 0}
        return {**_said(contract, grace_days), **beside, "accepted_terms": accepted.get(contract.id)}

    return show


def _said(contract: Contract, grace_days: int) -> dict[str, Any]:
    filed, standing = contract.application, contract.standing
    return {
        "id": contract.id,
        "tenant": filed.slug,
        "product": filed.product.value,
        "status": contract.status.value,
        **_end(standing, grace_days),
        **_calendar(contract),
        "created_at": rfc3339(contract.created_at),
        "established_at": _instant(contract.established_at),
        "erased_at": _instant(contract.erased_at),
        "ids": filed.ids,
        "id_changes": [_id_change(step) for step in contract.id_changes],
        "legal_form": filed.legal_form.value,
        "legal_name": filed.legal_name,
        "corporate_number": filed.corporate_number,
        **_parties(filed.parties),
        "term_months": filed.term_months,
        "start_date": filed.start_date.isoformat(),
        "auto_renewal": filed.auto_renewal,
        "time_zone": filed.time_zone,
        "partner": filed.partner,
        "plan": filed.plan,
        "continues": filed.continues,
    }


def change_json(change: Change) -> dict[str, Any]:
    return {
        "seq": change.seq,
        "at": rfc3339(change.at),
        "event": change.event.value,
        "from": None if change.before is None else change.before.value,
        "to": change.after.value,
        "actor": change.actor,
        "source": change.source.value,
        "reason": change.reason or None,
    }


def _end(standing: Standing, grace_days: int) -> dict[str, Any]:
    end = standing.ended
    if end is None:
        return {"end_reason": None, "ended_on": None, "export_until": None}
    until = contracts.export_until(end, grace_days)
    return {"end_reason": end.reason.value, "ended_on": end.on.isoformat(), "export_until": until.isoformat()}


def _calendar(contract: Contract) -> dict[str, Any]:
    standing, asked = contract.standing, contract.non_renewal
    term = standing.term
    return {
        "term": term
        and {"number": term.number, "start_date": term.first.isoformat(), "end_date": term.last.isoformat()},
        "last_day_to_ask": _day(standing.last_day_to_ask),
        "next_possible_end_date": _day(standing.next_possible_end),
        "non_renewal": asked and {"end_date": asked.end_date.isoformat(), "requested_at": rfc3339(asked.requested_at)},
        "stop_date": _day(contract.stop_date),
    }


def _id_change(step: IdChange) -> dict[str, Any]:
    return {"from": step.start.isoformat(), "ids": step.ids, "requested_at": rfc3339(step.asked_at)}


def _parties(parties: Parties | None) -> dict[str, Any]:
    if parties is None:
        return {"representative": None, "admin_contact": None, "billing_contact": None}
    return {
        "representative": parties.representative,
        "admin_contact": _contact(parties.admin),
        "billing_contact": _contact(parties.billing),
    }


def _contact(contact: Contact) -> dict[str, Any]:
    shown = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    return shown if contact.affiliation is None else {**shown, "affiliation": contact.affiliation.value}


def _instant(us: int | None) -> str | None:
    return None if us is None else rfc3339(us)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
