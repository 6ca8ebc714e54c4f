"""What the doctor finds, and what the trail's verifier finds."""

import json
import sqlite3
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Idp, Outcome
from tests.support import mmdb


def failed(outcome: Outcome) -> set[str]:
    report = json.loads(outcome.out)
    assert report["ok"] is (outcome.status == 0)
    return {check["name"] for check in report["checks"] if not check["ok"]}


@pytest.fixture
def data(idp: Idp, settings: dict[str, str]) -> Path:
    """Of an installation with a first key, on SQLite."""
    assert idp("migrate").status == 0
    assert idp("bootstrap").status == 0
    return Path(settings["IDP_DATA_DIR"])


def test_a_sound_installation_passes(idp: Idp, data: Path) -> None:
    assert failed(idp("doctor", "--json")) == set()
    assert "FAILED" not in idp("doctor").out


def test_on_postgresql_the_wall_between_tenants_is_looked_at(
    idp: Idp, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDP_DATABASE_URL", database_url)
    idp("migrate")
    report = json.loads(idp("doctor", "--json").out)
    names = {check["name"] for check in report["checks"]}
    assert ({"row_security", "clock"} <= names) is database_url.startswith("postgresql")
    assert report["ok"], report


def test_nothing_is_made_by_looking(idp: Idp, settings: dict[str, str]) -> None:
    assert failed(idp("doctor", "--json")) == {"master_key", "schema", "sqlite", "fence", "tenant_keys"}
    assert not Path(settings["IDP_DATA_DIR"]).exists()


def test_a_key_that_others_can_read_is_found(idp: Idp, data: Path) -> None:
    (data / "keys" / "master.key").chmod(0o644)
    assert "master_key" in failed(idp("doctor", "--json"))


def test_unsafe_settings_are_found(idp: Idp, data: Path) -> None:
    assert failed(idp("doctor", "--json", IDP_BASE_URL="ftp://x")) == {"settings"}
    assert failed(idp("doctor", "--json", IDP_BIND="8080")) == {"settings"}


def test_another_schema_is_found(idp: Idp, data: Path) -> None:
    change(data, "UPDATE alembic_version SET version_num = 'later'")
    assert failed(idp("doctor", "--json")) == {"schema"}


def test_a_database_of_countries_that_is_none_is_found(idp: Idp, data: Path) -> None:
    assert failed(idp("doctor", "--json", IDP_GEOIP_DATABASE=str(data / "warifu.db"))) == {"countries"}
    good = mmdb.write(data / "countries.mmdb", {"133.0.0.0/8": {"country": {"iso_code": "JP"}}})
    assert failed(idp("doctor", "--json", IDP_GEOIP_DATABASE=str(good))) == set()


def test_an_untouched_trail_adds_up(idp: Idp, data: Path) -> None:
    assert json.loads(idp("audit", "verify", "--json").out)["ok"] is True
    assert idp("audit", "verify", "--tenant", "-").status == 0
    assert idp("audit", "verify", "--tenant", "nobody").status == 1


def test_a_changed_row_of_the_trail_is_found(idp: Idp, data: Path) -> None:
    change(data, "UPDATE audit_entries SET actor_id = 'somebody else'")
    outcome = idp("audit", "verify", "--json")
    report = json.loads(outcome.out)
    assert (outcome.status, report["ok"], report["first_bad"]["problem"]) == (1, False, "altered")


def change(data: Path, statement: str) -> None:
    connection = sqlite3.connect(data / "warifu.db")
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(("changed", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_are_for_terminals_that_want_them(
    idp: Idp, changed: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    idp("migrate")
    assert "\x1b" not in idp("doctor", **changed).out
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    assert ("\x1b[32mok" in idp("doctor", **changed).out) is coloured
