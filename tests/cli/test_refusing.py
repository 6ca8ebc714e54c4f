"""An installation that is not safe does not start: each command says which setting, and exits with 1."""

from pathlib import Path

import pytest
from tests.cli.conftest import Idp

from idp.kit.ids import TenantId
from idp.kit.sealing import KeyStore

SAFE = {"IDP_ENVIRONMENT": "production", "IDP_BASE_URL": "https://id.example"}
UNSAFE = [
    ("IDP_BASE_URL", "http://id.example"),
    ("IDP_BASE_URL", "http://localhost:8080"),
    ("IDP_BASE_URL", "https://id.example/path"),
    ("IDP_CLOCK", "2026-04-01T00:00:00Z"),
    ("IDP_RATE_LIMITS", "observe"),
    ("IDP_TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/0"),
    ("IDP_TRUSTED_PROXIES", "::/0"),
    ("IDP_TRUSTED_PROXIES", "my-proxy"),
    ("IDP_FORWARDED_FIELD", "x-real-ip"),
    ("IDP_GEOIP_DATABASE", "/nowhere/countries.mmdb"),
    ("IDP_GEOIP_DATABASE", __file__),
    ("IDP_CLOCK", "yesterday"),
    ("IDP_DATABASE_URL", "mysql://idp@localhost/idp"),
    ("IDP_WORKERS", "none"),
    ("IDP_ENVIRONMENT", "playground"),
    ("IDP_LOG_LEVEL", "loud"),
    ("IDP_INVOICE_REGISTRATION_NUMBER", "T8000012050002"),
]
COMMANDS = ["demo", "serve", "worker", "migrate", "bootstrap", "settings", "doctor", "audit verify", "contracts run"]


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_an_unsafe_setting_is_named(idp: Idp, name: str, value: str, settings: dict[str, str]) -> None:
    outcome = idp("serve", **{**SAFE, name: value})
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith(f"idp: {name}: ")
    assert outcome.err.count("\n") == 1
    assert not Path(settings["IDP_DATA_DIR"]).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_another_clock_in_production(idp: Idp, command: str) -> None:
    outcome = idp(*command.split(), **SAFE, IDP_CLOCK="2026-04-01T00:00:00Z")
    assert outcome.status == 1
    assert "IDP_CLOCK: found '2026-04-01T00:00:00Z', expected system" in outcome.err + outcome.out
    assert outcome.out.startswith("FAILED") if command == "doctor" else not outcome.out


def test_safe_settings_of_production_pass(idp: Idp) -> None:
    assert idp("migrate", **SAFE).status == 0
    assert idp("doctor", **SAFE).status == 0


def test_a_master_key_that_others_can_read_is_refused(idp: Idp, settings: dict[str, str]) -> None:
    idp("migrate")
    key = Path(settings["IDP_DATA_DIR"]) / "keys" / "master.key"
    key.chmod(0o640)
    for command in ("serve", "bootstrap"):
        outcome = idp(command)
        assert outcome.status == 1
        assert outcome.err.startswith("idp: IDP_MASTER_KEY_FILE: ")
        assert "0640" in outcome.err


def test_a_lost_master_key_is_not_replaced(idp: Idp, settings: dict[str, str]) -> None:
    idp("migrate")
    key = Path(settings["IDP_DATA_DIR"]) / "keys" / "master.key"
    key.unlink()
    assert idp("migrate").status == 0
    assert not key.exists()
    assert "IDP_MASTER_KEY_FILE" in idp("serve").err


def test_another_master_key_than_the_one_that_wrapped_the_tenants_keys_is_refused(
    idp: Idp, settings: dict[str, str]
) -> None:
    idp("migrate")
    keys = Path(settings["IDP_DATA_DIR"]) / "keys"
    KeyStore(keys / "master.key").create(TenantId("tnt_aoba"))
    wrapped = (keys / "tenants" / "tnt_aoba.key").read_bytes()
    (keys / "master.key").write_text(f"{'7' * 64}\n")
    outcome = idp("serve", IDP_BIND="nowhere")
    assert outcome.status == 1
    assert outcome.err.startswith("idp: IDP_MASTER_KEY_FILE: the master key opens no key in ")
    assert (keys / "tenants" / "tnt_aoba.key").read_bytes() == wrapped


def test_one_damaged_key_of_a_tenant_does_not_refuse_the_others(idp: Idp, settings: dict[str, str]) -> None:
    idp("migrate")
    keys = Path(settings["IDP_DATA_DIR"]) / "keys"
    for tenant in ("tnt_aoba", "tnt_midori"):
        KeyStore(keys / "master.key").create(TenantId(tenant))
    (keys / "tenants" / "tnt_aoba.key").write_bytes(b"damaged")
    assert "IDP_BIND" in idp("serve", IDP_BIND="nowhere").err  # what is looked at after the keys


def test_a_bind_that_is_none_is_refused(idp: Idp) -> None:
    idp("migrate")
    assert "IDP_BIND" in idp("serve", IDP_BIND="8080").err


def test_a_config_file_that_is_not_there_is_refused(idp: Idp) -> None:
    assert "IDP_CONFIG" in idp("migrate", "--config", "/nowhere/idp.toml").err


def test_a_config_file_counts_and_the_environment_counts_more(idp: Idp, tmp_path: Path) -> None:
    file = tmp_path / "idp.toml"
    file.write_text('base_url = "https://id.example"\nrate_limits = "observe"\n')
    production = {"IDP_ENVIRONMENT": "production", "IDP_CONFIG": str(file)}
    assert "IDP_RATE_LIMITS" in idp("migrate", **production).err
    assert idp("migrate", **production, IDP_RATE_LIMITS="enforce").status == 0
