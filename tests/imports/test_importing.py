"""What becomes of the rows of a file, by the rules of a single creation and a single change."""

from typing import Any

import pytest
from tests.contracts.conftest import CUSTOMER, OPERATOR, Desk
from tests.imports.conftest import IDS, Office

from idp import credentials, delivery, imports, users
from idp.contracts import Status
from idp.imports import Counts, Encoding, Report
from idp.kit.errors import Conflict
from idp.users import Affiliation, Role, UserStatus
from idp.web.sweeping import steps

HEAD = "user_name,display_name,email,affiliation,given_name,locale"
UME = "ume,青葉 梅子,ume@kaede.example,employee,梅子,ja"
TAKE = "take,青葉 竹子,,dispatched,,"


def wrong(report: Report) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.code) for fault in report.faults]


def test_rows_make_ids_and_a_second_time_nothing(office: Office) -> None:
    before = office.events()
    report = office.bring(HEAD, UME, TAKE)
    assert report == Report(dry_run=False, counts=Counts(rows=2, created=2), faults=())
    ume = office.person("ume")
    assert ume is not None
    assert (ume.display_name, ume.email, ume.locale) == ("青葉 梅子", "ume@kaede.example", "ja")
    assert (ume.claims, ume.roles, ume.can_sign_in) == ({"given_name": "梅子"}, {Role.MEMBER}, False)
    assert office.events() - before == {"user.created": 2, "users.imported": 1}
    again = office.bring(HEAD, UME, TAKE)
    assert again.counts == Counts(rows=2, unchanged=2)
    assert office.events() - before == {"user.created": 2, "users.imported": 2}
    assert office.person("ume") == ume
    assert (office.rows("imports"), office.rows("import_faults")) == (0, 0)


def test_two_columns_are_enough(office: Office) -> None:
    assert office.bring("affiliation,user_name", "officer,ume", "employee,take").counts.created == 2
    ume = office.person("ume")
    assert ume is not None
    assert (ume.display_name, ume.affiliation) == ("ume", Affiliation.OFFICER)


def test_a_column_that_is_not_there_leaves_what_there_is_and_an_empty_cell_takes_it_away(office: Office) -> None:
    office.bring(HEAD, UME, TAKE)
    report = office.bring("user_name,affiliation,locale,status", "ＵＭＥ,officer,,", "take,dispatched,,disabled")
    assert report.counts == Counts(rows=2, changed=2)
    ume, take = office.person("ume"), office.person("take")
    assert ume is not None
    assert take is not None
    assert (ume.user_name, ume.display_name, ume.email) == ("ＵＭＥ", "青葉 梅子", "ume@kaede.example")
    assert (ume.affiliation, ume.locale, ume.status) == (Affiliation.OFFICER, None, UserStatus.ACTIVE)
    assert (take.status, take.generation) == (UserStatus.DISABLED, 2)
    assert office.events()["user.changed"] == 1
    assert office.events()["user.disabled"] == 1


def test_what_is_wrong_is_told_by_row_and_column_and_stops_no_other_row(office: Office) -> None:
    report = office.bring(
        f"{HEAD},birthdate,email_verified,address_country,status",
        f"{UME},1990-13-01,maybe,日本,gone",
        "take",
        ",,,guest,,,,,,",
        "matsu,,x,employee,,,,,,",
        "sugi,,,employee,,,1990-12-01,true,JP,active",
    )
    assert wrong(report) == [
        (2, "birthdate", "invalid_format"),
        (2, "email_verified", "invalid_type"),
        (2, "status", "unknown_value"),
        (3, "", "wrong_number_of_cells"),
        (4, "display_name", "required"),
        (4, "affiliation", "unknown_value"),
        (4, "user_name", "required"),
        (5, "email", "invalid_format"),
    ]
    guest = next(fault for fault in report.faults if fault.found == "guest")
    assert guest.expected == ["officer", "employee", "dispatched"]
    assert report.counts == Counts(rows=5, created=1, failed=4)
    sugi = office.person("sugi")
    assert sugi is not None
    assert sugi.claims == {"birthdate": "1990-12-01", "email_verified": True, "address": {"country": "JP"}}


def test_of_two_rows_for_one_id_the_second_is_refused(office: Office) -> None:
    report = office.bring("user_name,affiliation", "ume,employee", "take,employee", "Ume,officer")
    assert wrong(report) == [(4, "user_name", "repeated")]
    assert "line 2" in report.faults[0].detail
    assert report.counts == Counts(rows=3, created=2, failed=1)


