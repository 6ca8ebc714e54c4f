"""The trail checked, taken along, and vouched for from outside, as an operator does it."""

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
from tests.cli.conftest import Idp


@pytest.fixture
def installed(idp: Idp) -> Idp:
    assert idp("migrate").status == 0
    assert idp("bootstrap").status == 0
    return idp


def change(settings: dict[str, str], sql: str) -> None:
    with sqlite3.connect(Path(settings["IDP_DATA_DIR"]) / "warifu.db") as connection:
        connection.execute(sql)
    connection.close()


def test_a_tail_that_was_cut_is_found_with_a_checkpoint_from_outside(
    installed: Idp, settings: dict[str, str], tmp_path: Path
) -> None:
    file = str(tmp_path / "checkpoint.jsonl")
    told = json.loads(installed("audit", "checkpoint", "--out", file, "--json").out)
    assert (told["tenants"], told["file"]) == (1, file)
    assert Path(file).stat().st_mode & 0o077 == 0
    assert installed("audit", "checkpoint", "--out", file).status == 1  # it never writes over one
    sound = installed("audit", "verify", "--checkpoint", file, "--json")
    assert (sound.status, json.loads(sound.out)["ok"]) == (0, True)
    last = "SELECT chain, seq FROM audit_entries ORDER BY chain DESC, seq DESC LIMIT 1"
    change(settings, f"DELETE FROM audit_entries WHERE (chain, seq) = ({last})")
    assert installed("audit", "verify").status == 0
    found = installed("audit", "verify", "--checkpoint", file, "--json")
    verdict = json.loads(found.out)
    assert (found.status, verdict["ok"], verdict["broken"]) == (1, False, 1)
    assert verdict["first_bad"]["problem"] == "missing"
    assert "missing" in installed("audit", "verify", "--checkpoint", file).out


def test_a_checkpoint_goes_to_standard_output_and_is_read_by_the_published_keys(installed: Idp, tmp_path: Path) -> None:
    text = installed("audit", "checkpoint").out
    assert json.loads(text.splitlines()[0])["warifu"] == "checkpoint"
    file, jwks = tmp_path / "checkpoint.jsonl", tmp_path / "jwks.json"
    file.write_text(text)
    jwks.write_text('{"keys": []}')
    assert installed("audit", "verify", "--checkpoint", str(file)).status == 0
    refused = installed("audit", "verify", "--checkpoint", str(file), "--jwks", str(jwks))
    assert (refused.status, "signature" in refused.err) == (1, True)
    for nonsense in ("nope", "[" * 5_000):
        jwks.write_text(nonsense)
        refused = installed("audit", "verify", "--checkpoint", str(file), "--jwks", str(jwks))
        assert (refused.status, "is no set of keys" in refused.err) == (1, True)
    file.write_text(text.replace('"rows":', '"rows": 1'))
    assert installed("audit", "verify", "--checkpoint", str(file)).status == 1


def test_the_trail_is_taken_along(installed: Idp, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in installed("audit", "export", "--all").out.splitlines()]
    assert {line["tenant"] for line in lines} == {"-"}
    assert "api_key.created" in {line["event"] for line in lines}
    file = str(tmp_path / "trail.csv")
    told = json.loads(installed("audit", "export", "--tenant", "-", "--format", "csv", "--out", file, "--json").out)
    assert told == {"file": file, "rows": len(lines)}
    text = Path(file).read_bytes().decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["hash"] for row in table] == [line["hash"] for line in lines]
    assert {row["tenant"] for row in table} == {"'-"}  # no formula
    assert installed("audit", "export", "--all", "--to", "2020-01-01T00:00:00Z").out == ""
    assert installed("audit", "export", "--all", "--from", "yesterday").status == 1
    assert installed("audit", "export", "--tenant", "nobody").status == 1
    for wrong in ([], ["--all", "--tenant", "-"]):
        assert installed("audit", "export", *wrong).status == 2
