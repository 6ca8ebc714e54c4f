"""Which authentication contexts a request asks for (OpenID Connect Core 3.1.2.1, 5.5.1.1; RFC 9470)."""

import json
from typing import NamedTuple

from idp.federation import OidcClient
from idp.sessions import Acr, known, reached
from idp.web.forms import Form


class AskedAcr(NamedTuple):
    """In the order of the wish. `essential`: one of them, or the request fails; otherwise what there is will do."""

    values: tuple[str, ...] = ()
    essential: bool = False

    @property
    def impossible(self) -> bool:
        return self.essential and not known(self.values)

    def met_by(self, methods: list[str]) -> bool:
        """A wish that names no class of ours is no wish."""
        wanted, found = known(self.values), reached(methods)
        return not wanted or any(acr.holds(found) for acr in wanted)

    @property
    def two_factors(self) -> bool:
        """Whether nothing less than a second factor would do."""
        wanted = known(self.values)
        return bool(wanted) and Acr.ONE_FACTOR not in wanted


NOTHING_ASKED = AskedAcr()


def asked_acr(form: Form, client: OidcClient) -> AskedAcr:
    """An essential claim, or else what is wished: by the claim, by `acr_values`, by the client's registration."""
    claim = _claim(form.get("claims"))
    if claim is not None and claim.values:
        return claim
    values = tuple((form.get("acr_values") or "").split())
    values = values or client.authentication.default_acr_values
    return AskedAcr(values) if values else NOTHING_ASKED


def _claim(text: str | None) -> AskedAcr | None:
    """`claims.id_token.acr`; what else the parameter asks for, and whether it is well formed, is not for here."""
    try:
        document = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    for name in ("id_token", "acr"):
        document = document.get(name) if isinstance(document, dict) else None
    if not isinstance(document, dict):
        return None
    named = document.get("values", [document["value"]] if "value" in document else [])
    values = tuple(each for each in named if isinstance(each, str)) if isinstance(named, list) else ()
    return AskedAcr(values, essential=document.get("essential") is True)
