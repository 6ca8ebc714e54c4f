"""What the attributes of a Cedar text are of the prepared facts."""

from collections.abc import Callable, Mapping
from functools import cache
from ipaddress import ip_network
from typing import Any

from idp.access.policies.calendar import Wall, is_holiday
from idp.access.policies.conditions import WEEK
from idp.access.policies.known import Known

Says = Callable[[Known], Any]
Range = tuple[int, int, int]  # version, first and last address

_DAYS = tuple(day.value for day in WEEK)
_MOMENT: Mapping[str, Callable[[Wall], Any]] = {
    "hour": lambda wall: wall.minute // 60,
    "minute_of_day": lambda wall: wall.minute,
    "weekday": lambda wall: _DAYS[wall.weekday],
    "previous_weekday": lambda wall: _DAYS[wall.weekday - 1],
    "holiday": lambda wall: is_holiday(wall.day),
    "previous_holiday": lambda wall: is_holiday(wall.day - 1),
}
_CONTEXT: Mapping[tuple[str, ...], Says] = {
    ("ip",): lambda known: (known.address.version, int(known.address), int(known.address)),
    ("country",): lambda known: known.inputs.country,
    ("amr",): lambda known: known.inputs.methods,
    ("mfa",): lambda known: known.mfa,
    ("age_seconds",): lambda known: known.inputs.age_seconds,
    ("browser", "family"): lambda known: (known.inputs.browser_family or "").lower(),
    ("browser", "version"): lambda known: known.inputs.browser_version,
    ("device", "enrolled"): lambda known: known.inputs.device_enrolled is True,
    ("device", "compliant"): lambda known: known.inputs.device_compliant is True,
    ("device", "certificate"): lambda known: known.inputs.device_certificate is True,
    ("verification_status",): lambda known: known.inputs.verification_status,
}
# With the type that Cedar has for it.
VARIABLES: Mapping[str, tuple[str, Says]] = {
    "principal": ("ID", lambda known: known.inputs.user_id),
    "action": ("Action", lambda known: known.inputs.action.value),
    "resource": ("Service", lambda known: known.inputs.service_id),
}


def affiliation(known: Known) -> str | None:
    return known.inputs.affiliation


def attribute(path: tuple[str, ...]) -> Says | None:
    """Of the context; None for a record, and for `networks`, which are asked for by name."""
    if path in _CONTEXT:
        return _CONTEXT[path]
    of = _MOMENT.get(path[-1]) if path else None
    if of is None:
        return None
    match path[:-1]:
        case ("time",):
            return lambda known: of(known.wall(None))
        case ("zones", zone):
            return lambda known: of(known.wall(zone))
    return None


def range_of(written: str) -> Range:
    found = ip_network(written)
    return found.version, int(found.network_address), int(found.broadcast_address)


@cache
def ranges_of(kind: str) -> tuple[Range, ...]:
    """What Cedar's `isLoopback` and `isMulticast` mean."""
    written = {"isLoopback": ("127.0.0.0/8", "::1/128"), "isMulticast": ("224.0.0.0/4", "ff00::/8")}
    return tuple(range_of(each) for each in written[kind])


def inside(one: Range, other: Range) -> bool:
    return one[0] == other[0] and other[1] <= one[1] and one[2] <= other[2]
