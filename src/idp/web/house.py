"""What the composition root hands to every door."""

from dataclasses import dataclass

from idp.access import Countries, FactMemory, Gate
from idp.credentials import HashPool, Throttle
from idp.kit.units import Units
from idp.web.pages import Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """`base_url` is the canonical external address without a trailing slash."""

    units: Units
    memory: FactMemory
    gate: Gate
    countries: Countries
    pages: Pages
    passwords: HashPool
    throttle: Throttle
    base_url: str
    production: bool
    export_grace_days: int = 30

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    def issuer(self, slug: str) -> str:
        return f"{self.base_url}/t/{slug}"
