"""When a service changes over to another certificate of ours: on its own day, at once, back, or with the tenant."""

from collections.abc import Collection
from dataclasses import replace

from idp import audit, signing, tenants
from idp.audit import Event
from idp.federation import actions, store
from idp.federation.model import Registered
from idp.federation.saml_service import SamlService
from idp.federation.saml_switches import current_chain
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict, Stale
from idp.kit.units import Unit
from idp.signing import Chain, Status, Switch


def change_over(
    unit: Unit, service_id: str, *, at: int | None = None, to: str | None = None, version: int | None = None
) -> Registered:
    """To our next certificate, or to a later one that is named, at that instant or now. Raises `NotFound`, `Stale`,
    `Conflict("no_next_certificate")`, and `Conflict("next_key_too_young")` for one that not everybody knows yet."""
    before, saml = _held(unit, service_id, version)
    chain = current_chain(unit)
    signs = chain.signs(saml.switch)
    at = unit.now_us if at is None else at
    switch = None if signs is None else signing.begun(signs=signs, chain=chain.usable, at=at, to=to)
    if switch is None:
        raise Conflict("no_next_certificate", "There is no later certificate for this service to change over to.")
    link = chain.link(switch.new)
    if link is not None and link.status is Status.NEXT and link.ready_at > at:
        said = "The next certificate is not published for long enough yet."
        raise Conflict("next_key_too_young", said, ready_at=rfc3339(link.ready_at))
    return _put(unit, before, saml, switch)


def step_back(unit: Unit, service_id: str, *, version: int | None = None) -> Registered:
    """To the certificate before, until somebody says otherwise. Raises `NotFound`, `Stale`,
    `Conflict("no_former_certificate")`."""
    before, saml = _held(unit, service_id, version)
    switch = former(current_chain(unit), saml.switch)
    if switch is None:
        raise Conflict("no_former_certificate", "There is no certificate to go back to.")
    return _put(unit, before, saml, switch)


def follow(unit: Unit, service_id: str, *, version: int | None = None) -> Registered:
    """With the tenant again, at once. Raises `NotFound`, `Stale`."""
    before, saml = _held(unit, service_id, version)
    return _put(unit, before, saml, None)


def former(chain: Chain, switch: Switch | None) -> Switch | None:
    """What a step back would be."""
    signs, active = chain.signs(switch), chain.of(Status.ACTIVE)
    if signs is None or active is None:
        return None
    return signing.stepped_back(
        switch, signs=signs, active=active, retired=chain.of(Status.RETIRING), usable=chain.usable
    )


def switches(unit: Unit) -> Collection[Switch]:
    """Of all services that have a day of their own. Looks at every service."""
    return [saml.switch for saml in store.switching(unit) if saml.switch is not None]


def _held(unit: Unit, service_id: str, version: int | None) -> tuple[Registered, SamlService]:
    tenants.touch(unit)
    before = store.registered(unit, service_id)
    if version is not None and version != before.service.version:
        raise Stale("service")
    if before.service.saml is None:
        raise Conflict("not_saml", "This is not a service of SAML.")
    return before, before.service.saml


def _put(unit: Unit, before: Registered, saml: SamlService, switch: Switch | None) -> Registered:
    after = actions.with_saml(unit, before, replace(saml, switch=switch))
    said = {} if switch is None else switch.to_json()
    audit.record(unit, Event.SERVICE_CERTIFICATE_SWITCHED, subject=before.service.id, **said)
    return after