def test_rows_beyond_the_ids_of_the_contract_are_refused_and_changes_are_not(office: Office) -> None:
    office.bring("user_name,affiliation", "u9,employee")
    people = [f"u{number:02},employee" for number in range(12)]
    report = office.bring("user_name,affiliation", *people, "u9,officer")
    assert wrong(report) == [(line, "", "id_limit_reached") for line in (11, 12, 13)]
    assert report.faults[0].expected == IDS
    assert report.counts == Counts(rows=13, created=9, changed=1, failed=3)
    assert len(office.names()) == IDS - 1


def test_a_dry_run_says_what_would_be_and_changes_nothing(office: Office) -> None:
    office.bring(HEAD, UME)
    before = office.events(), office.names()
    people = [f"u{number:02},employee" for number in range(12)]
    file = ("user_name,affiliation", *people, "ume,officer", "u00,officer", "x,guest")
    tried = office.bring(*file, dry_run=True)
    assert (office.events(), office.names()) == before
    done = office.bring(*file)
    assert tried.dry_run
    assert tried._replace(dry_run=False) == done
    assert done.counts == Counts(rows=15, created=9, changed=1, failed=5)


def test_groups_are_named_and_unknown_ones_refused(office: Office) -> None:
    with office.units.open(office.tenant, actor=OPERATOR) as unit:
        made = [users.groups.create(unit, name).id for name in ("営業 部", "Sales")]
    report = office.bring(
        "user_name,affiliation,groups", "ume,employee,営業 部; SALES", "take,employee,Nobody;Sales", "matsu,employee,"
    )
    assert wrong(report) == [(3, "groups", "unknown_group")]
    ume = office.person("ume")
    assert ume is not None
    assert ume.groups == set(made)
    assert office.bring("user_name,affiliation,groups", "ume,employee,Sales").counts.changed == 1
    left = office.person("ume")
    assert left is not None
    assert left.groups == {made[1]}


def test_nobody_imports_an_administrator_who_may_do_less(office: Office) -> None:
    """Attack M3: neither by making one, nor by a role, nor by the address of one."""
    header = "user_name,affiliation,roles,email"
    office.bring(header, "ume,employee,admin,", "take,employee,,")
    less = frozenset(filter(None, [credentials.parse("users:*")]))
    attempt = (
        header,
        "matsu,employee,admin,",
        "take,employee,admin,",
        "ume,employee,admin,x@evil.example",
        "a,officer,,",
    )
    refused = office.bring(*attempt, granting=less)
    assert wrong(refused) == [(line, "roles", "forbidden") for line in (2, 3, 4)]
    assert refused.counts == Counts(rows=4, created=1, failed=3)
    assert office.bring(*attempt).counts == Counts(rows=4, created=1, changed=2, unchanged=1)


def test_the_last_administrator_who_could_sign_in_stays(office: Office) -> None:
    header = "user_name,affiliation,roles,status,password"
    office.bring(header, "ume,employee,admin,,kaminari-no-oto", "take,employee,admin,,kaminari-no-oto")
    report = office.bring(header, "ume,officer,member,,", "take,officer,admin,disabled,")
    assert wrong(report) == [(3, "roles", "last_admin_locked_out")]
    take = office.person("take")
    assert take is not None
    assert (take.affiliation, take.status) == (Affiliation.EMPLOYEE, UserStatus.ACTIVE)


def test_a_password_is_for_new_ids_alone_and_no_fault_repeats_it(office: Office) -> None:
    header = "user_name,affiliation,password"
    report = office.bring(header, "ume,employee,kaminari-no-oto", "take,employee,short", "matsu,employee,")
    assert wrong(report) == [(3, "password", "too_short")]
    assert "short" not in str(report.faults).replace("too_short", "")
    found = {name: person for name in ("ume", "matsu") if (person := office.person(name))}
    assert {name: person.can_sign_in for name, person in found.items()} == {"ume": True, "matsu": False}
    again = office.bring(header, "ume,employee,another-long-one", "matsu,employee,another-long-one")
    assert again.counts == Counts(rows=2, unchanged=2)
    assert office.events()["password.set"] == 1


def test_letters_go_to_new_ids_without_a_password_if_they_are_wished_for(office: Office) -> None:
    header = "user_name,affiliation,email,password,status"
    file = ["a,employee,a@x.example,,", "b,employee,,,", "c,employee,c@x.example,kaminari-no-oto,"]
    before = office.events()["user.invited"]
    office.bring(header, *file, "d,employee,d@x.example,,disabled", invite=True)
    assert office.events()["user.invited"] - before == 1
    with office.units.open(office.tenant, actor=OPERATOR) as unit:
        assert delivery.pending(unit, limit=100)[-1].event == "user.invited"
    office.bring(header, "e,employee,e@x.example,,")
    assert office.events()["user.invited"] - before == 1


def test_windows_31j_is_imported_as_spreadsheets_write_it(office: Office) -> None:
    office.bring("user_name,display_name,affiliation", "ume,髙﨑 梅子,employee", encoding=Encoding.SHIFT_JIS)
    ume = office.person("ume")
    assert ume is not None
    assert ume.display_name == "髙﨑 梅子"


