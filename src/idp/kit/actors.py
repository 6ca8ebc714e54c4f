"""Who acts, as every unit of work and every entry of the trail names them."""

from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    API = "api"
    OPERATOR = "operator"
    SCHEDULE = "schedule"


class Actor(NamedTuple):
    """Who acts: `kind` such as `operator`, `tenant`, `user`, `service`, `system`; `id` never a name."""

    kind: str
    id: str
    source: Source = Source.API


SYSTEM = Actor("system", "system", Source.SCHEDULE)
