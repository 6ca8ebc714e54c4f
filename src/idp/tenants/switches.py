"""What of OpenID Connect a tenant has switched on; each is off until it does, and off means that it is not there."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from idp.kit.fields import Fields

_UNBUILT = ("ciba",)
LONGEST_GRACE = 30  # seconds
OLDEST_SIGN_IN = 366 * 86_400  # seconds
_HIGHEST = {"public_refresh_grace_seconds": LONGEST_GRACE, "userinfo_max_age_seconds": OLDEST_SIGN_IN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """`public_refresh_grace_seconds` is how long a public client whose answer was lost may show its last refresh token
    again, as long as nobody has used the one that replaced it. With `registration_token_required` a client that
    registers itself shows one of the tenant's API keys that may write services (RFC 7591 1.2, initial access token).
    `userinfo_two_factors` and `userinfo_max_age_seconds` (0: any) are what userinfo asks of the sign-in behind a token
    (RFC 9470)."""

    dynamic_registration: bool = False
    registration_token_required: bool = False
    implicit: bool = False
    hybrid: bool = False
    token_exchange: bool = False
    ciba: bool = False
    device_grant: bool = False
    request_uri_by_reference: bool = False
    session_management: bool = False
    public_refresh_grace_seconds: int = 0
    userinfo_two_factors: bool = False
    userinfo_max_age_seconds: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_text(self) -> str:
        """What differs from the default: a switch that is new is off where it was never heard of."""
        return json.dumps({name: value for name, value in asdict(self).items() if value}, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Switches":
        found: Mapping[str, Any] = json.loads(text)
        return cls(**found)


ALL_OFF = Switches()


def read(fields: Fields, before: Switches) -> Switches:
    """RFC 7396: a member that is left out stays, null puts it back. What is wrong is remembered in `fields`."""
    fields.only(ALL_OFF.to_json())
    values: dict[str, Any] = {}
    for name, value in before.to_json().items():
        stays = value if name not in fields.members else getattr(ALL_OFF, name)
        if isinstance(value, bool):
            values[name] = fields.flag(name, default=stays)
        else:
            values[name] = fields.number(name, default=stays, lowest=0, highest=_HIGHEST[name])
    for name in _UNBUILT:
        if values[name]:
            fields.refuse(name, "not_supported", f"{name} is not supported.", found=True, expected=False)
    return Switches(**values)
