"""Customers with plans, and a clock that is moved on until their months have ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.contracts.conftest import OPERATOR, STEPS, form

from idp import billing, contracts, plans, schedule, tenants, users
from idp.billing import Seller, Statement
from idp.contracts import Contract, ContractId
from idp.kit.clock import FixedClock
from idp.kit.ids import TenantId
from idp.kit.sealing import KeyStore
from idp.kit.units import Units

JAPAN = ZoneInfo("Asia/Tokyo")
SELLER = Seller("株式会社割符", "T7000012050002")


def japan(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=JAPAN).astimezone(UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(japan(2026, 4, 1, 10))


@pytest.fixture
def master(keys: KeyStore, tmp_path: Path) -> Path:
    """The file of the key that `keys` were opened with."""
    return tmp_path / "keys" / "master.key"


def issue_all(units: Units, on: date | None = None) -> int:
    outcome = schedule.run(units, [schedule.Statements(seller=SELLER)], day=on)
    for _, error in outcome.failed:
        raise error
    return outcome.done.statements


@dataclass(frozen=True)
class Office:
    """One act, one transaction, at the time of the clock."""

    units: Units
    clock: FixedClock

    def plan(self, **members: Any) -> plans.Plan:
        document = {"name": "standard", "product": "ID_PLUS", "price_per_id": 300, **members}
        with self.units.platform(actor=OPERATOR) as unit:
            return plans.create(unit, plans.read(document))

    def sell(self, slug: str = "kaede", *, plan: str | None = "standard", **changes: Any) -> Contract:
        """A contract that is established now."""
        filed = form(tenant=slug, plan=plan, **changes)
        with self.units.platform(actor=OPERATOR) as unit:
            contract = contracts.apply(unit, contracts.read_application(filed))
            for step in ("screen", "approve", "complete_setup"):
                contract = STEPS[step](unit, contract.id)
        return contract

    def act(self, step: str, contract_id: ContractId, **more: Any) -> Contract:
        with self.units.platform(actor=OPERATOR) as unit:
            return STEPS[step](unit, contract_id, **more)

    def hire(self, tenant: TenantId, name: str) -> str:
        with self.units.open(tenant, actor=OPERATOR) as unit:
            person = {"user_name": name, "display_name": name, "affiliation": "employee"}
            draft = users.read(person, users.frame(unit))
            return users.create(unit, draft, limit=1000).id

    def dismiss(self, tenant: TenantId, user_id: str) -> None:
        with self.units.open(tenant, actor=OPERATOR) as unit:
            users.delete(unit, user_id)

    def at(self, *moment: int) -> "Office":
        self.clock.set(japan(*moment))  # type: ignore[arg-type]
        return self

    def issue(self, on: date | None = None) -> int:
        """A run for that day; how many statements it issued."""
        return issue_all(self.units, on)

    def issued(self) -> list[Statement]:
        with self.units.platform(actor=OPERATOR, write=False) as unit:
            return billing.page(unit, limit=1000)

    def months(self) -> list[tuple[int, str]]:
        """Number and month of each statement."""
        return [(each.number, str(each.month)) for each in self.issued()]

    def of(self, tenant: TenantId) -> list[Statement]:
        with self.units.open(tenant, actor=OPERATOR, write=False) as unit:
            return billing.page(unit, limit=1000)

    def tenants(self) -> Sequence[TenantId]:
        with self.units.platform(actor=OPERATOR, write=False) as unit:
            return [each.id for each in tenants.page(unit, limit=1000)]


@pytest.fixture
def office(units: Units, clock: FixedClock) -> Office:
    return Office(units, clock)
