"""`idp users import`, as an operator and as a program call it."""

import json
import os
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Idp
from tests.contracts.conftest import Desk
from tests.support import doomed

from idp import main, settings
from idp.cli import importing
from idp.contracts import Status

HEAD = "user_name,affiliation,display_name\n"


@pytest.fixture
def desk(idp: Idp) -> Desk:
    assert idp("migrate").status == 0
    return Desk(main.open_units(settings.load()))


@pytest.fixture
def file(desk: Desk, tmp_path: Path) -> Path:
    """Of two people, for a tenant that has the room."""
    desk.bring(Status.ACTIVE, ids=3_000)
    made = tmp_path / "people.csv"
    made.write_text(f"{HEAD}ume,employee,青葉 梅子\ntake,guest,\n")
    return made


def test_programs_are_told_in_json_and_by_the_status(idp: Idp, file: Path) -> None:
    done = idp("users", "import", str(file), "--tenant", "kaede", "--json")
    assert (done.status, done.err) == (1, "")
    told = json.loads(done.out)
    (error,) = told.pop("errors")
    assert error == {
        "line": 3,
        "column": "affiliation",
        "code": "unknown_value",
        "detail": "This value is not known.",
        "found": "guest",
        "expected": ["officer", "employee", "dispatched"],
    }
    nothing = {"dry_run": False, "key": "user_name", "changed": 0, "unchanged": 0, "resumed_after": None}
    assert told == {**nothing, "rows": 2, "created": 1, "failed": 1}
    file.write_text(f"{HEAD}ume,employee,青葉 梅子\n")
    again = idp("users", "import", str(file), "--tenant", "kaede", "--json")
    assert (again.status, json.loads(again.out)["unchanged"]) == (0, 1)


def test_an_operator_reads_what_is_wrong_and_what_was_done(idp: Idp, file: Path) -> None:
    tried = idp("users", "import", str(file), "--tenant", "kaede", "--dry-run")
    assert tried.status == 1
    assert tried.out.splitlines() == [
        "line 3, affiliation: This value is not known. Found: 'guest'. Expected: officer, employee, dispatched.",
        "Would be: 2 rows: 1 created, 1 failed.",
    ]
    assert idp("users", "import", str(file), "--tenant", "kaede").out.splitlines()[-1] == "2 rows: 1 created, 1 failed."


def test_long_files_show_how_far_they_are(idp: Idp, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(HEAD + "".join(f"u{number:04},employee,\n" for number in range(2_400)))
    piped = idp("users", "import", str(file), "--tenant", "kaede", "--dry-run").out.splitlines()
    assert piped == [
        *(
            f"{tenths}0%  {rows:,} rows: {rows:,} created"
            for tenths, rows in ((2, 500), (4, 1_000), (6, 1_500), (8, 2_000))
        ),
        "Would be: 2,400 rows: 2,400 created.",
    ]
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    watched = idp("users", "import", str(file), "--tenant", "kaede").out
    assert "2,400 rows: 2,400 created." in watched
    assert "\x1b[" in watched
    assert idp("users", "import", str(file), "--tenant", "kaede", "--json").out.count("\x1b[") == 0


def test_a_killed_import_goes_on_when_it_is_started_again(idp: Idp, file: Path, desk: Desk) -> None:
    file.write_text(HEAD + "".join(f"u{number:04},employee,\n" for number in range(1_200)))
    command = ("users", "import", str(file), "--tenant", "kaede")
    doomed.killed("idp.imports.store.end", "before", doomed.command, *command, environment=os.environ)
    done = idp(*command)
    assert done.status == 0, done.err
    assert done.out.splitlines() == [
        "Went on behind line 1,201, where an earlier run had come to.",
        "1,200 rows: 1,200 created.",
    ]


def test_many_faults_are_cut_and_told_in_json(idp: Idp, file: Path) -> None:
    file.write_text(HEAD + "".join(f"u{number},guest,\n" for number in range(30)))
    told = idp("users", "import", str(file), "--tenant", "kaede").out.splitlines()
    assert len(told) == 22
    assert told[-2] == "… and more faults, in 10 more rows: --json tells them."
    assert len(json.loads(idp("users", "import", str(file), "--tenant", "kaede", "--json").out)["errors"]) == 30


def test_a_file_of_a_spreadsheet_is_read_if_its_encoding_is_said(idp: Idp, file: Path) -> None:
    file.write_bytes(f"{HEAD}ume,employee,髙﨑 梅子\r\n".encode("cp932"))
    wrong = idp("users", "import", str(file), "--tenant", "kaede")
    assert (wrong.status, "Shift_JIS" in wrong.out) == (1, True)
    assert idp("users", "import", str(file), "--tenant", "kaede", "--encoding", "shift_jis").status == 0


def test_passwords_are_hashed_as_everywhere(idp: Idp, file: Path) -> None:
    file.write_text("user_name,affiliation,password\nume,employee,kaminari-no-oto\n")
    assert idp("users", "import", str(file), "--tenant", "kaede").status == 0


def test_a_header_that_is_refused_is_told_programs_column_by_column(idp: Idp, file: Path) -> None:
    file.write_text("user_name,shoe_size\nume,42\n")
    done = idp("users", "import", str(file), "--tenant", "kaede", "--json")
    assert (done.status, done.out) == (1, "")
    told = json.loads(done.err)
    assert told["code"] == "invalid"
    wrong = [(error["line"], error["column"], error["code"]) for error in told["errors"]]
    assert wrong == [(1, "shoe_size", "unknown_field"), (1, "affiliation", "required")]
    assert "user_name" in told["errors"][0]["expected"]
    nobody = json.loads(idp("users", "import", str(file), "--tenant", "nobody", "--json").err)
    assert nobody["code"] == "not_found"


def test_what_cannot_be_imported_is_said_in_one_line(
    idp: Idp, file: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: str) -> str:
        done = idp("users", "import", *arguments)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1), done
        return done.err

    for nobody in ("nobody", "-"):
        assert f"there is no tenant {nobody}" in refused(str(file), "--tenant", nobody)
    desk.bring(Status.SUSPENDED, tenant="momiji")
    assert "does not allow changes" in refused(str(file), "--tenant", "momiji")
    file.write_text("user_name,affiliation,colour\n")
    assert "colour: There is no such column." in refused(str(file), "--tenant", "kaede")
    monkeypatch.setattr(importing, "_LARGEST", 10)
    assert "larger than" in refused(str(file), "--tenant", "kaede")


def test_a_mistake_of_usage_writes_to_standard_error_alone(idp: Idp, file: Path) -> None:
    for arguments in (
        (str(file),),
        ("/nowhere.csv", "--tenant", "kaede"),
        (str(file), "--tenant", "k", "--encoding", "x"),
    ):
        wrong = idp("users", "import", *arguments)
        assert (wrong.status, wrong.out) == (2, "")
