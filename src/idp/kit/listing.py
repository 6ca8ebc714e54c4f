"""Lists: which of their rows, in which order, from where on.

A room declares each of its lists once, as data; doors read questions by the declaration and describe it by it. Every
combination of filters and orders is a statement of its own, compiled when it is first asked for, so that the database
plans it as what it is. A page goes on behind the last row of the one before and never counts rows, so that a deep page
costs what the first one does. Where rows have to be looked at one by one, a page looks at so many and no more: it may
be shorter than it was asked to be, and still have a next one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select, bindparam, tuple_

from idp.kit import asking
from idp.kit.asking import EVERYTHING, NATURAL, SORT, Asked, Filter, Span
from idp.kit.batches import among, batches, binds
from idp.kit.db import Query, query

R = TypeVar("R")
T = TypeVar("T")

MOST_LOOKED_AT = 2_000
_AT_ONCE = 500
_OPENED = 100


_Placed = tuple[str, Any]


class Question(NamedTuple):
    """`after` is the `next` of the page before."""

    asked: Asked = EVERYTHING
    after: str = ""
    limit: int = 50

    def among(self, name: str, value: Any) -> "Question":
        """The same among those for which the filter of this name has this value."""
        return self._replace(asked=self.asked._replace(values={**self.asked.values, name: value}))


class Slice(NamedTuple, Generic[T]):
    """`next` is where the page after this one begins, empty where there is none."""

    items: list[T]
    next: str


class _Shape(NamedTuple):
    """`filters` with their values, where these have conditions of their own."""

    platform: bool
    filters: frozenset[tuple[str, Any]]
    order: str
    descending: bool
    resumed: bool
    by_id: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Listing(Generic[T]):
    """`rows` selects the columns of `row`, its tenant named; `of_all` the same over all tenants, for units of the
    platform. `key` is the id, a column by which rows stand in the order that is called `natural`, and `place` reads one
    from text; `orders` are the others, each with its column, which is never null. Rows are opened one by
    one (`make`), or together where they take something from elsewhere (`make_all`)."""

    rows: Select[Any] | None = None
    of_all: Select[Any] | None = None
    row: Callable[..., Any]
    make: Callable[[Any, Any], T] | None = None
    make_all: Callable[[Any, Sequence[Any]], Sequence[T]] | None = None
    key: str = "id"
    natural: str = "created_at"
    place: Callable[[str], Any] = str
    orders: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    statements: dict[_Shape, Query[Any]] = field(default_factory=dict)

    @property
    def sorts(self) -> list[str]:
        return [self.natural, *self.orders]

    @property
    def parameters(self) -> list[str]:
        return [*self.filters, SORT]

    def read(self, given: Mapping[str, str]) -> Asked:
        """Raises `Invalid`."""
        return asking.read(given, self.filters, self.sorts)

    def page(self, unit: Any, question: Question, **fixed: Any) -> Slice[T]:
        """`fixed` are the values that `rows` itself names."""
        found: list[T] = []
        last, looked_at = "", 0
        for piece in self._pieces(unit, question, fixed):
            for place, made in self._made(unit, piece, question.asked):
                looked_at += 1
                if made is not None:
                    if len(found) == question.limit:
                        return Slice(found, last)
                    found.append(made)
                    last = place
                if looked_at >= MOST_LOOKED_AT:
                    return Slice(found, place)
        return Slice(found, "")

    def gathered(self, unit: Any, rows: Iterable[Any], question: Question) -> Slice[T]:
        """A page of rows that are all here: every filter has to say itself whether it is met, without the database."""
        asked, after = question.asked, question.after
        placed = sorted(
            ((self._standing(asked, row), row) for row in rows), key=itemgetter(0), reverse=asked.descending
        )
        behind = self._read_place(asked, after) if after else None
        further = [
            (self._place(asked, row), row)
            for standing, row in placed
            if behind is None or (standing < behind if asked.descending else standing > behind)
        ]
        found = [(place, made) for place, made in self._made(unit, further, asked) if made is not None]
        shown = [made for _, made in found[: question.limit]]
        return Slice(shown, found[question.limit - 1][0] if len(found) > question.limit else "")

    def _made(self, unit: Any, piece: Sequence[_Placed], asked: Asked) -> Iterator[tuple[str, T | None]]:
        """What the piece has, each with its place; None for what was not asked for."""
        chosen = [(self.filters[name], value) for name, value in asked.values.items()]
        sieves = [(each.sieve, value) for each, value in chosen if each.sieve is not None]
        keeps = [(each.keeps, value) for each, value in chosen if each.keeps is not None]
        rows = [row for _, row in piece if row is not None and all(sieve(unit, row, value) for sieve, value in sieves)]
        made = dict(zip(map(id, rows), self._opened(unit, rows), strict=True))
        for place, row in piece:
            item = made.get(id(row))
            kept = item is not None and all(keep(item, value) for keep, value in keeps)
            yield place, item if kept else None

    def _opened(self, unit: Any, rows: Sequence[Any]) -> Sequence[T]:
        if self.make_all is not None:
            return self.make_all(unit, rows) if rows else []
        assert self.make is not None
        return [self.make(unit, row) for row in rows]

    def _pieces(self, unit: Any, question: Question, fixed: dict[str, Any]) -> Iterator[Sequence[_Placed]]:
        """Rows in the order asked for; none for an id that the other filters leave out."""
        asked = question.asked
        chosen = {name: self.filters[name] for name in asked.values}
        for name, each in chosen.items():
            fixed |= each.values(unit, name, asked.values[name])
        if finder := self._finder(chosen):
            yield from self._found(unit, question, finder, fixed)
            return
        loose = any(each.sieve is not None or each.keeps is not None for each in chosen.values())
        size = max(_AT_ONCE, question.limit + 1) if loose else question.limit + 1
        after = question.after
        while True:
            statement = self._statement(unit, asked, resumed=bool(after), by_id=False)
            rows = unit.all(statement, page_size=size, **fixed, **self._behind(asked, after))
            placed = [(self._place(asked, row), row) for row in rows]
            # no more of them are opened than a page may need
            yield from (placed[start : start + _OPENED] for start in range(0, len(placed), _OPENED))
            if len(rows) < size:
                return
            after = placed[-1][0]

    def _found(self, unit: Any, question: Question, finder: str, fixed: dict[str, Any]) -> Iterator[Sequence[_Placed]]:
        asked, after = question.asked, question.after
        find = self.filters[finder].finds
        assert find is not None
        size = question.limit + 1 if len(asked.values) == 1 else MOST_LOOKED_AT  # one search a page
        statement = self._statement(unit, asked, resumed=False, by_id=True)
        while ids := find(unit, asked.values[finder], Span(after, size, asked.descending)):
            for batch in batches(ids):
                rows = {getattr(row, self.key): row for row in unit.all(statement, **binds(batch), **fixed)}
                yield [(each, rows.get(each)) for each in batch]
            if len(ids) < size:
                return
            after = ids[-1]

    def _finder(self, chosen: Mapping[str, Filter]) -> str:
        """The filter whose ids are gone through, of several the one declared first; none where another one leaves next
        to nothing, and `keeps` will do."""
        if any(each.narrow and each.finds is None for each in chosen.values()):
            return ""
        finders = [name for name in self.filters if name in chosen and chosen[name].finds is not None]
        return min(finders, key=lambda name: not chosen[name].narrow, default="")

    def _behind(self, asked: Asked, after: str) -> dict[str, Any]:
        if not after:
            return {}
        *value, key = self._read_place(asked, after)
        return {"after_key": key} | ({"after_value": value[0]} if value else {})

    def _standing(self, asked: Asked, row: Any) -> tuple[Any, ...]:
        """What it stands by in its order."""
        key = getattr(row, self.key)
        return (key,) if asked.order == NATURAL else (getattr(row, self.orders[asked.order]), key)

    def _place(self, asked: Asked, row: Any) -> str:
        standing = self._standing(asked, row)
        return str(standing[0]) if len(standing) == 1 else json.dumps(standing)

    def _read_place(self, asked: Asked, place: str) -> tuple[Any, ...]:
        return (self.place(place),) if asked.order == NATURAL else tuple(json.loads(place))

    def _statement(self, unit: Any, asked: Asked, *, resumed: bool, by_id: bool) -> Query[Any]:
        platform = bool(unit.platform) and self.of_all is not None
        filters = frozenset(
            (name, value if isinstance(self.filters[name].where, Mapping) else None)
            for name, value in asked.values.items()
        )
        shape = _Shape(platform, filters, asked.order, asked.descending, resumed, by_id)
        if shape not in self.statements:
            self.statements[shape] = self._build(shape)
        return self.statements[shape]

    def _build(self, shape: _Shape) -> Query[Any]:
        base = self.of_all if shape.platform else self.rows
        assert base is not None
        columns = base.selected_columns
        conditions = (self.filters[name].condition(value) for name, value in sorted(shape.filters, key=str))
        base = base.where(*(each for each in conditions if each is not None))
        key = columns[self.key]
        if shape.by_id:
            return query(base.where(among(key)), self.row)
        ordered = [key] if shape.order == NATURAL else [columns[self.orders[shape.order]], key]
        if shape.resumed:
            behind = [bindparam("after_value", type_=each.type) for each in ordered[:-1]]
            behind.append(bindparam("after_key", type_=key.type))
            here, there = (ordered[0], behind[0]) if len(ordered) == 1 else (tuple_(*ordered), tuple_(*behind))
            base = base.where(here < there if shape.descending else here > there)
        directed = [each.desc() if shape.descending else each.asc() for each in ordered]
        return query(base.order_by(*directed).limit(bindparam("page_size")), self.row, platform=shape.platform)