@pytest.mark.parametrize(
    ("status", "preparing", "open_to_it"),
    [
        (Status.APPROVED, True, True),
        (Status.APPROVED, False, False),
        (Status.SUSPENDED, True, False),
        (Status.ACTIVE, False, True),
    ],
)
def test_the_contract_decides_whether_there_is_an_import(
    office: Office, status: Status, preparing: bool, open_to_it: bool
) -> None:
    other = Office(office.units, office.clock, Desk(office.units).bring(status, tenant="momiji", ids=9))
    for dry_run in (True, False):
        if open_to_it:
            done = other.bring(HEAD, UME, preparing=preparing, dry_run=dry_run)
            assert done.counts.created == 1
        else:
            with pytest.raises(Conflict, match="contract_not_active") as refused:
                other.bring(HEAD, UME, preparing=preparing, dry_run=dry_run)
            assert refused.value.members == {"state": status.value}


MANY = [
    "user_name,affiliation",
    *(f"u{number},{'guest' if number % 90 == 7 else 'employee'}" for number in range(1_200)),
]


@pytest.fixture
def roomy(office: Office) -> Office:
    return Office(office.units, office.clock, Desk(office.units).bring(Status.ACTIVE, tenant="momiji", ids=2_000))


class Interrupted(Exception):
    pass


def interrupt(_done: int, _of: int, counts: Counts) -> None:
    if counts.rows == 1_000:
        raise Interrupted


def test_an_import_that_was_interrupted_goes_on_and_ends_as_one_that_was_not(roomy: Office) -> None:
    with pytest.raises(Interrupted):
        roomy.bring(*MANY, told=interrupt)
    assert len(roomy.names()) == 988
    assert roomy.events()["users.imported"] == 0
    seen: list[int] = []
    report = roomy.bring(*MANY, told=lambda _done, _of, counts: seen.append(counts.rows))
    assert seen == [1_200]
    assert report.resumed_after == 1_001
    assert report.counts == Counts(rows=1_200, created=1_186, failed=14)
    assert [fault.line for fault in report.faults] == [number + 2 for number in range(7, 1_200, 90)]
    assert roomy.events()["users.imported"] == 1
    assert roomy.events()["user.created"] == 1_187
    assert (roomy.rows("imports"), roomy.rows("import_faults")) == (0, 0)
    again = roomy.bring(*MANY)
    assert again.counts == Counts(rows=1_200, unchanged=1_186, failed=14)
    assert again.resumed_after is None


def test_a_name_that_an_earlier_run_took_is_not_taken_again_in_the_file(roomy: Office) -> None:
    with pytest.raises(Interrupted):
        roomy.bring(*MANY, "U3,officer", told=interrupt)
    report = roomy.bring(*MANY, "U3,officer")
    assert (report.faults[-1].line, report.faults[-1].code) == (1_202, "repeated")


def test_of_two_who_import_the_same_file_at_once_one_goes_on(roomy: Office) -> None:
    others: list[Report] = []

    def meanwhile(_done: int, _of: int, counts: Counts) -> None:
        if counts.rows == 500:
            others.append(roomy.bring(*MANY))

    with pytest.raises(Conflict, match="import_in_progress"):
        roomy.bring(*MANY, told=meanwhile)
    assert [(report.counts.created, report.resumed_after) for report in others] == [(1_186, 501)]
    assert roomy.events()["user.created"] == 1_187


def test_what_nobody_goes_on_with_is_swept(roomy: Office) -> None:
    with pytest.raises(Interrupted):
        roomy.bring(*MANY, told=interrupt)
    assert (roomy.rows("imports"), roomy.rows("import_faults")) == (1, 12)
    for days, left in ((6, (1, 12)), (2, (0, 12)), (7, (0, 0))):
        roomy.clock.advance(hours=24 * days)
        for sweep in imports.SWEEPS:
            list(steps(roomy.units, roomy.tenant, sweep))
        assert (roomy.rows("imports"), roomy.rows("import_faults")) == left


def test_the_trail_knows_the_file_by_a_digest_of_the_tenants_own(office: Office) -> None:
    def last() -> Any:
        with office.units.open(office.tenant, actor=CUSTOMER) as unit:
            row = unit.lane.execute(
                "SELECT facts FROM audit_entries WHERE event = 'users.imported' ORDER BY at DESC, seq DESC", {}
            ).fetchone()
            return row[0]

    office.bring(HEAD, UME)
    first = last()
    assert '"rows":1' in first
    assert "ume" not in first
    office.clock.advance(seconds=1)
    office.bring(HEAD, UME)
    assert last().partition('"rows"')[0] == first.partition('"rows"')[0]
