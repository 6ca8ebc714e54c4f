"""A service as this API shows it: what is registered, and beside it how it stands with certificates and secrets."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from idp import federation, signing
from idp.admin import setting_up
from idp.admin.call import Call
from idp.federation import Registered, SamlService, Upkeep
from idp.kit.clock import rfc3339
from idp.kit.units import Unit
from idp.signing import Chain

Show = Callable[[Registered], dict[str, Any]]


def showing(unit: Unit, of: Sequence[Registered]) -> Show:
    """For these services, read at once."""
    if not any(each.service.saml for each in of):
        return lambda registered: {**federation.to_json(registered), "warnings": _of_secrets(registered, unit.now_us)}
    chain = federation.current_chain(unit)
    ids = [each.service.id for each in of]
    states = federation.kept_between(unit, min(ids), max(ids))

    def show(registered: Registered) -> dict[str, Any]:
        shown, saml = federation.to_json(registered), registered.service.saml
        warnings = _of_secrets(registered, unit.now_us)
        if saml is not None:
            state = states.get(registered.service.id, Upkeep(registered.service.id))
            shown["saml"] |= {"signing_certificate": _signing(chain, saml), **_standing(state)}
            standing = federation.warnings_of(saml, state, unit.now_us)
            warnings = [*(each.to_json() for each in standing), *_of_ours(chain, saml)]
        return {**shown, "warnings": warnings}

    return show


def _of_secrets(registered: Registered, now_us: int) -> list[dict[str, Any]]:
    former = registered.service.former_at(now_us)
    return [] if former is None else [{"code": "former_secret_ends", "ends_at": rfc3339(former.until)}]


def _of_ours(chain: Chain, saml: SamlService) -> Iterator[dict[str, Any]]:
    """The certificate by which the service is answered."""
    kid = chain.signs(saml.switch)
    link = None if kid is None else chain.link(kid)
    days = None if link is None else signing.threshold(link.certificate.not_after, chain.now_us)
    if link is not None and days is not None:
        yield {
            "code": "signing_certificate_expires" if days else "signing_certificate_expired",
            "ends_at": rfc3339(link.certificate.not_after),
            "fingerprint_sha256": link.certificate.fingerprint,
        }


def _standing(state: Upkeep) -> dict[str, Any]:
    return {
        "last_refresh_at": None if state.refreshed_at is None else rfc3339(state.refreshed_at),
        "next_refresh_at": None if state.refresh_at is None else rfc3339(state.refresh_at),
        "last_error": state.error,
        "waiting": state.waiting_id,
    }


def to_json(call: Call, unit: Unit, registered: Registered) -> dict[str, Any]:
    """With what to enter on its own side."""
    return showing(unit, [registered])(registered) | {"setup": setting_up.steps(call, unit, registered)}


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
