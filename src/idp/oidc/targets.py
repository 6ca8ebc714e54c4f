"""Resource indicators (RFC 8707): for which APIs an access token is good.

What may be named is the tenant's own issuer, our API, and what its services have registered to stand for. A grant keeps
what was named when a person was asked; later requests may name fewer of these, and never another.
"""

from collections.abc import Container, Iterable
from typing import Final

from idp.access import FactMemory, Facts
from idp.federation import Service
from idp.kit.units import Unit
from idp.oidc.errors import OAuthError

_MOST: Final = 10
_LONGEST: Final = 2_048


def check(named: tuple[str, ...]) -> None:
    """What can be told without looking anything up. Raises `OAuthError`."""
    if len(named) > _MOST or any(not each or len(each) > _LONGEST or "#" in each for each in named):
        raise _refused()


def judge(
    memory: FactMemory, unit: Unit, facts: Facts, named: Iterable[str], *, own: Container[str]
) -> tuple[Service, ...]:
    """The services that are to be called. For `own` nobody has to stand. Raises `OAuthError`."""
    called = called_by(memory, unit, facts, named, own=own)
    if called is None:
        raise _refused()
    return called


def called_by(
    memory: FactMemory, unit: Unit, facts: Facts, named: Iterable[str], *, own: Container[str]
) -> tuple[Service, ...] | None:
    """As `judge`; None where there is a name that nobody stands for (any more)."""
    called: dict[str, Service] = {}
    for each in named:
        found = memory.standing_for(unit, facts, each) if each not in own else ()
        if each not in own and not found:
            return None
        called |= {service.id: service for service in found}
    return tuple(called.values())


def narrowed(named: tuple[str, ...], granted: str | None, *, own: str) -> str:
    """The audience of a token that comes of a grant, which has `granted`. Raises `OAuthError`."""
    allowed = granted.split() if granted else [own]
    if not named:
        return " ".join(allowed)
    if not set(named) <= set(allowed):
        raise _refused()
    return joined(named) or own


def meant(named: tuple[str, ...], granted: str) -> tuple[str, ...]:
    """What of a grant the token is for; what is named beside that is for `narrowed` to refuse."""
    allowed = tuple(granted.split())
    return tuple(each for each in allowed if each in named) if named else allowed


def joined(named: Iterable[str]) -> str | None:
    """As rows have them; None where nothing was named."""
    return " ".join(sorted(set(named))) or None


def as_claim(audience: str) -> str | list[str]:
    """RFC 7519 4.1.3."""
    return audience.split() if " " in audience else audience


def _refused() -> OAuthError:
    return OAuthError("invalid_target", "The resource is not registered, or was not granted.")
