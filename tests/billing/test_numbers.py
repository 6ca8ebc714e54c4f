"""Numbers rise by one over all tenants: of many who issue at once, of those who are killed, of what is undone."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.billing.conftest import Office
from tests.billing.issuer import Issuer
from tests.contracts.conftest import OPERATOR

from idp import contracts
from idp.billing import issuing
from idp.kit.units import Unit

TENANTS, MONTHS = 4, 5
AT = "2026-09-01T00:00:00+09:00"
KILLS = 6


def customers(office: Office) -> None:
    office.plan()
    for number in range(TENANTS):
        office.sell(f"t{number}")


def check_gapless(office: Office) -> None:
    found = office.issued()
    assert [each.number for each in found] == list(range(1, TENANTS * MONTHS + 1))
    months = [str(each.month) for each in found]
    assert months == sorted(months)
    assert set(Counter(months).values()) == {TENANTS}
    with office.units.platform(actor=OPERATOR, write=False) as unit:
        order = [each.tenant for each in contracts.customers(unit)]
    assert [each.number for tenant in order for each in office.of(tenant)] == [
        number + place for place in range(1, TENANTS + 1) for number in range(0, TENANTS * MONTHS, TENANTS)
    ]


def test_threads_at_once_issue_each_statement_once(office: Office) -> None:
    customers(office)
    office.at(2026, 9, 1)
    start = threading.Barrier(8)

    def run() -> int:
        start.wait(timeout=10)
        return office.issue()

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: run(), range(8)))
    assert sum(counts) == TENANTS * MONTHS
    check_gapless(office)


def test_processes_at_once_issue_each_statement_once(office: Office, installed_url: str, master: Path) -> None:
    customers(office)
    issuers = [Issuer(installed_url, master, AT) for _ in range(8)]
    for each in issuers:
        each.begin()
    counts = [each.count() for each in issuers]
    for each in issuers:
        each.end()
    assert sum(counts) == TENANTS * MONTHS
    check_gapless(office)


def test_processes_that_are_killed_leave_no_gap(office: Office, installed_url: str, master: Path) -> None:
    customers(office)
    survivors = 0
    for kill in range(KILLS):
        issuer = Issuer(installed_url, master, AT)
        before = len(office.issued())
        issuer.begin()
        while len(office.issued()) <= before + kill and issuer.process.is_alive():
            pass
        issuer.end()
        survivors += len(office.issued()) < TENANTS * MONTHS
        assert [each.number for each in office.issued()] == list(range(1, len(office.issued()) + 1))
    assert survivors > 1  # else nothing was killed half-way
    office.at(2026, 9, 1).issue()
    check_gapless(office)


@pytest.mark.rewired
def test_what_is_undone_gives_its_number_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    customers(office)
    office.at(2026, 9, 1)
    record = issuing.audit.record
    calls: list[object] = []

    def failing(unit: Unit, *args: object, **facts: object) -> None:
        calls.append(args)
        if len(calls) % 3 == 0:
            raise RuntimeError("undone")
        record(unit, *args, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(issuing.audit, "record", failing)
    failures = 0
    while True:
        try:
            office.issue()
            break
        except RuntimeError:
            failures += 1
    assert failures > 1
    found = office.issued()  # within its month, who failed comes after those who did not
    assert [each.number for each in found] == list(range(1, TENANTS * MONTHS + 1))
    assert [str(each.month) for each in found] == sorted(str(each.month) for each in found)
