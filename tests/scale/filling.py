"""An installation with many of everything: tenants and IDs by the demonstration's own bulk writer, the rest by the acts
of the rooms, many in a unit."""

from decimal import Decimal
from typing import NamedTuple

import psycopg

from idp import (
    access,
    audit,
    billing,
    credentials,
    delivery,
    federation,
    main,
    partners,
    plans,
    sessions,
    tenants,
    terms,
    users,
)
from idp.access import Countries, FactMemory
from idp.access.traces import End, Kind, Step, Trace
from idp.audit import Event
from idp.billing import Month, store
from idp.cli.bootstrapping import HOST
from idp.cli.demo import furnishing
from idp.cli.demo.people import AOBA
from idp.cli.demo.progress import Progress
from idp.cli.demo.seeding import Amounts, seed
from idp.cli.installing import bring_to_head
from idp.contracts import ContractId, LegalForm
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.kit import ids
from idp.kit.clock import SECOND
from idp.kit.ids import TenantId
from idp.kit.sealing import ensure_master
from idp.kit.units import Unit, Units
from idp.sessions import Generations, Method, Whereabouts
from idp.settings import Settings
from idp.signing import KeyRing
from idp.users import GroupId, UserId
from idp.users.group_store import join_many

SMALL = "t00000"
_AT_ONCE = 500
POLICY = {"name": "P", "effect": "deny", "services": ["*"], "when": {"any": []}}
_CALLBACK = {"redirect_uris": ["https://service.example/callback"]}
_ENTITY = {"entity_id": "https://saml.example/{}", "acs": [{"url": "https://saml.example/acs"}]}


class Size(NamedTuple):
    """`ids` over all tenants, a tenth of them in one; `rows` is how many each list beside has at most, `named` of what
    there are few."""

    tenants: int
    ids: int
    rows: int
    named: int

    @property
    def large(self) -> int:
        return self.ids // 10

    @property
    def each(self) -> int:
        return (self.ids - self.large) // self.tenants


class Filled(NamedTuple):
    """Bearers that may do everything in their scope."""

    operator: str
    large: str
    small: str
    partner: str


def fill(settings: Settings, size: Size) -> Filled:
    """What is there already is not made again."""
    ensure_master(settings.master_key)
    bring_to_head(settings)
    with main.opened(settings) as units:
        furnishing.furnish(units, further_ids=size.large)
        seed(units, Amounts(0, size.large, 0), Progress())
        _count(settings)
        seed(units, Amounts(size.tenants, size.each, 3), Progress())
        large = furnishing.tenant_of(units, AOBA.slug)
        small = furnishing.tenant_of(units, SMALL)
        assert large is not None
        assert small is not None
        with units.platform(actor=HOST, write=False) as unit:
            filled = len(plans.page(unit, limit=size.named)) == size.named
        if not filled:
            _fill_tenant(units, large, size)
            _fill_platform(units, size)
        _count(settings)
        return _keys(units, large, small)


def _count(settings: Settings) -> None:
    """As autovacuum does within a minute of an installation, and nobody in the cluster of the tests."""
    if settings.database_url.startswith("postgresql"):
        with psycopg.connect(settings.database_url, autocommit=True) as connection:
            connection.execute("ANALYZE")


def _keys(units: Units, large: TenantId, small: TenantId) -> Filled:
    draft = KeyDraft("scale", EVERYTHING, None)
    with units.platform(actor=HOST) as unit:
        partner = partners.page(unit)[0].id
        operator = credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING).secret
        of_partner = credentials.create_key(
            unit, draft, scope=KeyScope.PARTNER, grantor=EVERYTHING, partner_id=partner
        ).secret
    made = []
    for tenant in (large, small):
        with units.open(tenant, actor=HOST) as unit:
            made.append(credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING).secret)
    return Filled(operator, made[0], made[1], of_partner)


