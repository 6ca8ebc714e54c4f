"""What is in the providers of tests: two tenants under contract, services of every kind, and people."""

from dataclasses import dataclass, field
from typing import Any

from idp import contracts, credentials, federation, main, signing, tenants, users
from idp.credentials import Cost, HashPool
from idp.kit import sealing
from idp.kit.actors import Actor
from idp.kit.units import Unit, Units
from idp.settings import Settings
from idp.signing import Alg, Use
from idp.tenants import Switches

BASE_URL = "https://id.example"
PASSWORD = "demo-Passw0rd!"
CALLBACK = "https://rp.example/cb"
GOODBYE = "https://rp.example/bye"
API = "https://id.example/t/aoba"

CHEAP = Cost(memory_kib=64, passes=1)

_OPERATOR = Actor("operator", "usr_operator")
_KEYS = ((Use.ID_TOKEN, Alg.RS256), (Use.ID_TOKEN, Alg.ES256), (Use.ACCESS_TOKEN, Alg.ES256))
_ALL_GRANTS = ["authorization_code", "refresh_token", "client_credentials"]
_PERSONAL = ["authorization_code", "refresh_token"]
_SCOPE = "openid profile email address phone offline_access api"

_WEB: dict[str, Any] = {
    "redirect_uris": [CALLBACK, f"{CALLBACK}?a=b%20c"],
    "post_logout_redirect_uris": [GOODBYE, f"{GOODBYE}?from=id"],
    "grant_types": _ALL_GRANTS,
    "scope": _SCOPE,
    "policy_uri": "https://rp.example/privacy",
}
_FRONT = _WEB | {
    "security_profile": "oidc",
    "grant_types": ["authorization_code", "implicit", "refresh_token"],
    "response_types": ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"],
}
_OWN = {"grant_types": ["client_credentials"], "redirect_uris": [], "post_logout_redirect_uris": [], "scope": "api"}

SERVICES: dict[str, dict[str, Any]] = {
    "web": {"oidc": _WEB},
    "other": {"oidc": _WEB},
    "post": {"oidc": _WEB | {"token_endpoint_auth_method": "client_secret_post"}},
    "app": {"oidc": _WEB | {"token_endpoint_auth_method": "none", "grant_types": _PERSONAL}},
    "phone": {
        "oidc": _WEB
        | {
            "application_type": "native",
            "token_endpoint_auth_method": "none",
            "grant_types": _PERSONAL,
            "redirect_uris": ["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"],
        }
    },
    "legacy": {"oidc": _WEB | {"security_profile": "oidc"}},
    "brief": {"oidc": _WEB | {"grant_types": ["authorization_code"]}},
    "opaque": {"oidc": _WEB | {"access_token_format": "opaque"}},
    "elliptic": {"oidc": _WEB | {"id_token_signed_response_alg": "ES256"}},
    "front": {"oidc": _FRONT},
    "robot": {"oidc": _OWN},
    "api": {"oidc": _OWN | {"introspection": True, "resources": [API]}},
    "asking": {"oidc": _WEB, "consent": "required"},
    "closed": {"oidc": _WEB, "assignment_required": True},
    "off": {"oidc": _WEB, "status": "disabled"},
}

CLAIMS: dict[str, Any] = {
    "family_name": "山田",
    "given_name": "太郎",
    "middle_name": "J.",
    "nickname": "たろ",
    "profile": "https://people.example/taro",
    "picture": "https://people.example/taro.png",
    "website": "https://taro.example/",
    "gender": "male",
    "birthdate": "1980-02-29",
    "zoneinfo": "Asia/Tokyo",
    "email_verified": True,
    "phone_number": "+81 3 1234 5678",
    "phone_number_verified": True,
    "address": {"formatted": "東京都千代田区1-1", "country": "JP"},
}


@dataclass
class Filled:
    """Ids by name; services as they were registered, secret included, by `tenant/name`."""

    tenants: dict[str, str] = field(default_factory=dict)
    contracts: dict[str, str] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)


def application(slug: str, **changes: Any) -> contracts.Application:
    return contracts.read_application(
        {
            "product": "ID_PLUS",
            "tenant": slug,
            "legal_form": "corporation",
            "legal_name": "株式会社あおば",
            "corporate_number": "7000012050002",
            "representative": "代表 太郎",
            "admin_contact": {"name": "花子", "email": f"admin@{slug}.example", "affiliation": "employee"},
            "billing_contact": {"name": "経理", "email": f"billing@{slug}.example"},
            "ids": 50,
            "term_months": 12,
            "start_date": "2026-04-01",
            "auto_renewal": True,
            **changes,
        }
    )


def fill(settings: Settings) -> Filled:
    sealing.ensure_master(settings.master_key)
    units = main.open_units(settings)
    filled = Filled()
    for slug in ("aoba", "midori"):
        _establish(units, filled, slug)
    for name, service in SERVICES.items():
        register(units, filled, "aoba", name, **service)
    register(units, filled, "midori", "web", oidc=_WEB)
    register(units, filled, "midori", "front", oidc=_FRONT)
    register(units, filled, "midori", "spa", oidc=_FRONT | {"token_endpoint_auth_method": "none"})
    with units.open(tenants_id(filled, "aoba"), actor=_OPERATOR) as unit:
        person(unit, filled, "taro", claims=CLAIMS, locale="ja-JP")
        person(unit, filled, "hanako")
        person(unit, filled, "saburo")
        person(unit, filled, "jiro", password=None)
        users.disable(unit, filled.users["saburo"])
    with units.open(tenants_id(filled, "midori"), actor=_OPERATOR) as unit:
        person(unit, filled, "midori-taro", user_name="taro@aoba.example", claims=CLAIMS, locale="ja-JP")
        tenants.switch(unit, Switches(implicit=True, hybrid=True))
    units.database.close()
    return filled


def _establish(units: Units, filled: Filled, slug: str) -> None:
    with units.platform(actor=_OPERATOR) as unit:
        made = contracts.apply(unit, application(slug))
        contracts.screen(unit, made.id)
        contracts.approve(unit, made.id)
        contracts.complete_setup(unit, made.id)
        tenant = tenants.find_by_slug(unit, slug)
    assert tenant is not None
    filled.tenants[slug], filled.contracts[slug] = tenant.id, made.id
    for use, alg in _KEYS:
        private = signing.generate(alg)
        with units.open(tenant.id, actor=_OPERATOR) as unit:
            tenants.adopt_key(unit, use, alg, private)


def tenants_id(filled: Filled, slug: str) -> Any:
    return filled.tenants[slug]


def register(units: Units, filled: Filled, slug: str, name: str, **service: Any) -> None:
    document = {"name": name, "protocol": "oidc", "assignment_required": False, **service}
    with units.open(tenants_id(filled, slug), actor=_OPERATOR) as unit:
        made = federation.create(unit, federation.read(document, production=False))
    filled.services[f"{slug}/{name}"] = federation.to_json(made)


def person(unit: Unit, filled: Filled, name: str, *, password: str | None = PASSWORD, **more: Any) -> str:
    """`name@aoba.example`, with the password that everybody has here."""
    address = f"{name}@aoba.example"
    document = {"user_name": address, "display_name": name, "email": address, "affiliation": "employee", **more}
    made = users.create(unit, users.read(document, users.frame(unit)), limit=50)
    filled.users[name] = made.id
    if password is not None:
        credentials.set_password(unit, made.id, cheaply_hashed(password))
    return made.id


def cheaply_hashed(password: str) -> str:
    pool = HashPool(cores=1, waiting=1, cost=CHEAP)
    try:
        return pool.hash(password)
    finally:
        pool.close()
