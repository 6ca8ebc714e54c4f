"""A statement is compiled only if it names its tenant wherever it must."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import (
    CompoundSelect,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    join,
    literal_column,
    not_,
    or_,
    outerjoin,
    select,
    table,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects import sqlite
from tests.kit.notes import AOBA, MIDORI, NewNote, notes, tenants

from idp.kit.db import POSTGRESQL, SQLITE, Statement, addition, command, own, query
from idp.kit.scoping import Unscoped

other = notes.alias("other")
mine, not_mine = select(notes.c.id).where(own(notes)), select(notes.c.id)
same = notes.c.id == other.c.id
THEIRS = bindparam("theirs", MIDORI)


def _upsert(*target: str) -> Any:
    return sqlite.insert(notes).on_conflict_do_update(index_elements=list(target), set_={"text": "new"})


def _copy(source: Any) -> Any:
    return insert(notes).from_select(["tenant_id", "id", "text"], source)


REFUSED = {
    "select": not_mine,
    "select a count": select(func.count()).select_from(notes),
    "select by somebody's tenant": not_mine.where(notes.c.tenant_id == AOBA),
    "select by a tenant of its own under the unit's name": not_mine.where(
        notes.c.tenant_id == bindparam("tenant_id", MIDORI)
    ),
    "select all tenants but ours": not_mine.where(not_(own(notes))),
    "select ours or anything": not_mine.where(or_(own(notes), true())),
    "select ours or anything, in brackets": not_mine.where(and_(notes.c.id == "a", or_(own(notes), true()))),
    "the tenant named among the columns": select(own(notes).label("ours")).select_from(notes),
    "select from tenants": select(tenants.c.id),
    "select a tenant by its slug": select(tenants.c.id).where(tenants.c.slug == bindparam("slug")),
    "alias": select(other.c.id),
    "alias where the table itself is scoped": select(other.c.id).where(own(notes), same),
    "join, left side only": select(notes.c.id).select_from(join(notes, other, same)).where(own(notes)),
    "join, right side only": select(notes.c.id).select_from(join(notes, other, same)).where(own(other)),
    "left join whose ON limits the left side": select(notes.c.id).select_from(
        outerjoin(notes, other, and_(same, own(notes), own(other)))
    ),
    "full join": select(notes.c.id).select_from(outerjoin(notes, other, and_(own(notes), own(other)), full=True)),
    "exists": select(notes.c.id).where(own(notes), exists(select(other.c.id).where(same))),
    "exists two floors below, which SQLAlchemy does not correlate": mine.where(
        exists(select(other.c.id).where(own(other), exists(select(notes.c.id).where(notes.c.id == "a"))))
    ),
    "in": mine.where(notes.c.id.in_(select(other.c.id))),
    "a subquery that leaves out what the outer has": select(notes.c.id)
    .where(own(notes))
    .where(notes.c.id.in_(select(notes.c.id).correlate(None))),
    "subquery": select(not_mine.subquery().c.id),
    "subquery with the same table scoped outside": select(notes.c.id)
    .select_from(join(notes, not_mine.subquery(), true()))
    .where(own(notes)),
    "common table expression": select(not_mine.cte("c").c.id),
    "union": union_all(mine, not_mine),
    "update": update(notes).values(text="x"),
    "update of another table's match": update(notes).where(own(notes), same).values(text=other.c.text),
    "update reading another table in a value": update(notes).where(own(notes)).values(text=other.c.text),
    "update that gives a row away": update(notes).where(own(notes)).values(tenant_id=THEIRS),
    "update that gives a row away by the unit's name": update(notes).where(own(notes)).values(tenant_id=MIDORI),
    "delete": delete(notes).where(notes.c.id == "x"),
    "delete using": delete(notes).where(own(notes), same),
    "delete by a subquery": delete(notes).where(own(notes), notes.c.id.in_(select(other.c.id))),
    "insert for another": insert(notes).values(tenant_id=MIDORI, id="x", text=""),
    "insert for another by a value's name": insert(notes).values(tenant_id=THEIRS, id="x", text=""),
    "insert many for another": insert(notes).values([{"tenant_id": THEIRS, "id": "x", "text": ""}]),
    "insert from select": _copy(select(other.c.tenant_id, other.c.id, other.c.text)),
    "insert from select for another": _copy(select(THEIRS, other.c.id, other.c.text).where(own(other))),
    "upsert over a key that tenants share": _upsert("id"),
    "text": text("SELECT id FROM notes"),
    "text in a column": select(text("* FROM notes")),
    "text in a condition": mine.where(text("1 = 1 OR 1 = 1")),
    "a literal column": select(literal_column("(SELECT id FROM notes)")),
    "a table known by name only": select(column("id")).select_from(table("notes")),
}

ALLOWED = {
    "select": mine,
    "select with more": select(notes.c.id).where(and_(notes.c.id == "a", and_(own(notes), notes.c.text != "b"))),
    "select ours and (this or that)": mine.where(or_(notes.c.id == "a", notes.c.id == "b")),
    "select some of a list": mine.where(notes.c.text.in_(["a", "b"])),
    "count": select(func.count()).select_from(notes).where(own(notes)),
    "our own row of tenants": select(tenants.c.id).where(tenants.c.id == bindparam("tenant_id")),
    "alias": select(other.c.id).where(own(other)),
    "join": select(notes.c.id).select_from(join(notes, other, and_(same, own(other)))).where(own(notes)),
    "left join": select(notes.c.id).select_from(outerjoin(notes, other, and_(same, own(other)))).where(own(notes)),
    "exists": mine.where(exists(select(other.c.id).where(own(other), same))),
    "subquery": select(mine.subquery().c.id),
    "common table expression": select(mine.cte("c").c.id),
    "union": union_all(mine, mine),
    "update": update(notes).where(own(notes), notes.c.id == bindparam("note")).values(text=bindparam("new")),
    "update by another's match": update(notes).where(own(notes), own(other), same).values(text=other.c.text),
    "delete": delete(notes).where(own(notes), notes.c.id == bindparam("note")),
    "insert": insert(notes),
    "insert for us": insert(notes).values(tenant_id=bindparam("tenant_id"), id="x", text=""),
    "insert from select": _copy(select(other.c.tenant_id, other.c.id, other.c.text).where(own(other))),
    "upsert": _upsert("tenant_id", "id"),
}


def compiled(statement: Any) -> list[Any]:
    return [Statement(statement, platform=False).sql(dialect) for dialect in (SQLITE, POSTGRESQL)]


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_a_statement_that_does_not_name_its_tenant_everywhere_is_refused_when_compiled(statement: Any) -> None:
    for dialect in (SQLITE, POSTGRESQL):
        with pytest.raises(Unscoped):
            Statement(statement, platform=False).sql(dialect)


@pytest.mark.parametrize("statement", ALLOWED.values(), ids=ALLOWED)
def test_a_statement_that_names_its_tenant_is_compiled(statement: Any) -> None:
    if isinstance(statement, sqlite.Insert):
        assert Statement(statement, platform=False).sql(SQLITE)
    else:
        assert compiled(statement)


def test_a_statement_of_the_platform_may_see_every_tenant() -> None:
    assert Statement(not_mine, platform=True).sql(SQLITE)[0].startswith("SELECT notes.id")


class IdAndText(NamedTuple):
    id: str
    text: str


class TextAndId(NamedTuple):
    text: str
    id: str


def test_the_fields_of_an_appended_row_are_the_columns_of_its_table() -> None:
    in_order = addition(notes, NewNote).sql(SQLITE).in_order
    assert in_order is not None
    assert in_order({"number": 3, "id": "n", "text": "t", "tenant_id": "tnt"}) == ("tnt", "n", "t", 3)
    with pytest.raises(TypeError, match="TextAndId has the fields"):
        addition(notes, TextAndId).sql(SQLITE)


@pytest.mark.parametrize(
    "build",
    [
        lambda: select(notes.c.id, notes.c.text).where(own(notes)),
        lambda: union_all(*[select(notes.c.id, notes.c.text).where(own(notes))] * 2),
        lambda: update(notes).where(own(notes)).values(text="x").returning(notes.c.id, notes.c.text),
    ],
    ids=["select", "union", "returning"],
)
def test_the_fields_of_a_row_are_the_columns_of_its_statement(build: Callable[[], CompoundSelect[Any]]) -> None:
    assert query(build(), IdAndText).sql(SQLITE)
    with pytest.raises(TypeError, match="TextAndId has the fields"):
        query(build(), TextAndId).sql(SQLITE)


def test_a_statement_keeps_the_values_that_it_carries_itself() -> None:
    change = update(notes).where(own(notes), notes.c.id == bindparam("note")).values(text="fixed", number=None)
    values = command(change).sql(SQLITE).literals
    assert values == {"text": "fixed", "number": None}


def test_a_statement_is_compiled_once_for_each_dialect() -> None:
    built: list[Any] = []

    def build(dialect: Any) -> Any:
        built.append(dialect)
        return insert(notes)

    add = command(build)
    for _ in range(3):
        assert add.sql(SQLITE)[0] != add.sql(POSTGRESQL)[0]
    assert len(built) == 2
