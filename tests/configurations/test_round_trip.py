"""What was exported is put in place elsewhere, and is there what it was here."""

import os
from typing import Any

import jsonschema
import pytest
from tests.configurations.conftest import Home
from tests.configurations.drawing import Draw
from tests.configurations.rich import rich

from idp import admin, configurations

SECRET = "Zr3-A9kQ_0pL7vXw2mTbY6eN"
DRAWN = int(os.environ.get("CONFIGURATIONS", "3"))


@pytest.fixture(scope="module")
def schema() -> Any:
    return jsonschema.Draft202012Validator(admin.configuration_schema())


def test_an_export_is_put_in_place_elsewhere_and_exports_the_same(home: Home, elsewhere: Home, schema: Any) -> None:
    (home.below / "secret.txt").write_text(f"{SECRET}\n")
    assert home.apply(rich()).done
    schema.validate(configurations.read_yaml(rich().encode()).root)
    told = home.export()
    assert SECRET not in told
    assert "client_secret:" not in told
    schema.validate(configurations.read_yaml(told.encode()).root)
    for again in (rich(), told):
        assert not home.apply(again).plan.steps
    assert not home.compare(told).steps
    assert elsewhere.apply(told).done
    assert elsewhere.export() == told
    assert not elsewhere.apply(told).plan.steps
    assert not elsewhere.compare(told).steps
    assert home.export() == told


def test_whatever_is_configured_goes_the_same_way(home: Home, elsewhere: Home, schema: Any) -> None:
    for seed in range(DRAWN):
        text = configurations.yaml_of(Draw(seed).configuration())
        schema.validate(configurations.read_yaml(text.encode()).root)
        home.apply(text, prune=True)
        assert not home.compare(text).steps, seed
        told = home.export()
        schema.validate(configurations.read_yaml(told.encode()).root)
        elsewhere.apply(told, prune=True)
        assert elsewhere.export() == told, seed
        assert not elsewhere.compare(told).steps, seed


def test_everything_that_a_tenant_sets_over_the_api_can_stand_in_a_file(home: Home) -> None:
    (tenant,) = configurations.read_yaml(home.export().encode()).root["tenants"]
    described = admin.configuration_schema()["$defs"]
    assert tenant.keys() == described["ConfiguredTenant"]["properties"].keys()
    assert tenant["settings"].keys() == described["SettingsChange"]["properties"].keys()
    assert tenant["settings"]["oidc"].keys() == described["SwitchesChange"]["properties"].keys()
    assert tenant["settings"]["staffing"].keys() == described["StaffingChange"]["properties"].keys()
