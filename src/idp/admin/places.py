"""What the path names, as far as the caller may read it: everything else is not there."""

from collections.abc import Mapping
from typing import NamedTuple

from idp import billing, contracts, partners, plans, tenants, terms
from idp.contracts import Contract, Filter, Product, Status
from idp.credentials import ApiKey, KeyScope
from idp.kit.errors import NotFound
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM, KeyDestroyed
from idp.kit.units import Unit
from idp.tenants import Tenant
from idp.web.house import House

_PAGE = 200
_MOST_DIGITS = 18
_AGREED = frozenset({Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED})
_CALLED_OFF = frozenset({Status.WITHDRAWN, Status.REJECTED})


class Place(NamedTuple):
    """`home` is the tenant in whose unit the request acts; `status` that of the tenant's contract with us."""

    home: TenantId
    tenant: Tenant | None = None
    status: Status | None = None
    contract: Contract | None = None

    @property
    def preparing(self) -> bool:
        return self.status is Status.APPROVED


def find(house: House, key: ApiKey, names: Mapping[str, str]) -> Place:
    """Raises `NotFound` alike for what is absent and for what is somebody else's."""
    if "tenant" in names:
        return _tenant(house, key, names["tenant"])
    # A tenant sees its own contracts from within; the platform sees them all, and acts inside the tenant of each.
    home = key.tenant
    if "contract" in names:
        with house.units.open(home, actor=key.actor, write=False) as unit:
            return Place(home, contract=_contract(unit, key, names["contract"]))
    if "partner" in names:
        with house.units.open(home, actor=key.actor, write=False) as unit:
            _partner(unit, key, names["partner"])
        return Place(PLATFORM)
    if "plan" in names:
        with house.units.platform(actor=key.actor, write=False) as unit:
            _plan(unit, key, names["plan"])
        return Place(PLATFORM)
    if "statement" in names:
        with house.units.open(home, actor=key.actor, write=False) as unit:
            _statement(unit, key, names["statement"])
    if "version" in names:
        with house.units.open(home, actor=key.actor, write=False) as unit:
            _terms(unit, key, names["version"])
    if "notice" in names:
        with house.units.open(home, actor=key.actor, write=False) as unit:
            _notice(unit, key, names["notice"])
    return Place(home)


def is_customer(unit: Unit, partner_id: str) -> bool:
    """Whether the partner is responsible for the unit's tenant: by its contract for this service, not by one for
    another product, which any partner could have applied for."""
    return partner_id in contracts.partners_of(unit)


def is_or_was_customer(unit: Unit, partner_id: str) -> bool:
    """Of a tenant that is erased, too: whether the partner was the last one responsible for it."""
    if is_customer(unit, partner_id):
        return True
    ours = [each for each in contracts.page(unit, limit=_PAGE) if _was_established(each)]
    erased = all(each.status is Status.ERASED for each in ours)
    return bool(ours) and erased and ours[-1].application.partner == partner_id


def customers(unit: Unit, partner_id: str) -> list[TenantId]:
    """In the order of their ids. Needs a unit of the platform."""
    found: set[TenantId] = set()
    after = ""
    while page := contracts.page(unit, chosen=Filter(partner=partner_id), after=after, limit=_PAGE):
        found |= {contract.tenant for contract in page if _binds(contract)}
        after = page[-1].id
    return sorted(tenant for tenant in found if is_customer(unit.inside(tenant), partner_id))


def _tenant(house: House, key: ApiKey, slug: str) -> Place:
    with house.units.platform(actor=key.actor, write=False) as unit:
        tenant = tenants.find_by_slug(unit, slug)
        if tenant is None or tenant.id == PLATFORM:
            raise NotFound("tenant")
        inner = unit.inside(tenant.id)
        try:
            _ = inner.box
        except KeyDestroyed:
            raise NotFound("an erased tenant") from None
        if key.scope is KeyScope.TENANT and key.tenant != tenant.id:
            raise NotFound("another tenant")
        if key.scope is KeyScope.PARTNER and not is_customer(inner, key.partner_id):
            raise NotFound("another partner's tenant")
        status = contracts.status_of(contracts.facts(inner), inner.now_us)
    return Place(tenant.id, tenant=tenant, status=status)


def _contract(unit: Unit, key: ApiKey, contract_id: str) -> Contract:
    contract = contracts.get(unit, contract_id)
    if key.scope is KeyScope.PARTNER and contract.application.partner != key.partner_id:
        raise NotFound("another partner's contract")
    return contract


def _partner(unit: Unit, key: ApiKey, partner_id: str) -> None:
    if key.scope is not KeyScope.OPERATOR and key.partner_id != partner_id:
        raise NotFound("another partner")
    partners.get(unit, partner_id)


def _plan(unit: Unit, key: ApiKey, plan_id: str) -> None:
    """Prices are agreed with each customer: who has a contract with this one reads it, and only operators see all."""
    plan = plans.get(unit, plan_id)
    if key.scope is KeyScope.OPERATOR:
        return
    mine = unit.inside(key.tenant)
    chosen = Filter(partner=key.partner_id)
    after = ""
    while page := contracts.page(mine, chosen=chosen, after=after, limit=_PAGE):
        named = {each.application.plan for each in page if each.status not in _CALLED_OFF}
        if named & {plan.id, plan.name}:
            return
        after = page[-1].id
    raise NotFound("somebody else's plan")


def _statement(unit: Unit, key: ApiKey, number: str) -> None:
    """The tenant may be erased by now: for a partner it counts that it was responsible for it then."""
    if billing.find(unit, number_of(number), partner=key.partner_id) is None:
        raise NotFound("statement")


def _terms(unit: Unit, key: ApiKey, version: str) -> None:
    """Drafts are operators' alone."""
    if terms.get(unit, version).published_at is None and key.scope is not KeyScope.OPERATOR:
        raise NotFound("a draft")


def _notice(unit: Unit, key: ApiKey, notice_id: str) -> None:
    """Partners read their own, tenants what reached them."""
    if key.scope is KeyScope.TENANT:
        found: object = terms.told_one(unit, notice_id)
    else:
        found = terms.find_notice(unit, notice_id, partner=key.partner_id)
    if found is None:
        raise NotFound("notice")


def number_of(text: str) -> int:
    """0, which no statement has, for what is no number of one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def _binds(contract: Contract) -> bool:
    return contract.application.product is Product.ID_PLUS and contract.status in _AGREED


def _was_established(contract: Contract) -> bool:
    return contract.application.product is Product.ID_PLUS and contract.established_at is not None
