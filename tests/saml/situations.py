"""What can have happened to a contract, a service, an ID, a rule or a session, and what it lets through."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from tests.saml.two_doors import Row
from tests.support.authenticator import enrolled
from tests.support.desk import Desk
from tests.support.filling import application, cheaply_hashed
from tests.support.provider import Provider

from idp import contracts, credentials, erasure, federation, tenants, terms, users
from idp.contracts import Status
from idp.kit.actors import Actor, Source
from idp.plans import Product

Services = tuple[str, str]
Act = Callable[[Provider, Services], None]

SIGN_IN, LOGIN_FORM, ISSUED, ASKS, NOTHING, UNKNOWN = (
    "page signin",
    "page login-form",
    "issued",
    "asks",
    "nothing",
    "unknown",
)
HERE, ABROAD, NOWHERE = "133.11.0.0/16", "8.8.8.8", "10.0.0.1"
TERMS: dict[str, Any] = {
    "version": "1",
    "title": "サービス利用規約",
    "effective_date": "2026-04-02",
    "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "利用料は無料です。"}]}],
}
OPEN = Row(ISSUED, ISSUED, SIGN_IN, ASKS, ISSUED, ISSUED)
SIGNED_OUT = Row(SIGN_IN, ASKS, SIGN_IN, ASKS, ISSUED, ISSUED)
KEPT_OUT = Row(SIGN_IN, ASKS, SIGN_IN, ASKS, LOGIN_FORM, LOGIN_FORM)


class Situation(NamedTuple):
    """`row` is what both doors are to answer after `act`; `standing` that of the contract, where it is about that.
    `eve` comes before anybody has signed in; `small`: it is about the two services alone."""

    name: str
    act: Act
    row: Row
    standing: Status | None = None
    eve: Callable[[Provider], object] = lambda _: None
    small: bool = False


def to_all(reason: str) -> Row:
    """Nobody is asked for a password that would lead nowhere."""
    return Row(*[f"denied {reason}"] * len(Row._fields))


def to_persons(reason: str) -> Row:
    """Somebody has to be there before it can be said."""
    said = f"denied {reason}"
    return Row(said, said, SIGN_IN, ASKS, said, said)


def second(step: str) -> Row:
    return Row(SIGN_IN, ASKS, SIGN_IN, ASKS, step, step)


def nothing(provider: Provider, services: Services) -> None:
    del provider, services


def suspend(provider: Provider, services: Services) -> None:
    del services
    provider.suspend()


def suspend_and_resume(provider: Provider, services: Services) -> None:
    del services
    provider.suspend()
    provider.resume()


def terminate(provider: Provider, services: Services) -> None:
    del services
    with provider.platform() as unit:
        contracts.terminate(unit, provider.contract(), reason="breach of contract")


def ask_not_to_renew(provider: Provider) -> None:
    with provider.platform() as unit:
        contracts.ask_non_renewal(unit, provider.contract(), end_date=date(2027, 3, 31))
    provider.clock.set(datetime(2027, 3, 31, 14, 59, 30, tzinfo=UTC))


def ask_to_stop(provider: Provider) -> None:
    with provider.platform() as unit:
        contracts.ask_stop(unit, provider.contract(), stop_date=date(2026, 4, 1), reason="enough")
    provider.clock.set(datetime(2026, 4, 1, 14, 59, 30, tzinfo=UTC))


def pass_midnight(provider: Provider, services: Services) -> None:
    """In Japan: no job has run."""
    del services
    provider.clock.advance(seconds=30)


def erase(provider: Provider, services: Services) -> None:
    terminate(provider, services)
    with provider.units.platform(actor=Actor("operator", "opr_desk", Source.OPERATOR)) as unit:
        erasure.erase(unit, provider.contract())


def disable_service(provider: Provider, services: Services) -> None:
    with provider.open() as unit:
        for each in services:
            federation.disable(unit, each)


def disable_and_enable_service(provider: Provider, services: Services) -> None:
    disable_service(provider, services)
    with provider.open() as unit:
        for each in services:
            federation.enable(unit, each)


def delete_service(provider: Provider, services: Services) -> None:
    with provider.open() as unit:
        for each in services:
            federation.delete(unit, each)


def require_assignment(provider: Provider, services: Services) -> None:
    with provider.open() as unit:
        for each in services:
            federation.change(unit, each, {"assignment_required": True}, production=False)


def want_consent(provider: Provider, services: Services) -> None:
    with provider.open() as unit:
        for each in services:
            federation.change(unit, each, {"consent": "required"}, production=False)


def assign(provider: Provider, services: Services) -> None:
    require_assignment(provider, services)
    with provider.open() as unit:
        for each in services:
            federation.assign(unit, each, user_id=provider.user())


def disable_person(provider: Provider, services: Services) -> None:
    del services
    with provider.open() as unit:
        users.disable(unit, provider.user())


def delete_person(provider: Provider, services: Services) -> None:
    del services
    with provider.open() as unit:
        users.delete(unit, provider.user())
        credentials.forget_user(unit, provider.user())


def change_password(provider: Provider, services: Services) -> None:
    del services
    encoded = cheaply_hashed("another-Passw0rd!")
    with provider.open() as unit:
        credentials.set_password(unit, provider.user(), encoded)


def end_generation(provider: Provider, services: Services) -> None:
    del services
    with provider.open() as unit:
        tenants.end_generation(unit)


def end_of_person(provider: Provider, services: Services) -> None:
    del services
    with provider.open() as unit:
        users.end_generation(unit, provider.user())


def wait_too_long(provider: Provider, services: Services) -> None:
    """Session and waiting request are over."""
    del services
    provider.clock.advance(hours=30)


def rule(effect: str, when: dict[str, Any] | None = None, **more: Any) -> Act:
    def put_in_force(provider: Provider, services: Services) -> None:
        document = {"name": "rule", "effect": effect, "services": list(services), "when": when or {"all": []}, **more}
        Desk.of(provider).put_in_force(document)

    return put_in_force


def ask_for_a_code(provider: Provider, services: Services) -> None:
    enrolled(provider)
    rule("step_up", require=["mfa"])(provider, services)


def ask_for_freshness(provider: Provider, services: Services) -> None:
    rule("step_up", require=["fresh_sign_in"], max_age_seconds=60)(provider, services)
    provider.clock.advance(seconds=61)


def sell_devices(provider: Provider) -> None:
    """Device authentication needs two products (Art. 3.2)."""
    for product in ("MDM", "DEVICE_AUTH"):
        with provider.platform() as unit:
            contract = contracts.apply(unit, application("aoba", product=product))
            for step in (contracts.screen, contracts.approve, contracts.complete_setup):
                step(unit, contract.id)


def end_devices(provider: Provider, services: Services) -> None:
    DEVICES(provider, services)
    with provider.platform() as unit:
        (mdm,) = [each for each in contracts.page(unit) if each.application.product is Product.MDM]
        contracts.terminate(unit, mdm.id, reason="over")


def call_from(address: str) -> Act:
    def move(provider: Provider, services: Services) -> None:
        del services
        provider.first.caller = provider.second.caller = address

    return move


def publish_terms(provider: Provider) -> None:
    with provider.platform() as unit:
        terms.create(unit, terms.read(TERMS))
        terms.publish(unit, "1", terms.read_publication({}), least_days=1)
    provider.clock.set(datetime(2026, 4, 1, 14, 59, 30, tzinfo=UTC))


def ask_an_administrator(provider: Provider) -> None:
    with provider.open() as unit:
        users.change(unit, provider.user(), {"roles": ["admin"]})
    publish_terms(provider)


FROM_HERE = rule("deny", {"network": {"in": [HERE]}})
CLOSED = rule("deny", {"time": {"from": "10:00", "to": "11:00", "time_zone": "Asia/Tokyo"}})
DAY = rule("deny", {"time": {"from": "12:00", "to": "13:00", "time_zone": "Asia/Tokyo"}})
DEVICES = rule("deny", {"not": {"device": {"enrolled": True}}})
CERTIFICATE = rule("step_up", require=["device_certificate"])
ACCEPTANCE = Row("page terms", ASKS, SIGN_IN, ASKS, "page terms-form", "page terms-form")

SITUATIONS = (
    Situation("in order", nothing, OPEN, standing=Status.ACTIVE),
    Situation("suspended", suspend, to_all("contract_suspended"), standing=Status.SUSPENDED),
    Situation("suspended and resumed", suspend_and_resume, SIGNED_OUT, standing=Status.ACTIVE),
    Situation("terminated", terminate, to_all("contract_ended"), standing=Status.ENDED),
    Situation("stopped", pass_midnight, to_all("contract_ended"), standing=Status.ENDED, eve=ask_to_stop),
    Situation("not renewed", pass_midnight, to_all("contract_ended"), standing=Status.ENDED, eve=ask_not_to_renew),
    Situation("erased", erase, Row(*[NOTHING] * 6), standing=Status.ERASED),
    Situation("service disabled", disable_service, to_all("service_unknown"), small=True),
    Situation("service disabled and enabled", disable_and_enable_service, OPEN, small=True),
    Situation("service deleted", delete_service, Row(*[UNKNOWN] * 6), small=True),
    Situation("not assigned", require_assignment, to_persons("not_assigned"), small=True),
    Situation("assigned", assign, OPEN, small=True),
    Situation("consent wanted", want_consent, OPEN._replace(signed_in="page consent", passive=ASKS), small=True),
    Situation("ID disabled", disable_person, KEPT_OUT),
    Situation("ID deleted", delete_person, KEPT_OUT),
    Situation("password changed", change_password, KEPT_OUT),
    Situation("end of the tenant's generation", end_generation, SIGNED_OUT),
    Situation("end of the person's generation", end_of_person, SIGNED_OUT),
    Situation("session over", wait_too_long, SIGNED_OUT._replace(had_waited=UNKNOWN)),
    Situation("denied by a rule", rule("deny"), to_persons("policy_denied"), small=True),
    Situation("denied by a rule that only reports", rule("deny", report_only=True), OPEN, small=True),
    Situation(
        "denied from this network", rule("deny", {"network": {"in": [HERE]}}), to_persons("policy_denied"), small=True
    ),
    Situation("denied at this time", CLOSED, to_persons("policy_denied")),
    Situation("denied at another time", DAY, OPEN),
    Situation("denied without a device", DEVICES, to_persons("policy_denied"), eve=sell_devices),
    Situation("without the product for devices", end_devices, to_persons("device_entitlement_ended"), eve=sell_devices),
    Situation("certificate wanted", CERTIFICATE, to_persons("step_up_required"), eve=sell_devices),
    Situation("outside Japan", call_from(ABROAD), to_persons("outside_japan")),
    Situation("country unknown", call_from(NOWHERE), to_persons("country_unknown")),
    Situation("second factor wanted of who has none", rule("step_up", require=["mfa"]), second("page enrolment")),
    Situation("second factor wanted", ask_for_a_code, second("page otp-form")),
    Situation("fresh sign-in wanted", ask_for_freshness, SIGNED_OUT),
    Situation("terms for administrators", pass_midnight, OPEN, eve=publish_terms),
    Situation("terms to be accepted", pass_midnight, ACCEPTANCE, eve=ask_an_administrator),
)


class Beginning(NamedTuple):
    """A contract that has not come as far as letting anybody in; `said` is what is said to a stranger."""

    name: str
    standing: Status
    steps: tuple[Callable[..., Any], ...]
    said: str
    start: str = "2026-04-01"


_TO_APPROVAL = (contracts.screen, contracts.approve)


def _reject(unit: Any, contract: str) -> None:
    contracts.reject(unit, contract, reason="no")


BEGINNINGS = (
    Beginning("applied", Status.APPLIED, (), NOTHING),
    Beginning("screening", Status.SCREENING, (contracts.screen,), NOTHING),
    Beginning("rejected", Status.REJECTED, (contracts.screen, _reject), NOTHING),
    Beginning("withdrawn", Status.WITHDRAWN, (contracts.withdraw,), NOTHING),
    Beginning("approved", Status.APPROVED, _TO_APPROVAL, "denied contract_not_established"),
    Beginning(
        "not started", Status.ACTIVE, (*_TO_APPROVAL, contracts.complete_setup), "denied contract_not_started",
        "2026-05-01",
    ),
)  # fmt: skip


def begin(provider: Provider, beginning: Beginning) -> bool:
    """A further customer, `kiri`. False where it has not become a tenant."""
    with provider.platform() as unit:
        made = contracts.apply(unit, application("kiri", start_date=beginning.start))
        for step in beginning.steps:
            step(unit, made.id)
        assert contracts.get(unit, made.id).status is beginning.standing
        tenant = tenants.find_by_slug(unit, "kiri")
    if tenant is not None:
        provider.filled.tenants["kiri"] = tenant.id
    return tenant is not None
