"""One tenant's plan in the making: what there is, what is said, and the steps from one to the other."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from idp import federation, users
from idp.configurations.asking import Elsewhere, Wanted
from idp.configurations.faults import faults_of
from idp.configurations.model import Action, Change, Revealed, Step, TenantPlan
from idp.configurations.references import References
from idp.federation import Registered
from idp.kit import ids
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import Definition, Group

T = TypeVar("T")

MOST = 100_000  # of one kind in a tenant
MOST_PEOPLE = 1_000_000
_LONGEST_NAME = 256
PAGE = 500
_ID = re.compile(r"[a-z]{2,4}_[0-9a-f]{32}")


class Likeness(NamedTuple):
    """What an item is called, and the ids of those that are called so; `sure` where only one ever is."""

    called: str
    ids: list[str]
    sure: bool = True


Likely = Callable[[Fields], Likeness]


class Surroundings:
    """What is the same for every reading of a document; `new_id` gives one place the same id again."""

    def __init__(
        self, *, base_url: str, production: bool, prune: bool, references: References, elsewhere: Elsewhere
    ) -> None:
        self.base_url = base_url
        self.production = production
        self.prune = prune
        self.references = references
        self.elsewhere = elsewhere
        self._made: dict[str, str] = {}

    def new_id(self, kind: str, place: str) -> str:
        if place not in self._made:
            self._made[place] = ids.new(kind)
        return self._made[place]


class Matched(NamedTuple):
    """An item of the document, and which one it is: `held` None where there is none yet."""

    fields: Fields
    id: str
    held: Any


class Bench:
    def __init__(self, unit: Unit, around: Surroundings, *, slug: str, place: str, errors: list[FieldError]) -> None:
        self.unit = unit
        self.around = around
        self.slug = slug
        self.place = place
        self.errors = errors
        self.wanted: list[Wanted] = []
        self.steps: list[Step] = []
        self.deletions: list[Step] = []
        self.last: list[tuple[str, Callable[[Unit], object]]] = []
        self.left: list[tuple[str, str]] = []
        self.unchanged = 0
        self.tries_policies = False
        self.people = People(unit)

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The attributes that there will be, by their names."""
        return {each.name: each for each in users.attribute_schema.definitions(self.unit)}

    @cached_property
    def groups(self) -> dict[str, str]:
        """The names of those that there will be, by their ids."""
        return dict(self.present_groups)

    @cached_property
    def present_groups(self) -> dict[str, str]:
        """The names of those that there are, by their ids."""
        return names_of_groups(self.unit)

    @cached_property
    def services(self) -> dict[str, tuple[str, str]]:
        """The names and client_ids of those that there will be, by their ids."""
        return {each.service.id: (each.service.name, each.service.client_id) for each in every_service(self.unit)}

    @cached_property
    def clients(self) -> dict[str, str]:
        """The ids of those services, by their client_ids."""
        return {client_id: service_id for service_id, (_, client_id) in self.services.items() if client_id}

    def expect_service(self, service_id: str, name: str, client_id: str) -> None:
        _, known = self.services.get(service_id, ("", ""))
        if self.clients.get(known) == service_id:
            del self.clients[known]
        if client_id:
            self.clients.setdefault(client_id, service_id)
        self.services[service_id] = name, client_id

    def services_called(self, said: str) -> list[str]:
        """By a name or a client_id. Asked when it is known which services there will be."""
        return self._services_called.get(said, [])

    @cached_property
    def _services_called(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for service_id, names in self.services.items():
            for name in {*names}:
                found.setdefault(name, []).append(service_id)
        return found

    def group_named(self, name: str) -> str | None:
        """The id of the group that will have the name, in any spelling that is the same. Asked when it is known which
        groups there will be."""
        found = self._groups_by_name.get(users.look_up_key(name))
        return found if found in self.groups else None

    @cached_property
    def _groups_by_name(self) -> dict[bytes, str]:
        return {users.look_up_key(name): group_id for group_id, name in self.groups.items()}

    def matched(
        self, said: Mapping[int, Fields], held: Mapping[Any, Any], *, kind: str, likely: Likely
    ) -> Iterator[Matched]:
        """Each item of the document by its id; one without by what is `likely` the same and is nobody else's."""
        seen: dict[str, str] = {}
        for fields in sorted(said.values(), key=lambda each: _rank(each, likely)):
            found = self._which(fields, kind, likely, seen)
            if found is None:
                continue
            if found in seen:
                self._refuse_twice(fields, seen[found], found)
                continue
            seen[found] = fields.at
            yield Matched(fields, found, held.get(found))

    def _which(self, fields: Fields, kind: str, likely: Likely, seen: dict[str, str]) -> str | None:
        given = fields.given("id")
        if given is not None:
            if isinstance(given, str) and _ID.fullmatch(given) and given.startswith(f"{kind}_"):
                return given
            detail = "Such an id has its kind in front of 32 hexadecimal digits; left out, one is made."
            fields.refuse("id", "invalid_format", detail, found=given, expected=f"{kind}_…")
            return None
        called, candidates, _ = likely(fields)
        free = [each for each in candidates if each not in seen]
        if f"={called}" in seen:
            self._refuse_twice(fields, seen[f"={called}"], called)
            return None
        seen[f"={called}"] = fields.at
        if len(free) > 1:
            detail = "Several are called so: say by its id which one is meant."
            self.errors.append(FieldError(fields.at, "ambiguous", detail, fields.given("name"), free))
            return None
        return free[0] if free else self.around.new_id(kind, f"{self.place}/{kind}/{called}")

    def _refuse_twice(self, fields: Fields, first: str, found: str) -> None:
        self.errors.append(FieldError(fields.at, "named_twice", f"This is the same as at {first}.", found))

    def judged(self, place: str, work: Callable[[], T]) -> T | None:
        """None where it is refused, which is remembered with the place in front; or where it has to wait for something
        from elsewhere."""
        try:
            return work()
        except Wanted as wanted:
            self.wanted.append(wanted)
        except Invalid as invalid:
            self.errors += faults_of(invalid, place)
        except Conflict as conflict:
            self.errors += faults_of(conflict, place)
        return None

    def step(  # what a step is made of
        self,
        action: Action,
        kind: str,
        matched: Matched,
        name: str,
        changes: Iterable[Change],
        do: Callable[[Unit], Revealed | None],
    ) -> None:
        made = tuple(changes)
        if action is Action.CHANGE and not made:
            self.unchanged += 1
        else:
            self.steps.append(Step(kind, action, matched.id, name, matched.fields.at, made, do))

    def unnamed(self, kind: str, item_id: str, name: str, do: Callable[[Unit], None]) -> None:
        """Of what there is and the document does not name."""
        if self.around.prune:
            self.deletions.append(Step(kind, Action.DELETE, item_id, name, f"{self.place}/{kind}", (), do))
        else:
            self.left.append((kind, name))

    def _deleting(self) -> list[Step]:
        """What rests on others goes first; of a kind by name, so that the same plan reads the same."""
        kinds = list(dict.fromkeys(step.kind for step in self.deletions))
        return sorted(self.deletions, key=lambda step: (-kinds.index(step.kind), step.name, step.id))

    def plan(self, revision: int) -> TenantPlan:
        return TenantPlan(
            self.unit.tenant,
            self.slug,
            self.place,
            revision,
            (*self.steps, *self._deleting()),
            self.unchanged,
            tuple(sorted(self.left)),
            tuple(self.last),
            self.tries_policies,
        )


def _rank(fields: Fields, likely: Likely) -> int:
    """Who says for sure which one it is takes it before who merely seems to."""
    return 0 if fields.given("id") is not None else 1 if likely(fields).sure else 2


class People:
    """Names of IDs, each looked up once."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._names: dict[str, str | None] = {}
        self._ids: dict[bytes, str | None] = {}

    def name(self, user_id: str) -> str | None:
        """None for one that is no longer there."""
        self.load([user_id])
        return self._names[user_id]

    def names(self, user_ids: Collection[str]) -> list[str]:
        self.load(user_ids)
        return sorted(name for name in map(self.name, user_ids) if name is not None)

    def load(self, user_ids: Iterable[str]) -> None:
        """Those whose names will be asked for, all at once."""
        unknown = [each for each in user_ids if each not in self._names]
        if unknown:
            found = users.find_each(self._unit, unknown)
            self._names |= {each: found[each].user_name if each in found else None for each in unknown}

    def wanted(self, fields: Fields, member: str, present: set[str], *, prune: bool) -> set[str]:
        """The ids of those whom a member names, beside those who are there already unless they are pruned; whom nobody
        knows is remembered in the fields."""
        names = fields.texts(member, most=MOST_PEOPLE, longest=_LONGEST_NAME)
        if names is None:
            return present
        found = self.ids(names)
        for place in names.keys() - found.keys():
            fields.refuse(f"{member}/{place}", "unknown_value", "There is no such ID.", found=names[place])
        return set(found.values()) if prune else present | set(found.values())

    def ids(self, names: Mapping[int, str]) -> dict[int, str]:
        """By the place of the name; those that nobody has are left out."""
        keys = {place: users.look_up_key(name) for place, name in names.items()}
        unasked = {key: names[place] for place, key in keys.items() if key not in self._ids}
        if unasked:
            found = users.find_by_names(self._unit, unasked.values(), hold=False)
            self._ids |= {key: found[key].id if key in found else None for key in unasked}
            self._names |= {each.id: each.user_name for each in found.values()}
        return {place: user_id for place, key in keys.items() if (user_id := self._ids[key]) is not None}


def every_group(unit: Unit) -> Iterator[Group]:
    return pages(lambda after: users.groups.page(unit, after=after, limit=PAGE), lambda group: group.id)


def names_of_groups(unit: Unit) -> dict[str, str]:
    """By their ids."""
    return {group.id: group.name for group in every_group(unit)}


def every_service(unit: Unit) -> Iterator[Registered]:
    """But those that have registered themselves."""
    themselves = federation.self_registered(unit)
    every = pages(lambda after: federation.page(unit, after=after, limit=PAGE), lambda each: each.service.id)
    return (each for each in every if each.service.id not in themselves)


def pages(page: Callable[[str], list[T]], key: Callable[[T], str]) -> Iterator[T]:
    """Of lists by `PAGE`: one that is not full is the last."""
    after, more = "", True
    while more:
        rows = page(after)
        yield from rows
        more = len(rows) == PAGE
        after = key(rows[-1]) if rows else after
