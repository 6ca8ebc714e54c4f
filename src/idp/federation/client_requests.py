"""How a client hands in its authorization requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.kit.fields import Fields

NAMES = frozenset({"require_pushed_authorization_requests"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRules:
    """`pushed_only`: RFC 9126 6."""

    pushed_only: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"require_pushed_authorization_requests": self.pushed_only}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "RequestRules":
        """Of a whole client; one that was registered before there were such rules has none."""
        return cls(pushed_only=document.get("require_pushed_authorization_requests", False))


def read(fields: Fields) -> RequestRules:
    return RequestRules(pushed_only=fields.flag("require_pushed_authorization_requests", default=False))
