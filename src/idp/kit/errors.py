"""Meanings that rooms raise; each door renders them in the grammar of its own protocol.

Failure
├── Invalid           the request is malformed or a field is wrong         (400, 422)
├── Unauthenticated   nobody, or not who they say they are                 (401)
├── Refused           known, but not allowed: contract, policy, permission (403)
├── NotFound          absent, or somebody else's: the same answer          (404)
├── Conflict          the state does not allow it, or somebody was first   (409)
├── Stale             the caller's version is no longer the stored one     (412)
├── TooMany           a limit was reached; `retry_after` seconds           (429)
└── Unavailable       we cannot now: database down, queue full             (503)
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self


class FieldError(NamedTuple):
    """One bad field: `pointer` is RFC 6901 into the body; `found` never repeats a secret. `article` and `number` where
    it is a provision of the terms."""

    pointer: str
    code: str
    detail: str
    found: Any = None
    expected: Any = None
    article: str | None = None
    number: str | None = None

    def to_json(self) -> dict[str, Any]:
        """`found` and `expected` are null where there is nothing to say; the place in the terms is of those alone."""
        placed = ("article", "number")
        return {name: value for name, value in self._asdict().items() if value is not None or name not in placed}


class Failure(Exception):
    """`code` is stable and for programs, `public` a sentence for whoever asked, `detail` for the log alone."""

    def __init__(
        self,
        code: str,
        public: str = "",
        *,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        **members: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.public = public or code.replace("_", " ")
        self.detail = detail
        self.errors = tuple(errors)
        self.members = members

    @classmethod
    def at(
        cls, pointer: str, code: str, public: str, *, found: Any = None, expected: Any = None, **members: Any
    ) -> Self:
        """One that is about a field, which says the same."""
        return cls(code, public, errors=[FieldError(pointer, code, public, found, expected)], **members)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail or self.public}"


class Invalid(Failure):
    pass


class Unauthenticated(Failure):
    pass


class Refused(Failure):
    pass


class NotFound(Failure):
    def __init__(self, what: str = "", **members: Any) -> None:
        super().__init__("not_found", "There is nothing here.", detail=what, **members)


class Conflict(Failure):
    pass


class Stale(Failure):
    def __init__(self, detail: str = "") -> None:
        super().__init__("precondition_failed", "It has changed since you read it.", detail=detail)


class TooMany(Failure):
    def __init__(self, code: str = "too_many_requests", *, retry_after: int, detail: str = "") -> None:
        super().__init__(code, "Too many requests; wait a moment.", detail=detail)
        self.retry_after = retry_after


class Unavailable(Failure):
    def __init__(self, detail: str = "", *, retry_after: int = 2) -> None:
        super().__init__("temporarily_unavailable", "The service cannot answer at the moment.", detail=detail)
        self.retry_after = retry_after
