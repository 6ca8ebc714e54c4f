"""What the composition root hands to every door."""

from collections.abc import Callable
from dataclasses import dataclass, field

from idp.access import Allowance, Countries, FactMemory, Gate
from idp.credentials import HashPool, Throttle
from idp.delivery import AtOnce
from idp.federation import SecretUses
from idp.kit.egress import Egress
from idp.kit.units import Units
from idp.sessions import ANY_SIGN_IN, Demand
from idp.web.bearers import Bearer, Borne, NotBorne
from idp.web.pages import Pages
from idp.web.paths import PLATFORM
from idp.web.published_keys import ClientKeyMemory


def no_bearer(house: "House", borne: Borne) -> Bearer:  # noqa: ARG001 - one signature
    """Where nobody issues tokens."""
    raise NotBorne("invalid_token", "This needs a valid API key.")


ReadBearer = Callable[["House", Borne], Bearer]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """`base_url` is the canonical external address without a trailing slash. `bearer` is how the door that issues
    tokens reads one for the API; it blocks, and raises `NotBorne`.
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
    bearer: ReadBearer = no_bearer
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

    def needing_nobody(self, slug: str) -> frozenset[str]:
        """For what tokens of the tenant may be without any service that stands for it."""
        return frozenset({self.audience(slug), self.api})
