"""A service as this API shows it: what is registered, and beside it how it stands with certificates."""

from collections.abc import Callable, Sequence
from typing import Any

from idp import federation
from idp.federation import Registered, SamlService, Upkeep
from idp.kit.clock import rfc3339
from idp.kit.units import Unit
from idp.signing import Chain

Show = Callable[[Registered], dict[str, Any]]


def showing(unit: Unit, of: Sequence[Registered]) -> Show:
    """For these services, read at once; in the order of their ids."""
    if not any(each.service.saml for each in of):
        return lambda registered: {**federation.to_json(registered), "warnings": []}
    chain = federation.current_chain(unit)
    states = federation.kept_between(unit, of[0].service.id, of[-1].service.id)

    def show(registered: Registered) -> dict[str, Any]:
        shown, saml = federation.to_json(registered), registered.service.saml
        warnings: list[dict[str, Any]] = []
        if saml is not None:
            state = states.get(registered.service.id, Upkeep(registered.service.id))
            shown["saml"] |= {"signing_certificate": _signing(chain, saml), **_standing(state)}
            warnings = [each.to_json() for each in federation.warnings_of(saml, state, unit.now_us)]
        return {**shown, "warnings": warnings}

    return show


def _standing(state: Upkeep) -> dict[str, Any]:
    return {
        "last_refresh_at": None if state.refreshed_at is None else rfc3339(state.refreshed_at),
        "next_refresh_at": None if state.refresh_at is None else rfc3339(state.refresh_at),
        "last_error": state.error,
        "waiting": state.waiting_id,
    }


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
