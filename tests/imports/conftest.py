"""A customer with room for ten IDs, and files that are imported for it."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from tests.contracts.conftest import OPERATOR, Desk

from idp import audit, imports, users
from idp.contracts import Contract, Status
from idp.imports import Encoding, Order, Report
from idp.kit.clock import FixedClock
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.users import Identity

IDS = 11  # one of them is the first administrator's


def hashed(passwords: Sequence[str]) -> list[str]:
    return [f"hash of {password[::-1]}" for password in passwords]


def order(**changes: Any) -> Order:
    return Order(**{"encoding": Encoding.UTF_8, "hash_all": hashed, "preparing": True, **changes})


@dataclass(frozen=True)
class Office:
    units: Units
    clock: FixedClock
    contract: Contract

    @property
    def tenant(self) -> TenantId:
        return self.contract.tenant

    def bring(self, *lines: str, told: Any = None, **wishes: Any) -> Report:
        """Imports a file of these lines."""
        text = "".join(f"{line}\r\n" for line in lines)
        encoding = {Encoding.SHIFT_JIS: "cp932"}.get(wishes.get("encoding", ""), "utf-8")
        file = io.BytesIO(text.encode(encoding))
        return imports.run(self.units, self.tenant, file, order(**wishes), actor=OPERATOR, told=told)

    def person(self, user_name: str) -> Identity | None:
        with self.units.open(self.tenant, actor=OPERATOR, write=False) as unit:
            return users.find_by_name(unit, user_name)

    def names(self) -> list[str]:
        """Of all IDs but the first administrator."""
        with self.units.open(self.tenant, actor=OPERATOR, write=False) as unit:
            return sorted(person.user_name for person in users.page(unit, limit=10_000))[:-1]

    def events(self) -> Counter[str]:
        with self.units.open(self.tenant, actor=OPERATOR, write=False) as unit:
            assert audit.verify(unit) is None
            return Counter(entry.event for entry in audit.page(unit, limit=10_000))

    def rows(self, table: str) -> int:
        with self.units.open(self.tenant, actor=OPERATOR, write=False) as unit:
            return int(unit.lane.execute(f"SELECT count(*) FROM {table}", {}).fetchone()[0])


@pytest.fixture
def office(units: Units, clock: FixedClock) -> Office:
    contact = {"name": "Z", "email": "zz@kaede.example", "affiliation": "employee"}
    return Office(units, clock, Desk(units).bring(Status.ACTIVE, ids=IDS, admin_contact=contact))
