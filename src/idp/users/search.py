"""Looking for an ID by how one of its words begins, though nothing of its words is stored in clear.

Each word is kept as a path: for each of its beginnings, up to 24 characters, two bytes of an HMAC of that beginning
under a key of the tenant. Words that begin alike have paths that begin alike, so that whoever has the key finds all
words of a beginning as one stretch of an index, whose order otherwise means nothing.

What this gives away to somebody who has the database and no key: how long each word is, up to 24 characters, how many
of a tenant's words begin alike and for how long, and which row each belongs to. Names that are known to be frequent
could be guessed from that; so it is a choice between a search and less than this. Between tenants nothing can be
compared. The rows go with the tenant, and with the ID.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from idp.kit.asking import Span
from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit
from idp.users.model import Draft, Identity, UserId
from idp.users.names import canonical
from idp.users.tables import user_words as words
from idp.users.words import LONGEST, begins, folded, words_of

_STEP = 2  # bytes of a character
_END = _STEP * LONGEST + 1


class _Found(NamedTuple):
    id: str


_ADD = command(insert(words))
_ADD_MISSING = add_new(words)
_FORGET = command(
    delete(words).where(own(words), words.c.word == bindparam("path"), words.c.user_id == bindparam("user"))
)
_stretch = (
    select(words.c.user_id.label("id"))
    .where(own(words), words.c.word >= bindparam("first"), words.c.word < bindparam("end"))
    .limit(bindparam("most"))
)
_BEHIND = query(_stretch.where(words.c.user_id > bindparam("after")).order_by(words.c.user_id), _Found)
_BEFORE = query(_stretch.where(words.c.user_id < bindparam("after")).order_by(words.c.user_id.desc()), _Found)
_KNOWN = query(
    select(words.c.user_id.label("id")).where(
        own(words), words.c.word == bindparam("path"), words.c.user_id == bindparam("user")
    ),
    _Found,
)


class Paths:
    """Of one tenant; beginnings that were met before are not computed again."""

    def __init__(self, unit: Unit) -> None:
        self._key = unit.mac("users.words", b"")
        self._steps: dict[str, bytes] = {}

    def of(self, word: str) -> bytes:
        return b"".join(self._step(word[:end]) for end in range(1, min(len(word), LONGEST) + 1))

    def _step(self, beginning: str) -> bytes:
        found = self._steps.get(beginning)
        if found is None:
            plain = beginning.encode(errors="surrogatepass")
            found = self._steps[beginning] = hmac.digest(self._key, plain, sha256)[:_STEP]
        return found


def note(unit: Unit, people: Sequence[tuple[UserId, Draft]]) -> None:
    """Of IDs that are new, in the unit that makes them."""
    paths = Paths(unit)
    unit.run_many(_ADD, [_row(unit, path, user_id) for user_id, draft in people for path in _paths(paths, draft)])


def renew(unit: Unit, identity: Identity, draft: Draft) -> None:
    """In the unit that changes it to the draft."""
    paths = Paths(unit)
    before, after = _paths(paths, identity.draft), _paths(paths, draft)
    unit.run_many(_FORGET, [_gone(unit, path, identity.id) for path in before - after])
    unit.run_many(_ADD, [_row(unit, path, identity.id) for path in after - before])


def forget(unit: Unit, identity: Identity) -> None:
    """In the unit that deletes it."""
    unit.run_many(_FORGET, [_gone(unit, path, identity.id) for path in _paths(Paths(unit), identity.draft)])


def find(unit: Unit, wanted: str, span: Span) -> list[str]:
    """The ids of those that may have a word that begins so (`matches` knows). Costs what they are many."""
    first = Paths(unit).of(folded(wanted))
    statement = _BEFORE if span.descending else _BEHIND
    after = span.start
    stretch = {"first": first, "end": first.ljust(_END, b"\xff"), "most": span.limit}
    found: dict[str, None] = {}
    while len(found) < span.limit:  # who has several such words is there several times, one after the other
        rows = unit.all(statement, **stretch, after=after)
        found |= dict.fromkeys(row.id for row in rows)
        if len(rows) < span.limit:
            break
        after = rows[-1].id
    return list(found)[: span.limit]


def matches(identity: Identity, wanted: str) -> bool:
    return begins(identity.draft, folded(wanted))


def has_address(identity: Identity, wanted: str) -> bool:
    return identity.email is not None and canonical(identity.email) == canonical(wanted)


def is_known(unit: Unit, identity: Identity) -> bool:
    """Whether it can be found."""
    path = Paths(unit).of(words_of(identity.draft)[0])
    return unit.one(_KNOWN, path=path, user=identity.id) is not None


def note_missing(unit: Unit, people: Sequence[Identity]) -> None:
    """Of IDs that were there before there was a search. Again changes nothing."""
    paths = Paths(unit)
    rows = [_row(unit, path, each.id) for each in people for path in _paths(paths, each.draft)]
    unit.run_many(_ADD_MISSING, rows)


def _paths(paths: Paths, draft: Draft) -> set[bytes]:
    return {paths.of(word) for word in words_of(draft)}


def _row(unit: Unit, path: bytes, user_id: UserId) -> dict[str, Any]:
    return {"tenant_id": unit.tenant, "word": path, "user_id": user_id}


def _gone(unit: Unit, path: bytes, user_id: UserId) -> dict[str, Any]:
    return {"tenant_id": unit.tenant, "path": path, "user": user_id}
