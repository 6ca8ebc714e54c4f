"""What the composition root hands to every door."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from idp.access import Allowance, Countries, FactMemory, Gate
from idp.credentials import HashPool, Throttle
from idp.delivery import AtOnce
from idp.federation import SecretUses
from idp.kit.egress import Egress
from idp.kit.units import Unit, Units
from idp.sessions import ANY_SIGN_IN, Demand
from idp.web.pages import Pages
from idp.web.paths import PLATFORM
from idp.web.published_keys import ClientKeyMemory


class Bearer(NamedTuple):
    """Who shows a token of the platform that is good for our API at this moment: a person through a service, or the
    service itself (`user_id` None)."""

    service_id: str
    user_id: str | None
    scopes: frozenset[str]
    issued_at: int
    methods: tuple[str, ...] = ()  # how the person signed in (RFC 8176), and when
    authenticated_at: int = 0


def _nobody(house: "House", unit: Unit, token: str) -> Bearer | None:  # noqa: ARG001 - one signature
    return None


ReadBearer = Callable[["House", Unit, str], Bearer | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """`base_url` is the canonical external address without a trailing slash. `bearer` is how the door that issues
    tokens reads one for the API, in a unit of the platform; it raises `Refused` where only the gate is against it.
    `tell_at_once` sends what the person in front of us waits for. `api_demand` is what the API asks of an operator who
    changes something by a token."""

    units: Units
    memory: FactMemory
    gate: Gate
    countries: Countries
    pages: Pages
    passwords: HashPool
    throttle: Throttle
    egress: Egress
    tell_at_once: AtOnce
    base_url: str
    production: bool
    two_person_acts: bool = False
    bearer: ReadBearer = _nobody
    api_demand: Demand = ANY_SIGN_IN
    export_grace_days: int = 30
    client_keys: ClientKeyMemory = field(default_factory=ClientKeyMemory)
    secret_uses: SecretUses = field(default_factory=SecretUses)
    kept_refusals: Allowance = field(default_factory=Allowance)
    terms_notice_days: int = 1
    spec_change_notice_days: int = 30

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    def issuer(self, slug: str) -> str:
        return f"{self.base_url}/t/{slug}"

    @property
    def api(self) -> str:
        """The API as the audience of tokens."""
        return f"{self.base_url}/api/v1"

    def audience(self, slug: str) -> str:
        """Whom an access token of the tenant is for: its own endpoints, or the API where it is ours."""
        return self.api if slug == PLATFORM else self.issuer(slug)
