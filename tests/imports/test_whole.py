"""A file that counts as a whole: all of its rows, or none."""

import io
from typing import Any

import pytest
from tests.contracts.conftest import OPERATOR
from tests.imports.conftest import IDS, Office, hashed, order

from idp import imports, users
from idp.imports import Counts, Report, running
from idp.kit.errors import Conflict
from idp.kit.units import Unit

HEAD = "user_name,affiliation,display_name,password"
UME, TAKE = "ume,employee,梅子,", "take,dispatched,竹子,A long pass phrase of Take"


def test_unless_every_row_is_right_none_does_anything(office: Office) -> None:
    office.bring(HEAD, UME)
    before, events = office.person("ume"), office.events()
    report = office.bring(HEAD, UME.replace("梅子", "梅"), TAKE, "matsu,guest,,", whole=True)
    assert report.counts == Counts(rows=3, unchanged=2, failed=1)
    assert [(fault.line, fault.column, fault.code) for fault in report.faults] == [(4, "affiliation", "unknown_value")]
    assert (office.names(), office.person("ume"), office.events()) == (["ume"], before, events)
    right = office.bring(HEAD, UME.replace("梅子", "梅"), TAKE, whole=True)
    assert right == Report(dry_run=False, counts=Counts(rows=2, created=1, changed=1), faults=())
    assert (office.names(), office.rows("imports")) == (["take", "ume"], 0)
    made = {"user.created": 1, "user.changed": 1, "password.set": 1, "users.imported": 1}
    assert office.events() - events == made


def test_what_takes_more_ids_than_the_contract_has_is_not_begun(office: Office) -> None:
    rows = [f"p{number},employee,," for number in range(IDS)]
    report = office.bring(HEAD, *rows, whole=True)
    assert (report.counts, office.names()) == (Counts(rows=IDS, unchanged=IDS - 1, failed=1), [])
    assert [fault.code for fault in report.faults] == ["id_limit_reached"]
    assert office.bring(HEAD, *rows[1:], whole=True).counts.created == IDS - 1


def test_what_went_wrong_after_it_was_tried_undoes_it_all(office: Office) -> None:
    def hashing(passwords: Any) -> Any:  # it takes a while: meanwhile somebody fills the contract
        with office.units.open(office.tenant, actor=OPERATOR) as unit:
            for number in range(IDS - 2):
                document = {"user_name": f"q{number}", "display_name": "Q", "affiliation": "employee"}
                users.create(unit, users.read(document, users.frame(unit)), limit=IDS)
        return hashed(passwords)

    report = office.bring(HEAD, UME, TAKE, whole=True, hash_all=hashing)
    assert (report.counts, [fault.code for fault in report.faults]) == (
        Counts(rows=2, unchanged=1, failed=1),
        ["id_limit_reached"],
    )
    assert not {"ume", "take"} & set(office.names())


def test_a_whole_that_is_too_large_to_wait_for_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_WHOLE", 2)
    with pytest.raises(Conflict, match="too_many_rows") as refused:
        office.bring(HEAD, UME, TAKE, "matsu,employee,,", whole=True)
    assert (refused.value.members, office.names()) == ({"limit": 2}, [])
    assert office.bring(HEAD, UME, TAKE, whole=True).counts.created == 2


def test_what_is_kept_with_it_is_kept_with_what_was_done_alone(office: Office) -> None:
    kept: list[Report] = []

    def keep(_: Unit, report: Report) -> None:
        kept.append(report)

    for rows in (f"{HEAD}\nume,guest,,\n", f"{HEAD}\nume,employee,,\n"):
        file = io.BytesIO(rows.encode())
        report = imports.run(office.units, office.tenant, file, order(whole=True), actor=OPERATOR, at_end=keep)
    assert kept == [report]
