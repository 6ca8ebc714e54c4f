"""What can be told of a person under a name of somebody else's choice."""

from collections.abc import Iterable
from typing import Any

from idp.kit.units import Unit
from idp.users import group_store
from idp.users.attribute_document import NAME
from idp.users.attribute_types import PREFIX
from idp.users.claims import CLAIMS_OF_SCOPE, claims_for
from idp.users.model import Identity

_OWN = frozenset({"user_name", "display_name", "affiliation", "roles", "groups"})
ATTRIBUTES = _OWN | {name for names in CLAIMS_OF_SCOPE.values() for name in names}


def is_source(name: str) -> bool:
    """Whether something can be known of a person by this name: one that all have, or `attributes.` and a name of the
    tenant's schema, as it may be now or later."""
    own = name.removeprefix(PREFIX)
    return name in ATTRIBUTES or (own != name and NAME.fullmatch(own) is not None)


def attributes_of(unit: Unit, identity: Identity, names: Iterable[str]) -> dict[str, Any]:
    """Those of `ATTRIBUTES`, and of the tenant's own (`is_source`), that the person has. Groups are by name, sorted:
    those too that they are in through others."""
    wanted = frozenset(names)
    known: dict[str, Any] = {
        **claims_for(identity, frozenset(), wanted),
        "user_name": identity.user_name,
        "display_name": identity.display_name,
        "affiliation": identity.affiliation.value,
        "roles": sorted(role.value for role in identity.roles),
    }
    known |= {PREFIX + name: value for name, value in identity.attributes.items()}
    if "groups" in wanted:
        known["groups"] = group_store.names_of(unit, identity.id)
    return {name: value for name, value in known.items() if name in wanted and value not in ("", [], None)}
