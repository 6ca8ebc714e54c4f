"""What decisions are made from, remembered between requests and never trusted without the tenant's revision."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from idp import contracts, federation, tenants, terms, users
from idp.access import in_force, networks_abroad
from idp.access.in_force import NONE_IN_FORCE, InForce, Rules
from idp.access.policies.addresses import Networks, address
from idp.contracts import ContractFacts
from idp.federation import OwnIdentity, Service
from idp.kit.errors import NotFound, Unavailable
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit, Units
from idp.signing import KeyRing, KeySet
from idp.tenants import Switches, Tenant
from idp.terms import NOTHING_TO_ACCEPT, TermsFacts

_NOWHERE = Networks(())
_MOST_TENANTS: Final = 5_000
_WARMED: Final = 200
_NO_TENANT: Final = TenantId("")
_MOST_SERVICES: Final = 20_000
_MOST_RESOURCES: Final = 1_000
# RFC 6749 A.1. Anything else names no client, and a database might not even take it (NUL, half a surrogate pair).
_CLIENT_ID: Final = re.compile(r"[\x20-\x7e]{1,1024}")


@dataclass(frozen=True, slots=True)
class Facts:
    """One tenant at one revision. Services join as they are asked for: a tenant may have ten thousand."""

    tenant: Tenant
    contract: ContractFacts
    keys: KeySet
    rules: InForce = NONE_IN_FORCE
    abroad: Networks = _NOWHERE
    has_groups: bool = False
    terms: TermsFacts = NOTHING_TO_ACCEPT
    services: dict[str, Service] = field(default_factory=dict)
    switches: Switches = tenants.ALL_OFF
    saml: OwnIdentity = federation.ORDINARY
    resources: dict[str, tuple[Service, ...]] = field(default_factory=dict)  # as they are asked for
    origins: dict[str, bool] = field(default_factory=dict)  # as they are asked from

    def rules_at(self, now_us: int) -> Rules:
        """Those in force: an activation that nobody confirmed is over by the clock alone."""
        rules = self.rules
        return rules.newest if now_us < rules.until_us else rules.after

    def counts_as_japan(self, ip: str | None) -> bool:
        """Whether the operator has named a network that may be abroad and has this address (Art. 6.4)."""
        try:
            return ip is not None and address(ip) in self.abroad
        except ValueError:
            return False


class FactMemory:
    """The facts that this process has seen. Forgetting any of it costs time, never correctness."""

    def __init__(self, units: Units, ring: KeyRing) -> None:
        self._units = units
        self._ring = ring
        self._tenants: dict[str, TenantId] = {}  # of a tenant that is gone until it is asked for
        self._facts: dict[TenantId, Facts] = {}

    def known_id(self, slug: str) -> TenantId | None:
        """As `tenant_id`, where nothing has to be fetched."""
        return self._tenants.get(slug)

    async def tenant_id(self, slug: str) -> TenantId:
        """Raises `NotFound`."""
        known = self._tenants.get(slug)
        if known is not None:
            return known
        tenant = await self._units.read(PLATFORM, lambda unit: tenants.find_by_slug(unit, slug))
        if tenant is None:
            raise NotFound("tenant")
        return self._tenants.setdefault(slug, tenant.id)

    async def warm(self) -> None:
        """Fetch some facts beforehand: so keys and discovery documents answer even if the database goes away."""
        with suppress(Unavailable):
            found = await self._units.read(PLATFORM, lambda unit: tenants.page(unit, after="", limit=_WARMED))
            for tenant in found:
                if tenant.id != PLATFORM:
                    self._tenants.setdefault(tenant.slug, tenant.id)
                    await self._units.read(tenant.id, self.current)

    def latest(self, slug: str) -> Facts | None:
        """Whatever is remembered, however old: for what stays true while the database is down."""
        return self._facts.get(self._tenants.get(slug, _NO_TENANT))

    def at_hand(self, slug: str, client_id: str | None = None) -> Facts | None:
        """As `remembered`, where nothing has to be fetched."""
        facts = self._facts.get(self._tenants.get(slug, _NO_TENANT))
        return facts if facts is not None and (client_id is None or client_id in facts.services) else None

    async def remembered(self, slug: str, client_id: str | None = None) -> Facts:
        """Perhaps outdated: good for a decision whose commit holds their revision. With the service, if any."""
        facts = self.at_hand(slug, client_id)
        if facts is not None:
            return facts
        return await self.fresh(slug, client_id)

    async def fresh(self, slug: str, client_id: str | None = None) -> Facts:
        """As of now. Raises `NotFound`."""
        tenant = await self.tenant_id(slug)
        try:
            return await self._units.read(tenant, lambda unit: self.current(unit, client_id))
        except NotFound as raised:
            missing = raised
        again = await self.tenant_id(slug)  # another's by now: a tenant was dissolved before it became a customer
        if again == tenant:
            raise missing
        return await self._units.read(again, lambda unit: self.current(unit, client_id))

    async def is_current(self, facts: Facts) -> bool:
        revision = await self._units.read(facts.tenant.id, tenants.revision)
        return revision == facts.tenant.revision

    def current(self, unit: Unit, client_id: str | None = None) -> Facts:
        """The facts as the unit sees them, with the service if there is one. Raises `NotFound` without a tenant."""
        revision = tenants.revision(unit)
        facts = self._facts.get(unit.tenant)
        if facts is None or facts.tenant.revision != revision:
            try:
                facts = self._load(unit)
            except NotFound:  # erased
                self._forget(unit.tenant)
                raise
        if client_id is not None and client_id not in facts.services and _CLIENT_ID.fullmatch(client_id):
            service = federation.find_by_client_id(unit, client_id)
            if service is not None:
                if len(facts.services) >= _MOST_SERVICES:
                    facts.services.clear()
                facts.services[client_id] = service
        return facts

    def standing_for(self, unit: Unit, facts: Facts, resource: str) -> tuple[Service, ...]:
        """The services that are enabled and have registered this resource (RFC 8707)."""
        known = facts.resources.get(resource)
        if known is None:
            if len(facts.resources) >= _MOST_RESOURCES:
                facts.resources.clear()
            known = facts.resources[resource] = tuple(federation.standing_for(unit, resource))
        return known

    def has_origin(self, unit: Unit, facts: Facts, origin: str) -> bool:
        """Whether some service has a redirect URI there."""
        known = facts.origins.get(origin)
        if known is None:
            if len(facts.origins) >= _MOST_RESOURCES:
                facts.origins.clear()
            known = facts.origins[origin] = federation.has_origin(unit, origin)
        return known

    def _forget(self, tenant: TenantId) -> None:
        self._facts.pop(tenant, None)
        for slug in [slug for slug, known in self._tenants.items() if known == tenant]:
            del self._tenants[slug]

    def _load(self, unit: Unit) -> Facts:
        before = self._facts.get(unit.tenant)
        tenant = tenants.get(unit)
        facts = Facts(
            tenant,
            contracts.facts(unit),
            self._ring.load(unit),
            in_force.load(unit, before.rules if before else None),
            Networks(networks_abroad.cidrs(unit)),
            users.groups.exist(unit),
            NOTHING_TO_ACCEPT if unit.platform else terms.facts(unit),  # nobody asks us to accept our own
            switches=Switches.from_text(tenant.oidc),
            saml=OwnIdentity.from_text(tenant.saml),
        )
        if len(self._facts) >= _MOST_TENANTS:
            self._facts.clear()
        self._facts[unit.tenant] = facts
        return facts
