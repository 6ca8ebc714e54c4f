"""Whether a statement names its tenant wherever it reads or writes a tenant's table.

Every SELECT, UPDATE and DELETE, at whatever depth of the statement, must compare the tenant of each table that it works
on with the unit's tenant, where nothing can go round it: a term of the WHERE, or of the ON that lets the table in,
joined to others by AND. What cannot be read (text, unknown sources) is refused.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import BindParameter, Column, CompoundSelect, Delete, Insert, Join, Select, Table, Update
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnClause, Grouping, Label, TextClause
from sqlalchemy.sql.selectable import CTE, Alias, SelectBase, Subquery

_NOBODY: frozenset[Any] = frozenset()


class Unscoped(TypeError):
    """A statement reads or writes a tenant's table without naming the tenant."""


def refuse_unscoped(statement: Any) -> None:
    if not isinstance(statement, (Select, CompoundSelect, Insert, Update, Delete)):
        raise Unscoped(f"{type(statement).__name__} cannot be checked for its tenant")
    _visit(statement, _NOBODY)


def _visit(node: Any, outer: AbstractSet[Any]) -> None:
    """`outer` are the tables of the enclosing statement, which that one has scoped and this one may correlate to."""
    if isinstance(node, TextClause) or (isinstance(node, ColumnClause) and node.is_literal and node.name != "*"):
        raise Unscoped(f"nobody can tell what the text {str(node)!r} reads")
    if isinstance(node, (Subquery, CTE)):
        outer = _NOBODY  # stands in a FROM: it sees nothing of what is around it
    elif isinstance(node, Select):
        outer = _check_select(node, outer)
    elif isinstance(node, (Update, Delete)):
        outer = _check_change(node)
    elif isinstance(node, Insert):
        _check_insert(node)
    for child in node.get_children():
        _visit(child, outer)


def _check_select(select: Any, outer: AbstractSet[Any]) -> AbstractSet[Any]:
    sources = select.get_final_froms()
    terms = [*_terms(select.whereclause), *(term for source in sources for term in _admitting(source))]
    # SQLAlchemy leaves a table out of a FROM when the statement right around it has it, unless told otherwise
    correlated = outer if select._auto_correlate else outer & set(select._correlate or ())
    return _check_tables({table for source in sources for table in _tables(source)} - correlated, terms)


def _check_change(statement: Any) -> AbstractSet[Any]:
    if isinstance(statement, Update):
        _check_value(statement.table, statement._values or {})
    mentioned = {table for child in statement.get_children() for table in _mentioned(child)}
    return _check_tables({statement.table, *mentioned}, _terms(statement.whereclause))


def _check_insert(statement: Any) -> None:
    own = _tenant_column(statement.table)
    if own is None:
        return
    for values in (statement._values or {}, *(row for rows in statement._multi_values for row in rows)):
        _check_value(statement.table, values)
    if statement.select is not None:
        chosen = dict(zip(statement._select_names, statement.select.selected_columns, strict=True))
        _check_value(statement.table, {own.key: chosen.get(own.key)})
    conflict = statement._post_values_clause
    if conflict is not None and hasattr(conflict, "update_values_to_set"):
        target = {getattr(column, "key", column) for column in conflict.inferred_target_elements or ()}
        if own.key not in target:
            raise Unscoped(f"a conflict on {statement.table.name} could be with another tenant's row")


def _check_tables(tables: AbstractSet[Any], terms: Iterable[Any]) -> AbstractSet[Any]:
    scoped = {term.left for term in terms if _names_tenant(term)}
    for table in tables:
        column = _tenant_column(table)
        if column is not None and column not in scoped:
            raise Unscoped(f"a statement on {table.name} does not name its tenant")
    return tables


def _check_value(table: Any, values: Any) -> None:
    """A row is written for the unit's tenant, or copied from a row of it (which its SELECT has scoped)."""
    own = _tenant_column(table)
    for column, value in values.items():
        plain = value.element if isinstance(value, Label) else value
        copied = isinstance(plain, Column) and plain.key == "tenant_id"
        if own is not None and getattr(column, "key", column) == own.key and not (copied or _is_tenant(plain)):
            raise Unscoped(f"a statement writes rows of {table.name} for a tenant of its own choice")


def _tenant_column(table: Any) -> Any:
    if "tenant_id" in table.c:
        return table.c.tenant_id
    return table.c.id if getattr(table, "element", table).name == "tenants" else None


def _tables(source: Any) -> Iterator[Any]:
    if isinstance(source, Join):
        yield from _tables(source.left)
        yield from _tables(source.right)
    elif isinstance(source, (Table, Alias)):
        yield source
    elif not isinstance(source, (Subquery, CTE)):  # those are visited as statements of their own
        raise Unscoped(f"the source {source} cannot be checked for its tenant")


def _mentioned(node: Any) -> Iterator[Any]:
    """Tables whose columns are used outside any SELECT: an UPDATE or DELETE reads them too."""
    if isinstance(node, SelectBase):
        return
    if isinstance(node, Column):
        yield node.table
    for child in node.get_children():
        yield from _mentioned(child)


def _admitting(source: Any) -> Iterator[Any]:
    """Terms of ON, each for the tables that it can keep out: an outer join lets its left side in whatever ON says."""
    if not isinstance(source, Join):
        return
    yield from _admitting(source.left)
    yield from _admitting(source.right)
    if not source.full:
        limited = set(_tables(source.right)) if source.isouter else set(_tables(source))
        yield from (term for term in _terms(source.onclause) if _names_tenant(term) and term.left.table in limited)


def _terms(condition: Any) -> Iterator[Any]:
    if isinstance(condition, Grouping):
        yield from _terms(condition.element)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for clause in condition.clauses:
            yield from _terms(clause)
    elif condition is not None:
        yield condition


def _names_tenant(term: Any) -> bool:
    return isinstance(term, BinaryExpression) and term.operator is operators.eq and _is_tenant(term.right)


def _is_tenant(node: Any) -> bool:
    return isinstance(node, BindParameter) and node.key == "tenant_id"
