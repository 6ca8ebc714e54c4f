"""Many more people, tenants and services than anybody would type, written in bulk: to try size, not variety.

Everybody has the same password and, computed once, the same hash of it. Tenants come into being by the same acts as
any other; signing keys are made when they are first needed.
"""

from collections.abc import Sequence
from typing import NamedTuple

from idp import contracts, credentials, delivery, federation, tenants, users
from idp.cli.bootstrapping import HOST
from idp.cli.demo.furnishing import application, establish, hashed_password, standard_plan, tenant_of
from idp.cli.demo.people import AOBA
from idp.cli.demo.progress import Progress
from idp.contracts import Application, Contact, Parties
from idp.federation import ServiceDraft
from idp.kit.units import Unit, Units
from idp.users import Affiliation, Draft, Role

_TENANTS_AT_ONCE = 20
_PEOPLE_AT_ONCE = 2_000


class Amounts(NamedTuple):
    """`people` and `services` of each tenant; without `tenants` the people are further ones of `aoba`."""

    tenants: int
    people: int
    services: int


class _Patterns(NamedTuple):
    application: Application
    service: ServiceDraft
    password: str


def seed(units: Units, amounts: Amounts, progress: Progress) -> None:
    """What is there already is not made again."""
    if amounts.tenants:
        _seed_tenants(units, amounts, progress)
    elif amounts.people:
        _seed_aoba(units, amounts.people, progress)


def _seed_tenants(units: Units, amounts: Amounts, progress: Progress) -> None:
    patterns = _patterns(units, seats=max(amounts.people, 1))
    for start in range(0, amounts.tenants, _TENANTS_AT_ONCE):
        end = min(start + _TENANTS_AT_ONCE, amounts.tenants)
        with units.platform(actor=HOST) as unit:
            standard_plan(unit)
            for number in range(start, end):
                _seed_tenant(unit, f"t{number:05}", amounts, patterns)
        progress.show(end, amounts.tenants, "tenants")


def _seed_tenant(unit: Unit, slug: str, amounts: Amounts, patterns: _Patterns) -> None:
    if tenants.find_even_erased(unit, slug) is not None:
        return
    admin = Contact("利用者 00000", _name(0, slug), affiliation=Affiliation.EMPLOYEE)
    filed = patterns.application._replace(
        slug=slug, legal_name=f"サンプル商店 {slug}", parties=Parties(admin.name, admin, admin)
    )
    inner = establish(unit, filed)
    _give_password(inner, admin.email, patterns.password)
    delivery.discard(inner)  # thousands of letters, and nobody to read them
    if amounts.people > 1:  # the first is the administrator
        _add_people(inner, slug, range(1, amounts.people), patterns.password, limit=amounts.people)
    if amounts.services:
        names = (f"Service {number:05}" for number in range(amounts.services))
        federation.create_many(inner, [patterns.service._replace(name=name) for name in names])


def _seed_aoba(units: Units, people: int, progress: Progress) -> None:
    tenant = tenant_of(units, AOBA.slug)
    if tenant is None:
        return
    password = hashed_password()
    for start in range(0, people, _PEOPLE_AT_ONCE):
        end = min(start + _PEOPLE_AT_ONCE, people)
        with units.open(tenant, actor=HOST) as unit:
            missing = _missing(unit, range(start, end))
            if missing:
                _add_people(unit, AOBA.slug, missing, password, limit=contracts.seats(unit))
        progress.show(end, people, "IDs")


def _missing(unit: Unit, numbers: Sequence[int]) -> list[int]:
    names = [_name(number, AOBA.slug) for number in numbers]
    found = users.find_by_names(unit, names, hold=False)
    return [number for number, name in zip(numbers, names, strict=True) if users.look_up_key(name) not in found]


def _add_people(unit: Unit, slug: str, numbers: Sequence[int], password: str, *, limit: int) -> None:
    made = users.create_many(unit, [_draft(number, slug) for number in numbers], limit=limit, can_sign_in=True)
    credentials.set_first_passwords(unit, made, password)


def _give_password(unit: Unit, user_name: str, password: str) -> None:
    found = users.find_by_name(unit, user_name)
    assert found is not None
    credentials.set_password(unit, found.id, password)


def _draft(number: int, slug: str) -> Draft:
    return Draft(
        user_name=_name(number, slug),
        display_name=f"利用者 {number:05}",
        email=_name(number, slug),
        affiliation=Affiliation.EMPLOYEE,
        roles=frozenset({Role.MEMBER}),
        locale="ja",
        claims={},
    )


def _name(number: int, slug: str) -> str:
    return f"user{number:05}@{slug}.example"


def _patterns(units: Units, *, seats: int) -> _Patterns:
    """Judged once; the copies differ in their names alone."""
    with units.platform(actor=HOST, write=False) as unit:
        filed = application(unit, AOBA._replace(number=""), seats=seats)
    metadata = {
        "redirect_uris": ["https://service.example/callback"],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    }
    document = {"name": "Service", "protocol": "oidc", "assignment_required": False, "oidc": metadata}
    service = federation.read(document, production=False)
    return _Patterns(filed, service, hashed_password())
