"""Every knob, read once: `IDP_*` in the environment, then one TOML file, then the default. Nothing else is consulted.

Names in the file are those of the environment without the prefix, in lower case.
"""

import json
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, computed_field
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from idp.kit import clock
from idp.kit.egress import Allowed
from idp.web.forwarding import ForwardedField
from idp.web.peers import Peers

PREFIX = "IDP_"
DEMONSTRATION = "demo"
"""The folder of the data directory in which a demonstration keeps what is its own."""

_CLOCK = "IDP_CLOCK"
_YEAR = 365
_NOBODYS_REGISTRATION = "T9000000000000"
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Environment(StrEnum):
    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"


class RateLimits(StrEnum):
    ENFORCE = "enforce"
    OBSERVE = "observe"


class SettingsRefused(Exception):
    """A setting is missing, malformed or unsafe; the message names it, what was found and what is expected."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    base_url: str = Field("http://localhost:8080", description="The canonical external address, without a path.")
    database_url: str = Field(
        "",
        description="`postgresql://user@host:port/name`, or `sqlite:///path`; empty: SQLite in the data directory.",
    )
    data_dir: Path = Field(Path(), description="Where the embedded database and the keys live.")
    master_key_file: Path | None = Field(
        None, description="The master key; default `keys/master.key` in the data directory."
    )
    bind: str = Field("127.0.0.1:8080", description="`HOST:PORT` to listen on; `localhost` means both loopbacks.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes.")
    trusted_proxies: str = Field(
        "", description="Networks whose forwarded headers are believed, separated by commas; default none."
    )
    forwarded_field: ForwardedField = Field(
        ForwardedField.X_FORWARDED_FOR,
        description="The field in which these proxies name the client: `x-forwarded-for` or `forwarded` (RFC 7239).",
    )
    geoip_database: str = Field(
        "",
        description="A MaxMind DB file of countries, read again when it changes; empty: the registries' allocations.",
    )
    environment: Environment = Field(
        Environment.PRODUCTION, description="`production`, `development` or `test`; production refuses unsafe values."
    )
    clock: str = Field(
        "system", description="Tests only: `system`, an RFC 3339 instant, or `file:PATH` of a file that holds one."
    )
    rate_limits: RateLimits = Field(
        RateLimits.ENFORCE, description="`observe` counts and never refuses; refused in production."
    )
    two_person_acts: bool | None = Field(
        None,
        description="Whether operators' terminal acts (`terminate`, `stop`, early erasure) take a second operator; "
        "default: in production they do.",
    )
    operator_two_factors: bool = Field(
        False, description="Whether an operator's token changes anything only after a sign-in with two factors."
    )
    operator_max_age: int = Field(
        0,
        ge=0,
        le=86_400,
        description="Seconds after a sign-in in which an operator's token changes anything; 0: as long as it is good.",
    )
    export_grace_days: int = Field(
        30, ge=0, le=3650, description="Days after the end of a contract in which its tenant can still fetch its data."
    )
    application_retention_days: int = Field(
        90, ge=0, le=3650, description="Days after which a rejected or withdrawn application loses its persons."
    )
    terms_notice_days: int = Field(
        1, ge=1, le=3650, description="Days between the publication of terms and their first day in force."
    )
    spec_change_notice_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="Days from the notice of a change of specification to its day (Art. 10.3).",
    )
    audit_retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days after which entries of the audit trail are removed, at least 365; 0: they are kept for good.",
    )
    audit_checkpoint_dir: str = Field(
        "",
        description="Where the worker writes a signed checkpoint of the audit trail each day, for you to keep outside;"
        " empty: nowhere.",
    )
    key_rotation_days: int = Field(
        90, ge=2, le=3650, description="Days after which a signing key is replaced by the one published beside it."
    )
    smtp_url: str = Field(
        "",
        description="Where letters go: `smtp://`, `smtps://` or `starttls://`, `[USER:PASSWORD@]HOST[:PORT]`; empty:"
        " files in `mail` in the data directory.",
    )
    mail_from: str = Field("", description="The address that letters come from; empty: `no-reply@` our own host.")
    operator_email: str = Field("", description="Where the operator is told of applications and erasures.")
    extra_ca_file: Path | None = Field(
        None, description="Further certificate authorities (PEM) that are believed when we connect to others."
    )
    egress_allow: str = Field(
        "",
        description="Names and networks inside that outbound calls may reach, separated by commas; default none.",
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="`debug`, `info`, `warning` or `error`."
    )

    invoice_issuer: str = Field("", description="The operator's name on statements.")
    invoice_registration_number: str = Field(
        "",
        description="T and 13 digits: the operator's number as an issuer of qualified invoices; empty: not registered"
        " (outside production: a number that is nobody's).",
    )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def takes_two(self) -> bool:
        return self.production if self.two_person_acts is None else self.two_person_acts

    @property
    def master_key(self) -> Path:
        return self.master_key_file or self.data_dir / "keys" / "master.key"

    @property
    def geoip_file(self) -> Path | None:
        return Path(self.geoip_database) if self.geoip_database else None

    @property
    def sqlite_file(self) -> Path | None:
        """None when the database is PostgreSQL."""
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///"))
        return None if self.database_url else self.data_dir / "warifu.db"

    @property
    def registration_number(self) -> str | None:
        return self.invoice_registration_number or (None if self.production else _NOBODYS_REGISTRATION)

    @property
    def letters_from(self) -> str:
        return self.mail_from or f"no-reply@{urlsplit(self.base_url).hostname}"

    @property
    def checkpoint_dir(self) -> Path | None:
        return Path(self.audit_checkpoint_dir) if self.audit_checkpoint_dir else None

    @property
    def proxies(self) -> list[str]:
        return [network.strip() for network in self.trusted_proxies.split(",") if network.strip()]

    @property
    def egress_entries(self) -> list[str]:
        return [entry.strip() for entry in self.egress_allow.split(",") if entry.strip()]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there is no third place to look
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        assert isinstance(init_settings, InitSettingsSource)
        given = dict(init_settings.init_kwargs)
        file = given.pop("config_file", None)
        fallback = given.pop("fallback", {})
        sources: list[PydanticBaseSettingsSource] = [InitSettingsSource(settings_cls, given), env_settings]
        if file is not None:
            sources.append(TomlConfigSettingsSource(settings_cls, file))
        sources.append(InitSettingsSource(settings_cls, fallback))
        return tuple(sources)


def load(config_file: Path | None = None, *, fallback: Mapping[str, Any] | None = None, **overrides: Any) -> Settings:
    """From `overrides`, the environment and the file, in this order; `fallback` takes the place of defaults.

    Raises `SettingsRefused`.
    """
    settings = _read(config_file, fallback or {}, overrides)
    _refuse_unsafe(settings)
    return settings


def load_beside(config_file: Path | None = None) -> Settings:
    """As `load`, for a command: where the data directory is that of a demonstration, what it runs with takes the place
    of defaults. Not for what serves, whose default is production. Raises `SettingsRefused`."""
    file = _read(config_file, {}, {}).data_dir / DEMONSTRATION / "settings.json"
    try:
        found = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        found = {}
    except ValueError as error:
        raise SettingsRefused(f"IDP_DATA_DIR: {file} is not what a demonstration writes") from error
    return load(config_file, fallback=found)


def to_text(settings: Settings) -> str:
    """What differs from the defaults, for `load_beside` to find."""
    return settings.model_dump_json(include=settings.model_fields_set)


def _read(config_file: Path | None, fallback: Mapping[str, Any], overrides: Mapping[str, Any]) -> Settings:
    try:
        if config_file is not None and not config_file.is_file():
            raise SettingsRefused(f"IDP_CONFIG: there is no file {config_file}")
        return Settings(config_file=config_file, fallback=dict(fallback), **overrides)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsRefused("; ".join(_sentence(fault) for fault in error.errors())) from error


def reference() -> dict[str, dict[str, str]]:
    """`{NAME: {"default", "meaning"}}` for every setting."""
    fields = Settings.model_fields.items()
    described = {
        PREFIX + name.upper(): {"default": _shown(field.default), "meaning": field.description or ""}
        for name, field in fields
    }
    described["IDP_CONFIG"] = {"default": "", "meaning": "The TOML file that settings are read from."}
    return dict(sorted(described.items()))


def wants_colours() -> bool:
    """No setting of ours, but a custom of terminals: `NO_COLOR` (no-color.org), or one that can show none."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def variable(name: str) -> str | None:
    """Of the environment, where a file says that a secret is in it."""
    return os.environ.get(name)


