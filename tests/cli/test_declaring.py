"""`idp export`, `idp apply` and `idp diff`, as an operator and as a program call them."""

import io
import json
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Idp
from tests.contracts.conftest import Desk

from idp import main, settings
from idp.contracts import Status

FILE = """version: 1
tenants:
- slug: kaede
  groups:
  - name: sales
  services:
  - name: wiki
    protocol: oidc
    oidc:
      client_id: wiki
      redirect_uris: [https://wiki.example/cb]
      client_secret: {env: WIKI_SECRET}
"""
SECRET = "mU7-x2Qp_9sLdKw3VbYt0Rf"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(idp: Idp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert idp("migrate").status == 0
    Desk(main.open_units(settings.load())).bring(Status.ACTIVE)
    monkeypatch.setenv("WIKI_SECRET", SECRET)
    made = tmp_path / "kaede.yaml"
    made.write_text(FILE)
    return made


def test_programs_are_told_in_json(idp: Idp, file: Path) -> None:
    tried = idp("apply", "-f", str(file), "--dry-run", "--json")
    assert (tried.status, tried.err) == (0, "")
    told = json.loads(tried.out)
    assert [(each["kind"], each["action"], each["name"]) for each in told.pop("plan")] == [
        ("groups", "create", "sales"),
        ("services", "create", "wiki"),
    ]
    counts = {"created": 2, "updated": 0, "deleted": 0, "unchanged": 0}
    assert told == {**counts, "dry_run": True, "secrets": []}
    done = json.loads(idp("apply", "-f", str(file), "--json").out)
    assert (done["created"], done["dry_run"]) == (2, False)
    again = json.loads(idp("apply", "-f", str(file), "--json").out)
    assert {name: again[name] for name in counts} == {"created": 0, "updated": 0, "deleted": 0, "unchanged": 2}
    assert SECRET not in tried.out + str(done) + str(again)


def test_an_operator_reads_the_plan_and_what_came_of_it(idp: Idp, file: Path) -> None:
    done = idp("apply", "-f", str(file))
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("+ kaede: group sales (grp_")
    assert "    oidc.client_secret: (none) → (from env WIKI_SECRET)" in lines
    assert lines[-1] == "2 created, 0 updated, 0 deleted, 0 unchanged."
    file.write_text(FILE.replace("cb]", "cb, https://wiki.example/second]"))
    changed = idp("apply", "-f", str(file)).out.splitlines()
    assert changed[1:] == [
        "    oidc.redirect_uris:",
        '      + "https://wiki.example/second"',
        "0 created, 1 updated, 0 deleted, 1 unchanged.",
    ]


def test_a_refused_file_says_where_it_is_wrong_and_exits_with_one(idp: Idp, file: Path) -> None:
    file.write_text(FILE.replace("{env: WIKI_SECRET}", SECRET).replace("https://wiki.example/cb", "/cb"))
    refused = idp("apply", "-f", str(file))
    assert (refused.status, refused.out) == (1, "")
    assert SECRET not in refused.err
    where, nothing = refused.err.splitlines()
    assert where == (
        f"{file}:12: /tenants/0/services/0/oidc/client_secret: A secret does not stand in this file: say where it is."
        ' Expected: ["{env: NAME}", "{file: PATH}"].'
    )
    assert nothing == "Nothing was changed."
    told = idp("apply", "-f", str(file), "--json")
    (error,) = json.loads(told.err)["errors"]
    assert (told.status, told.out, error["line"], error["code"]) == (1, "", 12, "secret_by_reference")
    file.write_text("version: 1\ntenants: []\ntenants: []\n")
    twice = idp("apply", "-f", str(file))
    assert (twice.status, twice.err) == (1, f"{file}:3: tenants stands here twice; first in line 2.\n")


def test_how_it_is_called_wrongly_is_told_on_standard_error_alone(idp: Idp, file: Path) -> None:
    for arguments in (["apply"], ["apply", "-f", str(file), "--schema"], ["diff"], ["export", "--nothing"]):
        wrong = idp(*arguments)
        assert (wrong.status, wrong.out) == (2, "")
        assert wrong.err
    missing = idp("apply", "-f", str(file.with_name("none.yaml")))
    assert (missing.status, missing.out) == (1, "")


def test_a_comparison_tells_by_its_status_whether_anything_differs(idp: Idp, file: Path) -> None:
    assert idp("diff", "-f", str(file)).status == 3
    idp("apply", "-f", str(file))
    same = idp("diff", "-f", str(file))
    assert (same.status, same.out) == (0, "No differences; 2 alike.\n")
    file.write_text("version: 1\ntenants:\n- {slug: kaede, groups: []}\n")
    other = idp("diff", "-f", str(file), "--json")
    assert other.status == 3
    (step,) = json.loads(other.out)["plan"]
    assert (step["action"], step["name"]) == ("delete", "sales")
    assert idp("diff", "-f", str(file)).out.splitlines()[-1] == "0 missing, 0 different, 1 not in the file; 0 alike."


def test_what_is_printed_is_what_is_written_and_can_be_read_in_again(
    idp: Idp, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idp("apply", "-f", str(file))
    printed = idp("export", "--tenant", "kaede").out
    assert idp("export", "--out", str(file)).status == 0
    assert file.read_text() == printed
    assert file.stat().st_mode & 0o077 == 0
    for text in (printed, idp("export", "--json").out):  # JSON is YAML, too
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert idp("apply", "-f", "-").out == "0 created, 0 updated, 0 deleted, 3 unchanged.\n"
    assert idp("export", "--tenant", "nobody").status == 1


@pytest.mark.parametrize(("answer", "groups"), [("yes\n", 1), ("y\n", 1), ("no\n", 0), ("", 0)])
def test_on_a_terminal_somebody_is_asked(
    idp: Idp, file: Path, monkeypatch: pytest.MonkeyPatch, answer: str, groups: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    asked = idp("apply", "-f", str(file))
    assert "Shall this be done?" in asked.out
    assert (asked.status, "Nothing was changed." in asked.out) == ((0, False) if groups else (1, True))


def test_the_schema_is_printed_and_is_one(idp: Idp, settings: dict[str, str]) -> None:
    import jsonschema

    printed = idp("apply", "--schema")
    assert (printed.status, printed.err) == (0, "")
    schema = json.loads(printed.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
