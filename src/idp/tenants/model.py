import re
from typing import NamedTuple, NewType

from idp.kit.ids import TenantId

Slug = NewType("Slug", str)

PLATFORM_SLUG = Slug("-")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
DEFAULT_COLOUR = "#3b4cca"


class Tenant(NamedTuple):
    id: TenantId
    slug: Slug
    display_name: str
    colour: str
    help_text: str
    time_zone: str
    revision: int
    generation: int
    created_at: int
    logo: str | None  # the digest of its logo
    erased_at: int | None = None
    oidc: str = "{}"  # as `Switches.to_text` gives it
    saml: str = "{}"  # who it is to services of SAML; read by whoever speaks it
    staffing: str = "{}"  # as `Staffing.to_text` gives it


class Moved(Exception):
    """The tenant's revision is not the one that a decision was made on."""
