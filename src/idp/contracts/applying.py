"""From the application to the approval that brings the tenant into being.

Until it is approved an application belongs to the platform: there is no tenant yet, no key of its own to seal with and
no trail to write in, and a rejected one leaves nothing of a tenant behind. On approval it passes to its tenant, and its
history with it, sealed anew with the tenant's key. The application of a tenant that exists already, for a further
product or to continue a contract, is the tenant's from the first day.
"""

from collections.abc import Iterator
from datetime import date

from idp import partners, plans, tenants, users
from idp.contracts import store
from idp.contracts.counting import refuse_too_few
from idp.contracts.engine import Act, advance, locate
from idp.contracts.entitlements import facts, status_of
from idp.contracts.lifecycle import LIVE, EndReason, Event, Status
from idp.contracts.model import Application, Change, Contact, Contract
from idp.contracts.reasons import checked
from idp.contracts.record import Record, agreement, contract
from idp.contracts.settling import settled
from idp.contracts.standing import ending
from idp.contracts.telling import tell
from idp.kit import ids
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.ids import TenantId
from idp.kit.sealing import KeyDestroyed
from idp.kit.units import Unit
from idp.plans import Product
from idp.tenants import Tenant
from idp.users import Role

_NOT_BINDING = frozenset({Status.APPLIED, Status.SCREENING, Status.REJECTED, Status.WITHDRAWN})
_RUNS_OUT = (EndReason.EXPIRED, EndReason.NOT_RENEWED)


def apply(unit: Unit, application: Application) -> Contract:
    """Needs a unit of the platform, whoever applies.

    Invalid where the partner or the plan is not one that can be named. Conflict: `contract_exists`, `cannot_continue`,
    `tenant_retired`.
    """
    _check_named(unit, application)
    inner = _held_owner(unit, application.slug)
    _settle_the_ended(unit, application)
    _check_room(unit, application)
    record = _new(inner, application)
    if not store.add(inner, record):
        raise _exists()
    actor = unit.actor
    applied = Change(1, unit.now_us, Event.APPLIED, None, Status.APPLIED, actor.id, actor.source, reason="")
    tell(inner, record, [applied])
    return contract(record, application.parties, unit.now_us)


def approve(unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None) -> Contract:
    """Needs a unit of the platform. The tenant, its data key and its first administrator come into being, unless it is
    a customer already.

    Conflict: `illegal_transition`; `contract_required` with `product` for an add-on without what it needs;
    `cannot_continue` when the contract to be continued no longer runs out; `ids_in_use` where more IDs exist already;
    `tenant_retired`.
    """

    def check(record: Record) -> Record:
        refuse_too_few(_owner_of_slug(unit, record.slug), record.product, record.ids)
        if record.product == Product.DEVICE_AUTH:
            _require_mdm(unit, record.slug)
        if record.continues is not None:
            _predecessor_end(unit, record.continues, record.slug, record.product)
        return record

    inner, record = advance(unit, contract_id, Act(Event.APPROVED, checked(reason), if_match, check))
    if inner.platform:
        inner, record = _hand_over(unit, record)
    return contract(record, store.parties(inner, record), unit.now_us)


def _check_named(unit: Unit, application: Application) -> None:
    """What the application names of the platform's: who looks after the customer, and the price."""
    wrong = [*_wrong_partner(unit, application.partner), *_wrong_plan(unit, application)]
    if wrong:
        raise Invalid("invalid", "Some fields are wrong.", errors=wrong)


def _wrong_partner(unit: Unit, partner_id: str | None) -> Iterator[FieldError]:
    if partner_id is None:
        return
    partner = partners.find(unit, partner_id)
    if partner is None:
        yield FieldError("/partner", "unknown_value", "There is no such partner.", partner_id)
    elif not partner.active:
        yield FieldError("/partner", "partner_disabled", "This partner is not in business with us.", partner_id)


def _wrong_plan(unit: Unit, application: Application) -> Iterator[FieldError]:
    if application.plan is None:
        return
    plan = plans.named(unit, application.plan)
    if plan is None:
        yield FieldError("/plan", "unknown_value", "There is no such plan.", application.plan)
    elif plan.product is not application.product:
        detail = f"This plan is for {plan.product.value}."
        yield FieldError("/plan", "plan_of_other_product", detail, application.plan, application.product.value)


def _new(inner: Unit, application: Application) -> Record:
    assert application.parties is not None
    contract_id = ids.new("con")
    return Record(
        tenant_id=inner.tenant,
        id=contract_id,
        slug=application.slug,
        product=application.product.value,
        legal_form=application.legal_form.value,
        legal_name=application.legal_name,
        corporate_number=application.corporate_number,
        parties=store.seal(inner.box, contract_id, application.parties),
        ids=application.ids,
        term_months=application.term_months,
        start_date=application.start_date.isoformat(),
        auto_renewal=application.auto_renewal,
        time_zone=application.time_zone,
        partner=application.partner,
        plan=application.plan,
        continues=application.continues,
        created_at=inner.now_us,
        version=1,
        changes=1,
        status=Status.APPLIED.value,
        entered_by=Event.APPLIED.value,
    )


