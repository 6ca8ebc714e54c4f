"""What one test module needs beside what every provider has."""

from dataclasses import replace
from typing import Any

from tests.support.filling import CALLBACK, GOODBYE
from tests.support.party import Party
from tests.support.provider import OPERATOR, Provider

from idp import federation, tenants
from idp.tenants import Switches


def register(provider: Provider, name: str, *, production: bool = True, **oidc: Any) -> Party:
    """At `aoba`, as an administrator there would."""
    metadata = {"redirect_uris": [CALLBACK], "post_logout_redirect_uris": [GOODBYE], **oidc}
    document = {"name": name, "protocol": "oidc", "assignment_required": False, "oidc": metadata}
    with provider.units.open(provider.tenant("aoba"), actor=OPERATOR) as unit:
        made = federation.create(unit, federation.read(document, production=production))
    return replace(provider.party("web"), registered=federation.to_json(made))


def switch(provider: Provider, **switches: Any) -> None:
    """At `aoba`; what is not named is off."""
    with provider.units.open(provider.tenant("aoba"), actor=OPERATOR) as unit:
        tenants.switch(unit, Switches(**switches))
