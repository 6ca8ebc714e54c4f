"""`kill -9` on the way through a file: whoever runs it again ends as if nothing had happened, with every ID once."""

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.conftest import OPERATOR, Desk
from tests.imports.running import Runner

from idp import audit, users
from idp.contracts import Status
from idp.kit.clock import FixedClock, instant
from idp.kit.ids import TenantId
from idp.kit.units import Units

IDS = int(os.environ.get("IDS", "2000"))  # `make imports`: 100,000, in seconds and megabytes that are promised
SECONDS = 60
MEGABYTES = 300
SEED = 20261124

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + IDS // 50)]


def cells(number: int) -> str:
    if number % 97 == 13:
        return f"u{number},,guest,,\r\n"
    if number % 97 == 51:
        return f"u{number - 1},,officer,,\r\n"
    return f"u{number},利用者 {number},employee,u{number}@kaede.example,+81 3 0000 {number % 10_000:04}\r\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "people.csv"
    header = "user_name,display_name,affiliation,email,phone_number\r\n"
    made.write_text(header + "".join(cells(number) for number in range(IDS)), newline="")
    return made


@pytest.fixture
def runner(installed_url: str, tmp_path: Path, clock: FixedClock, file: Path) -> Runner:
    now = instant(clock.now_us())
    return Runner(installed_url, tmp_path / "keys" / "master.key", now, file, tmp_path / "told.json")


def made_of(units: Units, tenant: TenantId) -> tuple[list[Any], Counter[str]]:
    """Every ID in what it is, and the trail by its events."""
    people, events = [], Counter[str]()
    with units.open(tenant, actor=OPERATOR, write=False) as unit:
        after = ""
        while found := users.page(unit, after=after, limit=1_000):
            people += [(each.draft, each.status, each.version, each.generation) for each in found]
            after = found[-1].id
        query = f"SELECT event, count(*) FROM audit_entries WHERE tenant_id = '{tenant}' GROUP BY event"
        events.update(dict(map(tuple, unit.lane.execute(query, {}).fetchall())))
        assert users.seats_used(unit) == len(people)
        assert audit.verify(unit) is None
    return people, events


def test_killed_at_random_again_and_again_it_ends_as_an_import_that_was_not(units: Units, runner: Runner) -> None:
    desk, draw, most = Desk(units), random.Random(SEED), max(3, IDS // 2_000)
    contact = {"name": "Z", "email": "admin@x.example", "affiliation": "employee"}
    whole, broken = (
        desk.bring(Status.ACTIVE, tenant=slug, ids=IDS, admin_contact=contact).tenant for slug in ("kaede", "momiji")
    )
    assert runner.finished(whole, within=SECONDS * 5)
    told = json.loads(runner.told.read_text())
    kills = 0
    while not runner.finished(broken, within=SECONDS * 5, survives=draw.randint(1, most)):
        kills += 1
    again = json.loads(runner.told.read_text())
    print(f"{IDS:,} rows: {told['cost']}; then {kills} kills")
    assert kills > 2
    assert again["report"].pop("resumed_after") > 1
    assert told["report"].pop("resumed_after") is None
    assert again["report"] == told["report"]
    assert told["report"]["created"] + told["report"]["failed"] == IDS
    assert len(told["report"]["errors"]) == told["report"]["failed"] > IDS // 60
    people, events = made_of(units, broken)
    assert (people, events) == made_of(units, whole)
    assert events["users.imported"] == 1
    assert told["cost"]["megabytes"] < MEGABYTES
    assert told["cost"]["cpu"] < SECONDS
    if IDS >= 100_000:
        assert told["cost"]["wall"] < SECONDS