def _hand_over(unit: Unit, record: Record) -> tuple[Unit, Record]:
    """The row is locked by its own change, so that no other approval of it is under way."""
    parties = store.parties(unit, record)
    assert parties is not None
    inner = _held_owner(unit, record.slug)
    if inner.platform:
        inner = unit.inside(_found(unit, record, parties.admin).id)
    store.hand_over(unit, record.id, inner.tenant, store.seal(inner.box, record.id, parties))
    tenants.touch(inner)
    return locate(unit, record.id)


def give_back(unit: Unit, tenant: TenantId) -> bool:
    """After a withdrawal: the applications of a tenant that never became a customer pass back to the platform, sealed
    with its key. False where the tenant has, or had, a contract that binds. Needs a unit of the platform in which the
    tenant's row is held."""
    ours = store.of_tenant(unit.inside(tenant))
    if any(record.established_at is not None or Status(record.status) not in _NOT_BINDING for record in ours):
        return False
    for record in ours:
        parties = store.parties(unit, record)
        sealed = None if parties is None else store.seal(unit.box, record.id, parties)
        store.give_back(unit, record.id, tenant, sealed)
    return True


def _found(unit: Unit, record: Record, admin: Contact) -> Tenant:
    """The tenant with its data key and its first administrator, who has no password yet."""
    try:
        tenant = tenants.create(unit, slug=record.slug, display_name=record.legal_name, time_zone=record.time_zone)
    except Conflict:  # at the same moment another product of it was approved
        founded = tenants.find_by_slug(unit, record.slug)
        if founded is None:
            raise
        return founded
    assert admin.affiliation is not None
    person = {
        "display_name": admin.name,
        "email": admin.email,
        "affiliation": admin.affiliation.value,
        "roles": [Role.ADMIN.value, Role.MEMBER.value],
    }
    inner = unit.inside(tenant.id)
    draft = users.read(person, users.frame(inner))
    # without a last day, dispatched or not: somebody has to be there who names the others
    users.create(inner, draft._replace(validity=users.Validity()), limit=record.ids)
    return tenant


def _held_owner(unit: Unit, slug: str) -> Unit:
    """Applications of one tenant wait here for each other; one that was dissolved meanwhile is no owner any more."""
    while not (inner := _owner_of_slug(unit, slug)).platform:
        tenants.touch(inner)
        if _owner_of_slug(unit, slug) is inner:
            break
    return inner


def _owner_of_slug(unit: Unit, slug: str) -> Unit:
    tenant = tenants.find_even_erased(unit, slug)
    if tenant is None:
        return unit
    inner = unit.inside(tenant.id)
    try:
        _ = inner.box
    except KeyDestroyed:
        raise _retired(slug) from None
    if tenant.erased_at is not None:
        raise _retired(slug)
    return inner


def _settle_the_ended(unit: Unit, application: Application) -> None:
    """A contract that is over by its dates must not stand in the way because no run has recorded it yet."""
    for read in store.live_of_slug(unit, application.slug, application.product):
        record, overdue = settled(read, unit.now)
        inner = unit.inside(TenantId(read.tenant_id))
        if overdue and store.replace(inner, read, record):
            tell(inner, record, overdue)


def _check_room(unit: Unit, application: Application) -> None:
    """One live contract for each product, and beside it one application that continues it."""
    live = store.live_of_slug(unit, application.slug, application.product)
    if application.continues is None:
        if live:
            raise _exists()
        return
    last_day = _predecessor_end(unit, application.continues, application.slug, application.product)
    others = [record for record in live if record.id != application.continues]
    if others or application.start_date <= last_day:
        raise _exists()


def _predecessor_end(unit: Unit, contract_id: str, slug: str, product: str) -> date:
    """The last day of the contract that is to be continued."""
    owner = store.owner(unit, contract_id)
    record = None if owner is None else store.find(unit.inside(owner), contract_id)
    if record is None or (record.slug, record.product) != (slug, product):
        error = FieldError("/continues", "not_found", "No contract of this tenant for this product.", contract_id)
        raise Invalid("invalid", "The contract to be continued is not there.", errors=[error])
    end = ending(agreement(record))
    if end is None or end.reason not in _RUNS_OUT or Status(record.status) not in {*LIVE, Status.ENDED}:
        raise Conflict.at(
            "/continues", "cannot_continue", "Only a contract that runs out can be continued.", found=contract_id
        )
    return end.on


def _require_mdm(unit: Unit, slug: str) -> None:
    tenant = tenants.find_by_slug(unit, slug)
    mdm = None if tenant is None else status_of(facts(unit.inside(tenant.id)), unit.now_us, Product.MDM)
    if mdm is not Status.ACTIVE:
        raise Conflict(
            "contract_required", "Device authentication needs an active MDM contract.", product=Product.MDM.value
        )


def _retired(slug: str) -> Conflict:
    return Conflict.at(
        "/tenant", "tenant_retired", f"The tenant {slug} has been erased; its name is not given again.", found=slug
    )


def _exists() -> Conflict:
    return Conflict.at(
        "/tenant", "contract_exists", "The tenant has a contract or an application for this product already."
    )
