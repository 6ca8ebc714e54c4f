"""`Idempotency-Key`: a request that is sent again has its effect once, and the same answer.

The first takes the key in a transaction of its own; its answer is kept in the very transaction of its effect, so either
both are there or neither. Whoever comes meanwhile is told to wait; when the first died on the way, its lease runs out
and the next one takes over, and a dead one that comes back finds that the key is no longer its own and undoes itself.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from idp.admin.answers import Answer
from idp.admin.tables import repeats
from idp.kit import ids
from idp.kit.clock import SECOND, SystemClock
from idp.kit.db import add_new, command, own, query
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.sweeping import Sweep, before
from idp.kit.units import Unit

_KEPT = 24 * 3600 * SECOND
_LEASE = 60 * SECOND
_LONGEST = 255
_SEALED = ("api_repeats", "answer")


class _Row(NamedTuple):
    body: bytes
    attempt: str
    lease_until: int
    answered_at: int | None
    status: int | None
    answer: bytes | None


_same = (
    own(repeats),
    repeats.c.caller == bindparam("of_caller"),
    repeats.c.path == bindparam("of_path"),
    repeats.c.key == bindparam("of_key"),
)
_SWEEP = command(delete(repeats).where(own(repeats), repeats.c.begun_at <= bindparam("before")))
_TAKE = add_new(repeats)
_FIND = query(select(*[repeats.c[name] for name in _Row._fields]).where(*_same), _Row)
_TAKE_OVER = command(
    update(repeats)
    .where(*_same, repeats.c.attempt == bindparam("dead"), repeats.c.answered_at.is_(None))
    .values(attempt=bindparam("mine"), lease_until=bindparam("until"))
)
_KEEP = command(
    update(repeats)
    .where(*_same, repeats.c.attempt == bindparam("mine"), repeats.c.answered_at.is_(None))
    .values(answered_at=bindparam("now"), status=bindparam("with_status"), answer=bindparam("with_answer"))
)
_RELEASE = command(
    delete(repeats).where(*_same, repeats.c.attempt == bindparam("mine"), repeats.c.answered_at.is_(None))
)

# Keys of callers who never came back; each request clears its own tenant's.
SWEEPS = (Sweep(repeats.c.begun_at, repeats.c.begun_at <= before(), grace=_KEPT, start=-(2**62)),)


class Repeat(NamedTuple):
    """One attempt at one request: whose, where, under which key (its digest), and which attempt this is."""

    caller: str
    path: str
    key: bytes
    attempt: str

    def _same(self) -> dict[str, str | bytes]:
        return {"of_caller": self.caller, "of_path": self.path, "of_key": self.key}

    @property
    def _row(self) -> str:
        return f"{self.caller} {self.path} {self.key.hex()}"

    def begin(self, unit: Unit, asked: bytes, machine_us: Callable[[], int] | None = None) -> Answer | None:
        """The answer that was given before, or None: then the key is ours, from the unit's commit on.

        Raises `Invalid("idempotency_key_reused")` where something else was asked before and `Conflict("in_progress")`.
        """
        machine = (machine_us or SystemClock().now_us)()
        unit.run(_SWEEP, before=unit.now_us - _KEPT)
        digest = unit.mac("idempotency", asked)
        unanswered = {"answered_at": None, "status": None, "answer": None}
        mine = {"attempt": self.attempt, "begun_at": unit.now_us, "lease_until": machine + _LEASE}
        if unit.run(_TAKE, caller=self.caller, path=self.path, key=self.key, body=digest, **mine, **unanswered):
            return None
        row = unit.one(_FIND, **self._same())
        if row is None:  # released between the two looks
            raise _in_progress()
        if row.body != digest:
            raise Invalid("idempotency_key_reused", "This Idempotency-Key was used for another request.")
        if row.answer is not None and row.status is not None:
            return self._kept(unit, row.status, row.answer)
        values = {"dead": row.attempt, "mine": self.attempt, "until": machine + _LEASE}
        if machine < row.lease_until or not unit.run(_TAKE_OVER, **self._same(), **values):
            raise _in_progress()
        return None

    def keep(self, unit: Unit, answer: Answer) -> None:
        """In the transaction of the effect. Raises `Conflict("in_progress")`: another attempt has taken over."""
        plain = json.dumps([answer.body, answer.etag, answer.location]).encode()
        sealed = unit.seal(*_SEALED, self._row, plain)
        values = {"mine": self.attempt, "now": unit.now_us, "with_status": answer.status, "with_answer": sealed}
        if not unit.run(_KEEP, **self._same(), **values):
            raise _in_progress()

    def release(self, unit: Unit) -> None:
        """The request failed and changed nothing: it may be put right and sent again under the same key."""
        unit.run(_RELEASE, **self._same(), mine=self.attempt)

    def _kept(self, unit: Unit, status: int, sealed: bytes) -> Answer:
        body, etag, location = json.loads(unit.open_sealed(*_SEALED, self._row, sealed))
        return Answer(status, body, etag, location)


def repeat_of(caller: str, path: str, key: str) -> Repeat:
    """Raises `Invalid` for a key that is empty, too long or not printable ASCII."""
    if not key or len(key) > _LONGEST or not key.isascii() or not key.isprintable():
        detail = f"An Idempotency-Key has 1 to {_LONGEST} printable ASCII characters."
        raise Invalid("invalid", detail, errors=[FieldError("", "invalid_idempotency_key", detail)])
    return Repeat(caller, path, sha256(key.encode()).digest(), ids.new("try"))


def _in_progress() -> Conflict:
    return Conflict("in_progress", "A request with this Idempotency-Key is still at work.")