def _fill_tenant(units: Units, tenant: TenantId, size: Size) -> None:
    with units.open(tenant, actor=HOST) as unit:
        groups = [users.groups.create(unit, f"group {number:05}").id for number in range(size.rows // 20)]
        drafts = [_service(number) for number in range(size.rows // 20)]
        service = federation.create_many(unit, drafts)[0].service.id
        for number in range(size.named):
            name = f"n{number:03}"
            access.networks.create(unit, access.networks.read({"name": name, "cidrs": ["192.0.2.0/24"]}))
            access.drafts.create(unit, {**POLICY, "name": name})
            credentials.create_key(unit, KeyDraft(name, EVERYTHING, None), scope=KeyScope.TENANT, grantor=EVERYTHING)
    people = _people(units, tenant)
    for start in range(0, len(people), _AT_ONCE):
        with units.open(tenant, actor=HOST) as unit:
            some = people[start : start + _AT_ONCE]
            join_many(unit, [(GroupId(groups[0]), each) for each in some])
            join_many(unit, [(GroupId(groups[1 + n % (len(groups) - 1)]), each) for n, each in enumerate(some)])
            for each in some[-20:]:
                users.disable(unit, each)
    for start in range(0, size.rows // 4, _AT_ONCE):
        with units.open(tenant, actor=HOST) as unit:
            for each in people[start : min(start + _AT_ONCE, size.rows // 4)]:
                federation.assign(unit, service_id=service, user_id=each)
    with units.open(tenant, actor=HOST) as unit:
        _sign_in(unit, people[0], size)
    memory = FactMemory(units, KeyRing())
    for start in range(0, size.rows, _AT_ONCE):
        with units.open(tenant, actor=HOST) as unit:
            decided = _decision(unit, memory, service, people[0])
            for number in range(start, min(start + _AT_ONCE, size.rows)):
                delivery.enqueue(unit, f"event.{number % 7}", receiver=f"r{number % 50}", payload={"n": number})
                audit.record(unit, Event.USER_CHANGED, subject=people[number % len(people)], fields=["locale"])
                ended = (Kind.SIGN_ON, End.REFUSED if number % 3 else End.ALLOWED, "destination")
                made = Trace(ids.new("t")[-10:].upper(), unit.now_us, service, "saml", *ended, failed=Step.ADDRESSEE)
                access.traces.remember(unit, made)
                access.remember(unit, decided, named=(people[number % len(people)], service))


def _decision(unit: Unit, memory: FactMemory, service: str, user: UserId) -> access.Decision:
    described = access.read_context({}, at="", country_of=Countries().of, now_us=unit.now_us)
    facts = memory.current(unit)
    proof = access.question(unit, facts, federation.get(unit, service), user, described)
    return access.evaluate(facts, proof, at_us=unit.now_us, asked_us=unit.now_us)


def _people(units: Units, tenant: TenantId) -> list[UserId]:
    found: list[UserId] = []
    with units.open(tenant, actor=HOST, write=False) as unit:
        while page := users.page(unit, after=found[-1] if found else "", limit=10_000):
            found += [each.id for each in page]
    return found


def _service(number: int) -> federation.ServiceDraft:
    if number % 4:
        document = {"name": f"Service {number:05}", "protocol": "oidc", "oidc": _CALLBACK}
    else:
        saml = {**_ENTITY, "entity_id": f"https://saml.example/{number}"}
        document = {"name": f"サービス {number:05}", "protocol": "saml", "saml": saml}
    return federation.read(document, production=False)


def _sign_in(unit: Unit, user: UserId, size: Size) -> None:
    born = Generations(tenants.get(unit).generation, users.get(unit, user).generation)
    for _ in range(size.named):
        nowhere = Whereabouts("192.0.2.1", "JP", "Firefox 141")
        sessions.open_session(unit, user_id=user, generations=born, methods=[Method.PASSWORD], whereabouts=nowhere)


def _fill_platform(units: Units, size: Size) -> None:
    with units.platform(actor=HOST) as unit:
        partner = partners.page(unit)[0].id
        federation.create_many(unit, [_service(number) for number in range(size.named)])
        for number in range(size.named):
            name = f"x{number:03}"
            plans.create(unit, plans.read({"name": name, "product": "ID_PLUS", "price_per_id": number}))
            credentials.create_key(unit, KeyDraft(name, EVERYTHING, None), scope=KeyScope.OPERATOR, grantor=EVERYTHING)
            terms.create(unit, terms.read(_terms(name)))
        for number in range(size.named - 2):
            cidrs = {"name": f"abroad {number}", "cidrs": ["198.51.100.0/24"]}
            access.networks_abroad.create(unit, access.networks_abroad.read(cidrs))
        for number in range(size.tenants):
            partners.create(unit, partners.read({"name": f"partner {number:05}"}))
        notice = {"kind": "other", "title": "N", "body": "x", "effective_date": "2030-01-01"}
        for _ in range(10):
            terms.announce(unit, terms.read_notice(notice), least_days=0)
        found = unit.lane.execute("SELECT id FROM tenants WHERE id <> 'platform'", {}).fetchall()
        everybody = [row[0] for row in found]
        store.hold_numbers(unit)
        for tenant in everybody:
            for month in (1, 2, 3):
                statement = _statement(store.next_number(unit), unit.now_us, Month(2026, month))
                store.add(unit.inside(tenant), statement, partner=partner)


def _terms(version: str) -> dict[str, object]:
    provisions = [{"number": "1", "text": "x" * 2_000}]
    articles = [{"article": "第1条", "provisions": provisions}]
    return {"version": version, "title": "T", "effective_date": "2030-05-01", "articles": articles}


def _statement(number: int, now_us: int, month: Month) -> billing.Statement:
    rate = Decimal("0.10")
    line = billing.Line(ContractId("con_1"), plans.Product.ID_PLUS, "Monthly fee", 300, 10, rate)
    bill = billing.Bill((line,), (billing.Tax(rate, 3000, 300),))
    buyer = billing.Buyer("サンプル商店", LegalForm.CORPORATION)
    issued = now_us - SECOND
    return billing.Statement(
        number=number, month=month, issued_at=issued, seller=billing.Seller(), buyer=buyer, bill=bill
    )
