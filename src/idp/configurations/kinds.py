"""Every kind of configuration, in the order in which it is put in place: what others name comes first."""

from typing import Any, Protocol

from idp.configurations.attributes import Attributes
from idp.configurations.bench import Bench, People
from idp.configurations.groups import Groups
from idp.configurations.networks import Networks
from idp.configurations.policies import Policies
from idp.configurations.roles import Roles
from idp.configurations.services import Services
from idp.configurations.settings import OwnSettings
from idp.configurations.webhooks import Webhooks
from idp.kit.fields import Fields
from idp.kit.units import Unit


class Kind(Protocol):
    """`name` is its member in the document of a tenant."""

    @property
    def name(self) -> str: ...

    def shown(self, unit: Unit, people: People) -> Any:
        """As it stands in the document: sorted, in one order, without what is null."""

    def plan(self, bench: Bench, said: Fields) -> None:
        """The steps to what is `said` in a tenant's document; none where it says nothing of this kind."""


KINDS: tuple[Kind, ...] = (
    Attributes(),
    Groups(),
    Roles(),
    Networks(),
    Services(),
    Policies(),
    Webhooks(),
    OwnSettings(),
)
