"""To whom a client's tokens belong: to whoever carries them, or to the holder of a key alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.kit.fields import Fields

NAMES = frozenset({"dpop_bound_access_tokens"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBinding:
    """`dpop`: the client gets no token without a proof of possession (RFC 9449 5.2). One that is not registered for it
    may prove its key all the same, and its token is then bound."""

    dpop: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"dpop_bound_access_tokens": self.dpop}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "TokenBinding":
        return cls(dpop=document.get("dpop_bound_access_tokens", False))


CARRIED = TokenBinding()


def read(fields: Fields) -> TokenBinding:
    return TokenBinding(dpop=fields.flag("dpop_bound_access_tokens", default=False))
