"""Pages of a list: a limit, and a sealed cursor that only this list can open, for this caller."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from idp.admin.answers import Answer
from idp.kit.asking import EVERYTHING, Asked
from idp.kit.errors import FieldError, Invalid
from idp.kit.listing import Question, Slice
from idp.kit.sealing import Box, KeyRefused

LARGEST = 200
USUAL = 50
_SEALED = ("cursors", "after")

T = TypeVar("T")


class Page(NamedTuple):
    """`after` is where the last page ended, empty at first; `bound` is what a cursor is good for; `asked` is what was
    asked of a list that says what it may be asked."""

    limit: int
    after: str
    bound: str
    box: Box
    asked: Asked = EVERYTHING

    @property
    def wanted(self) -> int:
        """One more than is shown: it tells whether there is a next page."""
        return self.limit + 1

    @property
    def question(self) -> Question:
        return Question(self.asked, self.after, self.limit)

    def shown(self, found: Slice[T], show: Callable[[T], dict[str, Any]]) -> Answer:
        following = self._seal(found.next) if found.next else None
        return Answer(200, {"items": [show(item) for item in found.items], "next": following})

    def answer(self, rows: Sequence[T], show: Callable[[T], dict[str, Any]], place: Callable[[T], str]) -> Answer:
        """`rows` are up to `wanted`; `place` is what a list continues after."""
        shown = rows[: self.limit]
        following = self._seal(place(shown[-1])) if len(rows) > self.limit else None
        return Answer(200, {"items": [show(row) for row in shown], "next": following})

    def _seal(self, after: str) -> str:
        return base64.urlsafe_b64encode(self.box.seal(*_SEALED, self.bound, after.encode())).decode().rstrip("=")


def page_of(limit: str | None, cursor: str | None, *, bound: str, box: Box, asked: Asked = EVERYTHING) -> Page:
    """Raises `Invalid`: `invalid` for the limit, `invalid_cursor` for any cursor that is not of this list, as it was
    asked."""
    return Page(_limit(limit), "" if cursor is None else _open(cursor, bound, box), bound, box, asked)


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LARGEST:
        return int(text)
    bounds = {"minimum": 1, "maximum": LARGEST}
    detail = f"A page has 1 to {LARGEST} items."
    raise Invalid("invalid", detail, errors=[FieldError("/limit", "out_of_range", detail, text[:20], bounds)])


def _open(cursor: str, bound: str, box: Box) -> str:
    try:
        sealed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return box.open(*_SEALED, bound, sealed).decode()
    except (KeyRefused, ValueError, binascii.Error):
        raise Invalid("invalid_cursor", "This cursor is not one of this list.") from None
