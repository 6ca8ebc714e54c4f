"""A service as this API shows it: what is registered, and beside it how it stands with certificates."""

from collections.abc import Callable, Iterable
from typing import Any

from idp import federation
from idp.federation import Registered, SamlService
from idp.kit.clock import rfc3339
from idp.kit.units import Unit
from idp.signing import Chain

Show = Callable[[Registered], dict[str, Any]]


def showing(unit: Unit, of: Iterable[Registered]) -> Show:
    """For these services, read at once."""
    if not any(each.service.saml for each in of):
        return federation.to_json
    chain = federation.current_chain(unit)

    def show(registered: Registered) -> dict[str, Any]:
        shown, saml = federation.to_json(registered), registered.service.saml
        if saml is not None:
            shown["saml"]["signing_certificate"] = _signing(chain, saml)
        return shown

    return show


def to_json(unit: Unit, registered: Registered) -> dict[str, Any]:
    return showing(unit, [registered])(registered)


def _signing(chain: Chain, saml: SamlService) -> dict[str, Any] | None:
    kid = chain.signs(saml.switch)
    link = None if kid is None else chain.link(kid)
    if link is None:
        return None
    back = federation.former(chain, saml.switch)
    later = chain.usable[chain.usable.index(link.kid) + 1 :] if link.kid in chain.usable else ()
    return {
        "kid": link.kid,
        "certificate": link.certificate.text,
        "not_after": rfc3339(link.certificate.not_after),
        "next": later[0] if later else None,
        "former": None if back is None else back.old,
    }
