"""Classes of authentication: which a service would have, and which it is told (core 3.3.2.2.1).

There are two strengths here. A service that names a class which is the weaker one's gets it from whoever has proved
more, too: everybody sends the name of the password class by default, and nobody means to keep two factors out.
"""

from collections.abc import Iterable

from idp.saml.requests import Comparison
from idp.sessions import Acr

_CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
PASSWORD = f"{_CLASSES}PasswordProtectedTransport"
ONE_FACTOR = "https://refeds.org/profile/sfa"
TWO_FACTORS = "https://refeds.org/profile/mfa"
_STRENGTHS = {
    PASSWORD: Acr.ONE_FACTOR,
    f"{_CLASSES}Password": Acr.ONE_FACTOR,
    f"{_CLASSES}unspecified": Acr.ONE_FACTOR,
    ONE_FACTOR: Acr.ONE_FACTOR,
    TWO_FACTORS: Acr.TWO_FACTORS,
    "http://schemas.microsoft.com/claims/multipleauthn": Acr.TWO_FACTORS,
    **{acr.value: acr for acr in Acr},
}
_OWN = {Acr.ONE_FACTOR: PASSWORD, Acr.TWO_FACTORS: TWO_FACTORS}
_WEAKEST_FIRST = tuple(Acr)


def least(asked: tuple[str, ...] | None, comparison: Comparison) -> Acr | None:
    """The weakest that would do; None: nothing would that there is here."""
    if asked == ():
        return Acr.ONE_FACTOR
    known = _strengths(asked or ())
    if not known:
        return None
    match comparison:
        case Comparison.EXACT | Comparison.MINIMUM:
            return min(known, key=_WEAKEST_FIRST.index)
        case Comparison.MAXIMUM:
            return Acr.ONE_FACTOR
        case Comparison.BETTER:
            return None if Acr.TWO_FACTORS in known else Acr.TWO_FACTORS


def told(asked: tuple[str, ...] | None, comparison: Comparison, reached: Acr) -> str:
    """The class that the assertion names: one of those asked for, wherever it may be one."""
    fitting = [name for name in asked or () if name in _STRENGTHS and _STRENGTHS[name].holds(reached)]
    if not fitting or comparison is Comparison.BETTER:
        return _OWN[reached]
    if comparison is Comparison.EXACT:
        return fitting[0]
    return max(fitting, key=lambda name: _WEAKEST_FIRST.index(_STRENGTHS[name]))


def _strengths(names: Iterable[str]) -> list[Acr]:
    return [_STRENGTHS[name] for name in names if name in _STRENGTHS]
