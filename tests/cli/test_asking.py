"""What a command does with its arguments, before it does anything."""

import json
import os
import re
import subprocess
import sys

import pytest
from tests.cli.conftest import Idp
from tests.support.built import PLACES
from tests.support.tree import ROOT, sources

COMMANDS = ["demo", "serve", "migrate", "bootstrap", "settings", "doctor", "audit", "erasure", "keys"]
HELP_WITHIN = 0.5

WRONG = [
    ["nonsense"],
    ["serve", "--nonsense"],
    ["demo", "--port", "0"],
    ["demo", "--port", "many"],
    ["demo", "--workers", "0"],
    ["demo", "--seed-services", "3"],
    ["migrate", "--down"],
    ["audit", "verify", "extra"],
    ["keys", "rotate"],
    ["erasure", "verify", "no-such-file", "--jwks", "no-such-file"],
]


def test_help_names_every_command_and_is_quick() -> None:
    """Processor time: how long it takes by the clock is for the machine's other work to say."""
    before = os.times()
    command = [sys.executable, "-m", "idp", "--help"]
    done = subprocess.run(command, env=PLACES, cwd=ROOT, capture_output=True, text=True, check=True)
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < HELP_WITHIN
    assert [command for command in COMMANDS if command not in done.stdout] == []


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_not_understood_goes_to_standard_error_alone(idp: Idp, arguments: list[str]) -> None:
    outcome = idp(*arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert "Error" in outcome.err


def test_settings_names_every_setting_with_default_and_meaning(idp: Idp) -> None:
    described = json.loads(idp("settings", "--json").out)
    assert {name for name, each in described.items() if not each["meaning"].strip()} == set()
    assert {frozenset(each) for each in described.values()} == {frozenset({"default", "meaning"})}
    assert described["IDP_BASE_URL"]["default"] == "http://localhost:8080"
    wanted = {"IDP_BASE_URL", "IDP_DATABASE_URL", "IDP_DATA_DIR", "IDP_MASTER_KEY_FILE", "IDP_BIND", "IDP_WORKERS"}
    wanted |= {
        "IDP_TRUSTED_PROXIES",
        "IDP_FORWARDED_FIELD",
        "IDP_GEOIP_DATABASE",
        "IDP_ENVIRONMENT",
        "IDP_CLOCK",
        "IDP_RATE_LIMITS",
        "IDP_CONFIG",
    }
    assert wanted <= described.keys()


def test_every_setting_that_a_source_names_is_in_the_reference(idp: Idp) -> None:
    described = json.loads(idp("settings", "--json").out)
    texts = [(ROOT / "src" / "idp" / name).read_text() for name in sources()]
    named = {name for text in texts for name in re.findall(r"\bIDP_[A-Z]+(?:_[A-Z]+)*\b", text)}
    assert named - described.keys() == set()


def test_settings_reads_well_without_json(idp: Idp) -> None:
    lines = idp("settings").out.splitlines()
    assert "IDP_BIND=127.0.0.1:8080" in lines
