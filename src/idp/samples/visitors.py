"""Who is at a sample, in memory: who was signed in is forgotten with the process."""

import secrets
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from idp.web.languages import Language

_MOST_VISITORS = 500


class Asserted(NamedTuple):
    """What an assertion has said, as text; `name` and `session_index` are what a logout says again."""

    name: str
    session_index: str
    attributes: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    name_id: Any

    def attribute(self, name: str) -> str:
        return dict(self.attributes).get(name, "")


@dataclass(slots=True)
class Visitor:
    """One browser. `pending` is what the protocol remembers between two steps of a sign-in."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    language: Language | None = None
    pending: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    refreshed: int = 0
    asserted: Asserted | None = None


class Visitors:
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

    def end(self, name: str, session_indexes: Collection[str]) -> int:
        """In whichever browsers: how many were signed in so. Without indexes, all sessions of that name (SAML core
        3.7.3.1)."""
        meant = [
            visitor
            for visitor in self._known.values()
            if visitor.asserted is not None
            and visitor.asserted.name == name
            and (not session_indexes or visitor.asserted.session_index in session_indexes)
        ]
        for visitor in meant:
            visitor.asserted = None
        return len(meant)
