"""What a tenant takes along: its own data as one archive, written while it is sent, so that its size does not matter.

Page by page, each as of its own moment: a client that reads slowly holds no transaction open. Nothing in it is secret.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, TypeVar, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from idp import audit, contracts, federation, tenants, users
from idp.admin import gate, negotiation, rights
from idp.admin.answers import Stream
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.audit import Entry, Event, Place
from idp.contracts import Status
from idp.credentials import Noun
from idp.kit import spreadsheets
from idp.kit.units import Unit

T = TypeVar("T")
Document = dict[str, Any]

_ZIP = "application/zip"
_PAGE = 200
_COLUMNS = (
    "id",
    "user_name",
    "display_name",
    "email",
    "affiliation",
    "roles",
    "locale",
    "status",
    "created_at",
    "changed_at",
)


def of_tenant(call: Call) -> Stream:
    """The tenant's data, as a ZIP archive of CSV and JSON Lines.

    While its contract runs, and after its end until the end of the day `export_until`. IDs, groups, services and their
    assignments, settings and the audit trail; passwords and secrets are not in it. `users.csv` is for spreadsheets,
    `users.jsonl` says all there is.
    """
    negotiation.choose(call.accept, (_ZIP,))
    with call.house.units.open(call.home, actor=call.actor) as unit:
        _refuse_late(unit, call)
        audit.record(unit, Event.TENANT_EXPORTED, subject=unit.tenant)
    return Stream(_archive(call), _ZIP, f"{call.tenant.slug}.zip")


def _refuse_late(unit: Unit, call: Call) -> None:
    if call.place.status is not Status.ENDED:
        return
    closes = contracts.exportable_until(unit, grace_days=call.grace_days)
    if closes is None or unit.now_us >= closes:
        raise gate.closed(Status.ENDED, "The days in which the tenant's data could be fetched are over.")


def _archive(call: Call) -> Iterator[bytes]:
    sink = _Sink()
    with ZipFile(cast("IO[bytes]", sink), "w", ZIP_DEFLATED) as archive:
        for name, lines in _members(call):
            with archive.open(ZipInfo(name), "w", force_zip64=True) as member:
                for line in lines:
                    member.write(line)
                    if sink.held:
                        yield sink.take()
    yield sink.take()


def _members(call: Call) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "settings.jsonl", _lines([_settings(call)])
    yield "users.csv", _table(_users(call))
    yield "users.jsonl", _lines(_users(call))
    yield "groups.jsonl", _lines(_groups(call))
    yield "services.jsonl", _lines(_services(call))
    yield "assignments.jsonl", _lines(_assignments(call))
    yield "audit.jsonl", _lines(_trail(call))


def _settings(call: Call) -> Document:
    tenant = _read(call, tenants.get)
    shown = ("slug", "display_name", "colour", "help_text", "time_zone")
    return {name: getattr(tenant, name) for name in shown}


def _users(call: Call) -> Iterator[Document]:
    found = _pages(call, lambda unit, after: users.page(unit, after=after, limit=_PAGE), lambda user: user.id)
    return (users.to_json(user) for user in found)


def _groups(call: Call) -> Iterator[Document]:
    for group in _pages(
        call, lambda unit, after: users.groups.page(unit, after=after, limit=_PAGE), lambda group: group.id
    ):
        members = _pages(call, _members_of(group.id), lambda member: member.id)
        yield {**users.groups.to_json(group), "members": [str(member.user_id) for member in members]}


def _members_of(group_id: str) -> Callable[[Unit, str], list[users.Member]]:
    return lambda unit, after: users.groups.members_of(unit, group_id, after=after, limit=_PAGE)


def _registered(call: Call) -> Iterator[federation.Registered]:
    return _pages(
        call, lambda unit, after: federation.page(unit, after=after, limit=_PAGE), lambda found: found.service.id
    )


def _services(call: Call) -> Iterator[Document]:
    return (federation.to_json(each) for each in _registered(call))


def _assignments(call: Call) -> Iterator[Document]:
    for each in _registered(call):
        for assignment in _pages(call, _assigned(each.service.id), lambda assignment: assignment.id):
            yield {"service_id": each.service.id, **federation.assignment_to_json(assignment)}


def _assigned(service_id: str) -> Callable[[Unit, str], list[federation.Assignment]]:
    return lambda unit, after: federation.assignments_of(unit, service_id, after=after, limit=_PAGE)


def _trail(call: Call) -> Iterator[Document]:
    place = audit.BEGINNING
    while page := _read(call, _entries_after(place)):
        yield from map(audit.to_json, page)
        place = page[-1].place


def _entries_after(place: Place) -> Callable[[Unit], list[Entry]]:
    return lambda unit: audit.page(unit, after=place, limit=_PAGE)


def _pages(call: Call, page: Callable[[Unit, str], list[T]], name: Callable[[T], str]) -> Iterator[T]:
    after = ""
    while found := _read(call, lambda unit, after=after: page(unit, after)):  # type: ignore[misc]
        yield from found
        after = name(found[-1])


def _read(call: Call, work: Callable[[Unit], T]) -> T:
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return work(unit)


def _lines(documents: Iterable[Document]) -> Iterator[bytes]:
    return (json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in documents)


def _table(documents: Iterable[Document]) -> Iterator[bytes]:
    yield spreadsheets.MARK + spreadsheets.row(_COLUMNS)
    for each in documents:
        yield spreadsheets.row([_cell(each[name]) for name in _COLUMNS])


def _cell(value: object) -> str:
    text = " ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return spreadsheets.harmless(text)


class _Sink(io.RawIOBase):
    """Where the archive is written to, and taken from as it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    @property
    def held(self) -> bool:
        return bool(self._parts)

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


ROUTES = (
    Route(
        "GET",
        "/tenants/{tenant}/export",
        of_tenant,
        rights.read(Noun.EXPORT, WITH_TENANT),
        conflicts=("contract_not_active",),
        in_grace=True,
        also=(_ZIP,),
    ),
)
