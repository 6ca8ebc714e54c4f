"""What a Cedar text can speak of, and which fact each word needs."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from idp.access.policies.lexing import quoted
from idp.access.policies.model import Fact

_OF_A_DAY = Fact.INSTANT
_MOMENT: Mapping[str, Fact] = {
    "hour": _OF_A_DAY,
    "minute_of_day": _OF_A_DAY,
    "weekday": _OF_A_DAY,
    "holiday": _OF_A_DAY | Fact.HOLIDAYS,
    "previous_weekday": _OF_A_DAY,
    "previous_holiday": _OF_A_DAY | Fact.HOLIDAYS,
}
_LOCAL: Mapping[tuple[str, ...], Fact] = {("time", name): needs | Fact.ZONE for name, needs in _MOMENT.items()}
CONTEXT: Mapping[tuple[str, ...], Fact] = MappingProxyType(
    {
        ("ip",): Fact.ADDRESS,
        ("networks",): Fact.ADDRESS,
        ("country",): Fact.COUNTRY,
        ("amr",): Fact.METHODS,
        ("mfa",): Fact.METHODS,
        ("age_seconds",): Fact.AGE,
        **_LOCAL,
        ("browser", "family"): Fact.BROWSER_FAMILY,
        ("browser", "version"): Fact.BROWSER_VERSION,
        ("device", "enrolled"): Fact.DEVICE,
        ("device", "compliant"): Fact.DEVICE,
        ("device", "certificate"): Fact.DEVICE,
        ("verification_status",): Fact.VERIFICATION,
    }
)
# As they are written, for whoever wrote one that there is not. `zones["Asia/Tokyo"]` has what `time` has.
ATTRIBUTES = ("principal.affiliation", *(f"context.{'.'.join(path)}" for path in CONTEXT))

_SCHEMA = """
type Moment = {{
  hour: Long, minute_of_day: Long, weekday: String, holiday: Bool, previous_weekday: String, previous_holiday: Bool
}};
entity Group;
entity ID in [Group] {{ affiliation: String }};
entity Service;
action sign_in, token appliesTo {{
  principal: [ID],
  resource: [Service],
  context: {{
    ip: ipaddr, networks: Set<String>, country: String, amr: Set<String>, mfa: Bool, age_seconds: Long,
    time: Moment, zones: {{ {zones} }},
    browser: {{ family: String, version: Long }},
    device: {{ enrolled: Bool, compliant: Bool, certificate: Bool }},
    verification_status: String
  }}
}};
"""


def schema(zones: Iterable[str]) -> str:
    """For a text that speaks of these zones: all there are would be six hundred."""
    return _SCHEMA.format(zones=", ".join(f"{quoted(zone)}: Moment" for zone in sorted(zones)))


def facts_of(path: tuple[str, ...]) -> Fact | None:
    """What an attribute of the context needs, or a record all of whose attributes are meant; None when there is none.

    A path may go on beneath an attribute: what is wrong about that is a matter of types.
    """
    if path[:1] == ("zones",):
        if len(path) == 2:
            return Fact.INSTANT | Fact.HOLIDAYS
        return _MOMENT.get(path[2]) if len(path) > 2 else None
    found = Fact(0)
    for known, fact in CONTEXT.items():
        if path and (known[: len(path)] == path or path[: len(known)] == known):
            found |= fact
    return found or None
