"""The operator's desk: an application as it is filed, and each act in a transaction of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from idp import contracts, tenants
from idp.contracts import Contract, ContractId, Status
from idp.kit.actors import Actor, Source
from idp.kit.clock import FixedClock
from idp.kit.ids import TenantId
from idp.kit.units import Units

NOON = datetime(2026, 2, 2, 3, tzinfo=UTC)  # in Tokyo
OPERATOR = Actor("operator", "opr_1", Source.OPERATOR)
CUSTOMER = Actor("tenant", "key_1")


def form(**changes: Any) -> dict[str, Any]:
    """An application as it is filed; None leaves a field out."""
    filed = {
        "product": "ID_PLUS",
        "tenant": "kaede",
        "legal_form": "corporation",
        "legal_name": "株式会社かえで",
        "corporate_number": "7000012050002",
        "representative": "楓 花子",
        "admin_contact": {"name": "山田 太郎", "email": "taro@kaede.example", "affiliation": "employee"},
        "billing_contact": {"name": "経理部", "email": "billing@kaede.example", "phone": "+81 3-0000-0000"},
        "ids": 50,
        "term_months": 12,
        "start_date": "2026-04-01",
        "auto_renewal": True,
    }
    return {name: value for name, value in (filed | changes).items() if value is not None}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


STEPS: dict[str, Callable[..., Contract]] = {
    "screen": contracts.screen,
    "approve": contracts.approve,
    "complete_setup": contracts.complete_setup,
    "withdraw": contracts.withdraw,
    "resume": contracts.resume,
    "withdraw_non_renewal": contracts.withdraw_non_renewal,
    "withdraw_stop": contracts.withdraw_stop,
    "ask_non_renewal": contracts.ask_non_renewal,
    "reject": lambda *args, **more: contracts.reject(*args, **{"reason": "incomplete", **more}),
    "suspend": lambda *args, **more: contracts.suspend(*args, **{"reason": "unpaid", **more}),
    "terminate": lambda *args, **more: contracts.terminate(*args, **{"reason": "breach", **more}),
    "ask_stop": lambda *args, **more: contracts.ask_stop(*args, **{"reason": "closing", **more}),
}
WAY_TO = {
    Status.APPLIED: "",
    Status.SCREENING: "screen",
    Status.REJECTED: "screen reject",
    Status.WITHDRAWN: "withdraw",
    Status.APPROVED: "screen approve",
    Status.ACTIVE: "screen approve complete_setup",
    Status.SUSPENDED: "screen approve complete_setup suspend",
    Status.ENDED: "screen approve complete_setup terminate",
}


@dataclass(frozen=True)
class Desk:
    """The operator's: one act, one transaction."""

    units: Units

    def apply(self, **changes: Any) -> Contract:
        with self.units.platform(actor=OPERATOR) as unit:
            return contracts.apply(unit, contracts.read_application(form(**changes)))

    def act(self, step: str, contract_id: ContractId, **more: Any) -> Contract:
        with self.units.platform(actor=OPERATOR) as unit:
            return STEPS[step](unit, contract_id, **more)

    def bring(self, status: Status, **changes: Any) -> Contract:
        """A contract in this state, by legal acts alone."""
        contract = self.apply(**changes)
        for step in WAY_TO[status].split():
            contract = self.act(step, contract.id)
        return contract

    def get(self, contract_id: ContractId) -> Contract:
        with self.units.platform(actor=OPERATOR, write=False) as unit:
            return contracts.get(unit, contract_id)

    def history(self, contract_id: ContractId) -> list[contracts.Change]:
        with self.units.platform(actor=OPERATOR, write=False) as unit:
            return contracts.history(unit, contract_id, limit=500)

    def counters(self, tenant: TenantId) -> tuple[int, int]:
        """Revision and generation."""
        with self.units.open(tenant, actor=OPERATOR, write=False) as unit:
            found = tenants.get(unit)
            return found.revision, found.generation


@pytest.fixture
def desk(units: Units) -> Desk:
    return Desk(units)
