"""What the sample is registered as, and who is at it."""

import json
import secrets
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idp.web.languages import Language

_MOST_VISITORS = 500


@dataclass(frozen=True, slots=True)
class Sample:
    """`origin` is where people reach it, such as `http://localhost:8081`."""

    name: str
    issuer: str
    origin: str
    client_id: str
    client_secret: str

    @classmethod
    def read(cls, path: Path) -> "Sample":
        return cls(**json.loads(path.read_text("utf-8")))

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    @property
    def port(self) -> int:
        port = urlsplit(self.origin).port
        assert port is not None
        return port

    @property
    def redirect_uri(self) -> str:
        return f"{self.origin}/callback"

    @property
    def signed_out_uri(self) -> str:
        return f"{self.origin}/signed-out"


@dataclass(slots=True)
class Visitor:
    """One browser. `pending` is what the OpenID Connect client remembers between two steps of a sign-in."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    language: Language | None = None
    pending: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    refreshed: int = 0


class Visitors:
    """In memory: who was signed in is forgotten with the process."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Visitor] = OrderedDict()

    def find(self, cookie: str) -> Visitor:
        return self._known.get(cookie) or Visitor()

    def keep(self, visitor: Visitor) -> None:
        self._known[visitor.id] = visitor
        while len(self._known) > _MOST_VISITORS:
            self._known.popitem(last=False)

    def renamed(self, visitor: Visitor) -> Visitor:
        """The same browser under a new id: what was known before the sign-in opens nothing after it."""
        self._known.pop(visitor.id, None)
        visitor.id = secrets.token_urlsafe(24)
        self.keep(visitor)
        return visitor
