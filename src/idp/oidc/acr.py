"""Which authentication contexts a request asks for (OpenID Connect Core 3.1.2.1, 5.5.1.1; RFC 9470)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

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

    def met_by(self, methods: Sequence[str]) -> bool:
        """A wish that names no class of ours is no wish."""
        if not self.values:
            return True
        wanted = known(self.values)
        return not wanted or any(acr.holds(reached(methods)) for acr in wanted)

    @property
    def two_factors(self) -> bool:
        """Whether nothing less than a second factor would do."""
        wanted = known(self.values)
        return bool(wanted) and Acr.ONE_FACTOR not in wanted


NOTHING_ASKED: Final = AskedAcr()


def asked_acr(claim: AskedAcr, form: Form, client: OidcClient) -> AskedAcr:
    """An essential claim, or else what is wished: by the claim, by `acr_values`, by the client's registration."""
    if claim.values:
        return claim
    values = tuple((form.get("acr_values") or "").split())
    values = values or client.authentication.default_acr_values
    return AskedAcr(values) if values else NOTHING_ASKED


def of_claim(wish: Mapping[str, Any] | None) -> AskedAcr:
    """What `claims`, judged, says of `acr` in the ID token (Core 5.5.1)."""
    if wish is None:
        return NOTHING_ASKED
    return AskedAcr(values_of(wish), essential=wish.get("essential", False))


def values_of(wish: Mapping[str, Any]) -> tuple[str, ...]:
    """Of two ways to say it the narrower one counts."""
    return (wish["value"],) if "value" in wish else tuple(wish.get("values", ()))
