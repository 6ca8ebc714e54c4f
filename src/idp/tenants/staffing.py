"""What a tenant asks of the dates of its IDs. Dispatched staff come for a time: the longest that an ID of theirs may
last from today is three years, as nobody is dispatched to one unit for longer (Worker Dispatching Act, Art. 35-3)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from idp.kit.fields import Fields

_HIGHEST = {"dispatched_days": 3_660, "reminder_days": 366}


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """`dispatched_days`: how long the ID of somebody who is dispatched may last from today, and lasts if nothing is
    said; 0 asks for no end. `reminder_days` before the last day of an ID the administrators are told; 0: never."""

    dispatched_days: int = 1_096
    reminder_days: int = 30

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_text(self) -> str:
        """What differs from the default."""
        said = {name: value for name, value in asdict(self).items() if value != getattr(ORDINARY, name)}
        return json.dumps(said, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Staffing":
        found: Mapping[str, Any] = json.loads(text)
        return cls(**found)


ORDINARY = Staffing()


def read(fields: Fields, before: Staffing) -> Staffing:
    """RFC 7396: a member that is left out stays, null puts it back. What is wrong is remembered in `fields`."""
    fields.only(ORDINARY.to_json())
    values = {}
    for name, value in before.to_json().items():
        stays = value if name not in fields.members else getattr(ORDINARY, name)
        values[name] = fields.number(name, default=stays, lowest=0, highest=_HIGHEST[name])
    return Staffing(**values)
