"""What a letter can say of a contract or an invitation: plain text by name."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from idp import contracts, tenants
from idp.contracts import Contract
from idp.kit.clock import instant
from idp.kit.units import Unit

_INVITATION = timedelta(days=7)


def contract_facts(contract: Contract, unit: Unit) -> dict[str, Any]:  # noqa: ARG001 - as of the unit's instant
    filed, standing = contract.application, contract.standing
    facts: dict[str, Any] = {
        "company": filed.legal_name,
        "product": filed.product.value,
        "contract": contract.id,
        "tenant": filed.slug,
        "ids": str(filed.ids),
    }
    if standing.term is not None:
        facts["term"] = f"{standing.term.first} – {standing.term.last}"
    if standing.last_day_to_ask is not None and filed.auto_renewal:
        facts["last_day_to_ask"] = standing.last_day_to_ask.isoformat()
    if standing.ended is not None:
        facts["ended_on"] = standing.ended.on.isoformat()
    return facts


def reason_facts(unit: Unit, contract: Contract, seq: int) -> dict[str, str]:
    """Why it was done, where somebody said so: it stands in the history alone, not in the outbox."""
    found = contracts.history(unit, contract.id, after=seq - 1, limit=1)
    return {"reason": found[0].reason} if found and found[0].seq == seq and found[0].reason else {}


def invitation_facts(unit: Unit, user_name: str, created_at: int) -> dict[str, Any]:
    zone = ZoneInfo(tenants.get(unit).time_zone)
    until = (instant(created_at) + _INVITATION).astimezone(zone)
    return {"user_name": user_name, "valid_until": f"{until:%Y-%m-%d %H:%M} ({zone.key})"}
