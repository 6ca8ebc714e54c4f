"""What each row of a batch would do: make an ID, change one, nothing, or fail, with everything that is wrong named."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from idp import credentials, users
from idp.credentials import KeyScope, Permissions
from idp.imports import columns
from idp.imports.model import Fault, Row
from idp.kit.errors import Conflict, FieldError, Invalid, Refused
from idp.kit.fields import Fields, shortened
from idp.kit.units import Unit
from idp.users import Draft, Frame, Group, Identity, UserStatus


class Creation(NamedTuple):
    row: Row
    draft: Draft
    status: UserStatus
    password: str | None


class Change(NamedTuple):
    row: Row
    identity: Identity
    draft: Draft
    status: UserStatus


class Same(NamedTuple):
    row: Row


class Faulty(NamedTuple):
    row: Row
    faults: tuple[Fault, ...]


Verdict = Creation | Change | Same | Faulty


class Seen:
    """The user names of the rows before, each with its line: of two rows for one ID the second is refused."""

    def __init__(self) -> None:
        self._lines: dict[bytes, int] = {}

    def add(self, row: Row) -> Fault | None:
        if not row.cells:
            return None
        name = name_of(row)
        key = users.look_up_key(name)
        first = self._lines.setdefault(key, row.line)
        if not key or first == row.line:
            return None
        detail = f"The row of line {first} is for this user name already."
        return row.wrong("user_name", "repeated", detail, found=shortened(name))


def name_of(row: Row) -> str:
    return row.cells["user_name"] or row.cells.get("email", "")


def known(unit: Unit, rows: Sequence[Row], *, hold: bool) -> dict[bytes, Identity]:
    """Those IDs that there are already; with `hold` nobody else takes one of the other names before the commit."""
    return users.find_by_names(unit, [name_of(row) for row in rows if row.cells], hold=hold)


def judge(unit: Unit, rows: Sequence[Row], seen: Seen, *, hold: bool) -> Iterator[Verdict]:
    """In the order of the rows. Nothing has changed yet of what is asked of the unit."""
    found = known(unit, rows, hold=hold)
    groups, frame = _groups(unit, rows), users.frame(unit)
    for row in rows:
        fault = row.fault or seen.add(row)
        if fault is not None:
            yield Faulty(row, (fault,))
            continue
        identity = found.get(users.look_up_key(name_of(row)))
        try:
            yield _created(row, groups, frame) if identity is None else _changed(row, identity, groups, frame)
        except Invalid as wrong:
            yield Faulty(row, tuple(_faults(row, wrong.errors)))


def against(unit: Unit, verdict: Verdict, *, granting: Permissions, joining: bool) -> Fault | None:
    """Why it may not be, by the rules of a single creation or change. `joining` where IDs may be put into groups."""
    if isinstance(verdict, Same | Faulty):
        return None
    before = verdict.identity if isinstance(verdict, Change) else None
    if not joining and verdict.draft.groups != (frozenset() if before is None else before.groups):
        return verdict.row.wrong("groups", "forbidden", "Groups need the permission members:write.")
    try:
        credentials.refuse_administrator(granting, had=() if before is None else before.roles, gets=verdict.draft.roles)
        if before is not None:
            cut = users.is_cut(before.draft, verdict.draft) or before.status is not verdict.status
            if cut or users.is_readdressed(before.draft, verdict.draft):
                held = credentials.roles.permissions_of(unit, KeyScope.TENANT, before.id, of_id=before.roles)
                credentials.refuse_stand_in(granting, held)
            users.refuse_lockout(unit, before, verdict.draft, verdict.status)
    except (Refused, Conflict) as refused:
        return verdict.row.wrong("roles", refused.code, refused.public)
    return None


def _created(row: Row, groups: Mapping[bytes, Group], frame: Frame) -> Creation:
    said, errors = columns.document(row.cells, frame.definitions), list[FieldError]()
    status = Fields(said, errors=errors).choice("status", UserStatus, frozenset(), default=UserStatus.ACTIVE)
    said.pop("status", None)
    said.setdefault("display_name", columns.shown_name(row.cells))
    password = _password(row, errors)
    _name_groups(said, groups, errors)
    try:
        draft = users.read(said, frame)
    except Invalid as wrong:
        raise Invalid(wrong.code, errors=[*wrong.errors, *errors]) from None
    if errors:
        raise Invalid("invalid", errors=errors)
    return Creation(row, draft, status, password)


def _changed(row: Row, identity: Identity, groups: Mapping[bytes, Group], frame: Frame) -> Change | Same:
    """A password is for IDs that are made: or the same file, imported twice, would sign people out."""
    said, errors = columns.document(row.cells, frame.definitions), list[FieldError]()
    _name_groups(said, groups, errors)
    try:
        draft, status = users.read_change(identity, said, frame)
    except Invalid as wrong:
        raise Invalid(wrong.code, errors=[*wrong.errors, *errors]) from None
    if errors:
        raise Invalid("invalid", errors=errors)
    if (draft, status) == (identity.draft, identity.status):
        return Same(row)
    return Change(row, identity, draft, status)


def _password(row: Row, errors: list[FieldError]) -> str | None:
    password = row.cells.get("password") or None
    if password is not None:
        try:
            credentials.refuse_impossible(password)
        except Invalid as wrong:
            errors += wrong.errors
    return password


def _name_groups(said: dict[str, Any], groups: Mapping[bytes, Group], errors: list[FieldError]) -> None:
    """Puts the ids of groups in the place of their names."""
    names: list[str] = said.get("groups") or []
    found = {name: groups.get(users.look_up_key(name)) for name in names}
    for name, group in found.items():
        if group is None:
            errors.append(FieldError("/groups", "unknown_group", "There is no such group.", shortened(name)))
        elif group.rule is not None:
            detail = "Its rule says who is in this group."
            errors.append(FieldError("/groups", "group_is_dynamic", detail, shortened(name)))
    if names:
        said["groups"] = sorted({group.id for group in found.values() if group is not None})


def _groups(unit: Unit, rows: Sequence[Row]) -> dict[bytes, Group]:
    """Those that the rows name and that there are, by `look_up_key`."""
    names = {name for row in rows for name in columns.names_in(row.cells.get("groups", ""))}
    named = ((name, users.groups.find_by_name(unit, name)) for name in names)
    return {users.look_up_key(name): group for name, group in named if group is not None}


def _faults(row: Row, errors: Iterable[FieldError]) -> Iterator[Fault]:
    for error in errors:
        column = columns.column_of(error.pointer)
        found = None if column == "password" else error.found
        yield row.wrong(column, error.code, error.detail, found=found, expected=error.expected)