def refuse_other_clock() -> None:
    """For what needs no settings: it refuses another clock in production as everything does. Raises
    `SettingsRefused`."""
    try:
        load()
    except SettingsRefused as refused:
        if str(refused).startswith(_CLOCK):
            raise


def _refuse_unsafe(settings: Settings) -> None:
    if settings.production and settings.clock != "system":
        raise SettingsRefused(f"{_CLOCK}: found {settings.clock!r}, expected system in production")
    url = urlsplit(settings.base_url)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path or url.query or url.fragment:
        raise SettingsRefused(f"IDP_BASE_URL: found {settings.base_url!r}, expected https://host[:port] without a path")
    if url.scheme == "http" and (settings.production or url.hostname not in _LOOPBACK):
        raise SettingsRefused(
            f"IDP_BASE_URL: found {settings.base_url!r}, expected https (http only on loopback, outside production)"
        )
    _refuse_malformed(settings)
    if settings.production and settings.rate_limits is not RateLimits.ENFORCE:
        raise SettingsRefused("IDP_RATE_LIMITS: found observe, expected enforce in production")


def _refuse_malformed(settings: Settings) -> None:
    """By those who will read them, so that a server does not find out later."""
    try:
        Peers(settings.proxies)
    except ValueError as error:
        expected = "expected addresses and networks of your own proxies, never everybody"
        raise SettingsRefused(f"IDP_TRUSTED_PROXIES: found {settings.trusted_proxies!r}, {expected}") from error
    try:
        Allowed.read(settings.egress_entries)
    except ValueError as error:
        expected = "expected names and networks of your own, never everybody's"
        raise SettingsRefused(f"IDP_EGRESS_ALLOW: found {settings.egress_allow!r}, {expected}") from error
    try:
        clock.from_setting(settings.clock)
    except ValueError as error:
        expected = "expected system, an RFC 3339 instant, or file:PATH"
        raise SettingsRefused(f"{_CLOCK}: found {settings.clock!r}, {expected}") from error
    if found := settings.invoice_registration_number:
        from idp.billing import is_registration_number

        if not is_registration_number(found):
            expected = "expected T and 13 digits, of which the first checks the others"
            raise SettingsRefused(f"IDP_INVOICE_REGISTRATION_NUMBER: found {found!r}, {expected}")
    if 0 < settings.audit_retention_days < _YEAR:
        expected = f"expected 0, or {_YEAR} and more"
        raise SettingsRefused(f"IDP_AUDIT_RETENTION_DAYS: found {settings.audit_retention_days}, {expected}")
    _refuse_malformed_mail(settings)
    if settings.sqlite_file is None and not settings.database_url.startswith("postgresql://"):
        # what was found is not repeated: it may hold a password
        raise SettingsRefused("IDP_DATABASE_URL: expected postgresql://user@host:port/name, or sqlite:///path")


def _refuse_malformed_mail(settings: Settings) -> None:
    if settings.smtp_url:
        from idp.kit.smtp_urls import parse_smtp_url

        try:
            parse_smtp_url(settings.smtp_url)
        except ValueError as error:  # what was found is not repeated: it may hold a password
            raise SettingsRefused(f"IDP_SMTP_URL: {error}") from None
    for name in ("mail_from", "operator_email"):
        found = getattr(settings, name)
        if found and not _ADDRESS.fullmatch(found):
            raise SettingsRefused(f"{PREFIX}{name.upper()}: found {found!r}, expected name@domain")
    if settings.extra_ca_file is not None and not settings.extra_ca_file.is_file():
        raise SettingsRefused(f"IDP_EXTRA_CA_FILE: there is no file {settings.extra_ca_file}")


def _sentence(fault: Any) -> str:
    name = PREFIX + "_".join(map(str, fault["loc"])).upper()
    return f"{name}: found {fault['input']!r}, expected: {fault['msg']}"


def _shown(default: Any) -> str:
    return "" if default is None else str(getattr(default, "value", default))
