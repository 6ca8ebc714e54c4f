"""`idp convert`: what another provider exported is put in place in two commands."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Idp
from tests.contracts.conftest import Desk
from tests.conversions.test_converting import file

from idp import main, settings
from idp.contracts import Status


@pytest.mark.parametrize(
    ("provider", "name", "made"), [("keycloak", "realm-export.json", 10), ("auth0", "tenant.yaml", 5)]
)
def test_the_file_is_put_in_place_with_the_secrets_that_it_names(
    idp: Idp, tmp_path: Path, provider: str, name: str, made: int
) -> None:
    assert idp("migrate").status == 0
    Desk(main.open_units(settings.load())).bring(Status.ACTIVE)
    given, ours = tmp_path / name, tmp_path / "kaede.yaml"
    given.write_text(file(name))
    kept = ("--out", str(ours), "--secrets", str(tmp_path / "secrets"))
    done = idp("convert", provider, str(given), "--tenant", "kaede", *kept)
    assert (done.status, done.out) == (0, "")
    assert "hV2kR8sXq0LwZt5YbN3mPc7dJfGa9uEo" not in ours.read_text() + done.err
    assert [each.stat().st_mode & 0o077 for each in (tmp_path / "secrets").iterdir()] == [0]
    applied = idp("apply", "-f", str(ours), "--json")
    assert applied.status == 0, applied.err
    counts = json.loads(applied.out)
    assert counts["created"] + counts["updated"] == made
    assert idp("diff", "-f", str(ours)).status == 0
    printed = idp("convert", provider, str(given), "--tenant", "kaede", "--json")
    assert json.loads(printed.err)["omissions"]
    assert idp("convert", provider, str(ours), "--tenant", "kaede").status == 1
