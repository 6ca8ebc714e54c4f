"""`idp backup` and `idp restore`, on both databases, between both, and with the power failing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from tests.cli.conftest import Idp
from tests.support import doomed, postgres

from idp import migrate
from idp.backup.document import Header, Writing, keyed
from idp.kit.dumping import shelves, to_json
from idp.kit.sealing import PLATFORM, KeyStore
from idp.schema import metadata
from idp.settings import Settings, load


@pytest.fixture
def filled(idp: Idp, settings: dict[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch) -> Idp:
    monkeypatch.setenv("IDP_DATABASE_URL", database_url)
    assert idp("migrate").status == 0
    assert idp("bootstrap").status == 0
    return idp


@pytest.fixture
def installed(idp: Idp) -> Idp:
    """In a file, where the database plays no part."""
    assert idp("migrate").status == 0
    assert idp("bootstrap").status == 0
    return idp


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a second database, in which there is nothing at all."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'elsewhere.db'}"
        return
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


def count(url: str, table: str) -> int:
    """-1 when there is no such table yet."""
    chosen = load(database_url=url, environment="test")
    if migrate.current(chosen) is None:
        return -1
    with migrate.connect(chosen) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
    return int(found or 0)


def test_a_backup_is_restored_by_command(filled: Idp, elsewhere: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.jsonl"
    taken = filled("backup", str(file))
    assert taken.status == 0, taken.err
    assert "api_keys: 1\n" in taken.out
    assert "SHA-256" in taken.out
    assert "\r" not in taken.out
    restored = filled("restore", str(file), IDP_DATABASE_URL=elsewhere)
    assert restored.status == 0, restored.err
    assert "has to sign in again" in restored.out
    assert filled("doctor", IDP_DATABASE_URL=elsewhere).status == 0
    verdict = json.loads(filled("audit", "verify", "--json", IDP_DATABASE_URL=elsewhere).out)
    assert (verdict["ok"], verdict["tenants"]) == (True, 1)
    assert filled("bootstrap", IDP_DATABASE_URL=elsewhere).status == 0
    again = filled("restore", str(file), IDP_DATABASE_URL=elsewhere)
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "not empty" in again.err
    old = filled("serve")
    assert (old.status, "before the last restore" in old.err) == (1, True)
    adopted = filled("restore", "--in-place", "--json")
    assert json.loads(adopted.out) == {"epoch": 2}


def test_programs_are_told_in_json(filled: Idp, elsewhere: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.jsonl"
    taken = json.loads(filled("backup", str(file), "--json").out)
    assert taken["rows"]["api_keys"] == 1
    assert taken["schema"] == migrate.head()
    assert taken["size"] == file.stat().st_size
    restored = json.loads(filled("restore", str(file), "--keep-api-keys", "--json", IDP_DATABASE_URL=elsewhere).out)
    assert restored == {"taken_at": taken["taken_at"], "epoch": 1, "rows": taken["rows"]}
    assert count(elsewhere, "api_keys") == 1


def test_a_damaged_file_makes_no_database(installed: Idp, elsewhere: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.jsonl"
    installed("backup", str(file))
    file.write_bytes(file.read_bytes()[:-40])
    refused = installed("restore", str(file), IDP_DATABASE_URL=elsewhere)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert count(elsewhere, "tenants") == -1


@pytest.mark.parametrize("arguments", [["restore"], ["restore", "pyproject.toml", "--in-place"]])
def test_a_restore_is_of_a_file_or_in_place(idp: Idp, arguments: list[str]) -> None:
    assert idp(*arguments).status == 2


def test_a_backup_is_not_written_over_a_file(installed: Idp, tmp_path: Path) -> None:
    file = tmp_path / "backup.jsonl"
    file.write_text("mine")
    refused = installed("backup", str(file))
    assert (refused.status, refused.err) == (1, f"idp: {file} is there already\n")
    assert file.read_text() == "mine"


@pytest.mark.parametrize("revision", ["plans", "facts"])
def test_a_backup_of_an_older_schema_is_brought_to_ours(
    installed: Idp, elsewhere: str, tmp_path: Path, revision: str
) -> None:
    """Its file is one that this version wrote, with what the older schema lacks taken out and signed anew."""
    assert revision in migrate.revisions()
    old = older(tmp_path, load(data_dir=tmp_path / "data", environment="test"), revision)
    restored = installed("restore", str(old), "--keep-api-keys", "--json", IDP_DATABASE_URL=elsewhere)
    assert restored.status == 0, restored.err
    assert json.loads(restored.out)["taken_at"] == "2026-01-01T00:00:00Z"
    assert count(elsewhere, "api_keys") == 1
    assert installed("doctor", IDP_DATABASE_URL=elsewhere).status == 0


def older(home: Path, chosen: Settings, revision: str) -> Path:

    from idp.backup.document import Header, Writing, keyed
    from idp.kit.sealing import PLATFORM, KeyStore

    migrate.downgrade(chosen, revision)
    then = MetaData()
    with migrate.connect(chosen) as connection:
        then.reflect(connection)
        tables = [shelf for shelf in shelves(metadata, len(metadata.tables)) if shelf.name in then.tables]
        columns = {
            shelf.name: [name for name in shelf.columns if name in then.tables[shelf.name].c] for shelf in tables
        }
        with (home / "old").open("wb") as file:
            writing = Writing(file, Header("2026-01-01T00:00:00Z", revision, 0, columns))
            for name, chosen_columns in columns.items():
                kinds = [then.tables[name].c[column] for column in chosen_columns]
                for row in connection.execute(then.tables[name].select().with_only_columns(*kinds)):
                    writing.row(name, [to_json(kind, value) for kind, value in zip(kinds, row, strict=True)])
            writing.end(keyed(KeyStore(chosen.master_key).box(PLATFORM)))
    return home / "old"


def test_a_backup_of_a_newer_version_is_refused(installed: Idp, elsewhere: str, tmp_path: Path) -> None:
    keys = KeyStore(load(data_dir=tmp_path / "data", environment="test").master_key)
    with (tmp_path / "newer").open("wb") as file:
        Writing(file, Header("2027-01-01T00:00:00Z", "tomorrow", 0, {"tenants": []})).end(keyed(keys.box(PLATFORM)))
    refused = installed("restore", str(tmp_path / "newer"), IDP_DATABASE_URL=elsewhere)
    assert (refused.status, refused.err.count("\n"), "newer" in refused.err) == (1, 1, True)
    assert count(elsewhere, "tenants") == -1


# Where the process is killed while it restores, and whether the database is whole then.
DEATHS = [
    ("idp.migrate.upgrade", "before", False),
    ("idp.migrate.upgrade", "after", False),
    ("idp.kit.dumping.Shelf.load", "before", False),
    ("idp.kit.dumping.Shelf.load", "after", False),
    ("idp.backup.restoring.fence_off", "before", False),
    ("idp.backup.restoring.fence_off", "after", False),
    ("idp.kit.fence.Fence.raise_to", "before", True),
    ("idp.kit.fence.Fence.raise_to", "after", True),
]


@pytest.mark.parametrize(("name", "when", "whole"), DEATHS)
def test_a_restore_that_is_killed_leaves_an_empty_database_or_a_whole_one(
    installed: Idp, elsewhere: str, tmp_path: Path, name: str, when: str, whole: bool
) -> None:
    file = tmp_path / "backup.jsonl"
    installed("backup", str(file))
    environment = {**os.environ, "IDP_DATABASE_URL": elsewhere}
    doomed.killed(name, when, doomed.command, "restore", str(file), environment=environment)
    assert count(elsewhere, "audit_entries") in ({2} if whole else {-1, 0})
    again = installed("restore", str(file), IDP_DATABASE_URL=elsewhere)
    assert (again.status, "not empty" in again.err) == ((1, True) if whole else (0, False)), again.err
    assert count(elsewhere, "audit_entries") == 2  # the key that was made, and the gap
    assert installed("audit", "verify", IDP_DATABASE_URL=elsewhere).status == 0
