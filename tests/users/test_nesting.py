"""Groups in groups, against what anybody would count by hand."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.users.test_users import LIMIT, add, draft

from idp import users
from idp.kit.asking import NATURAL, Asked
from idp.kit.errors import Conflict, NotFound
from idp.kit.listing import Question, Slice
from idp.users import nesting
from idp.users.groups import create, nest, unnest

GROUPS, PEOPLE = 5, 3


class Op(NamedTuple):
    act: str
    first: int
    second: int


OPS = st.builds(
    Op,
    st.sampled_from(["join", "join", "nest", "nest", "nest", "leave", "unnest", "delete"]),
    st.integers(0, GROUPS - 1),
    st.integers(0, GROUPS - 1),
)


class Counted:
    """Who is where, counted anew each time."""

    def __init__(self) -> None:
        self.people: set[tuple[int, int]] = set()
        self.inner: set[tuple[int, int]] = set()
        self.gone: set[int] = set()

    def within(self, group: int) -> set[int]:
        found = {group}
        while more := {inner for outer, inner in self.inner if outer in found} - found:
            found |= more
        return found

    def of(self, person: int) -> set[int]:
        return {g for g in range(GROUPS) if any((each, person) in self.people for each in self.within(g))}

    def do(self, op: Op) -> type[Exception] | None:
        act, first, second = op
        pair, person = (first, second), (first, second % PEOPLE)
        if first in self.gone or (act in ("nest", "unnest") and second in self.gone):
            return NotFound
        if act in ("leave", "unnest"):
            held, wanted = (self.people, person) if act == "leave" else (self.inner, pair)
            if wanted not in held:
                return NotFound
            held.discard(wanted)
        elif act == "join":
            self.people.add(person)
        elif act == "nest":
            if first in self.within(second):
                return Conflict
            self.inner.add(pair)
        else:
            self.gone.add(first)
            self.inner = {pair for pair in self.inner if first not in pair}
            self.people = {each for each in self.people if each[0] != first}
        return None


def effective(unit: Any, group: str) -> list[users.Member]:
    return users.groups.everybody_in(unit, group, Question(limit=200)).items


def do(unit: Any, op: Op, groups: list[str], people: list[str]) -> None:
    group, other, person = groups[op.first], groups[op.second], people[op.second % PEOPLE]
    {
        "join": lambda: users.groups.add_member(unit, group, person),
        "leave": lambda: users.groups.remove_member(unit, group, person),
        "nest": lambda: nest(unit, group, other),
        "unnest": lambda: unnest(unit, group, other),
        "delete": lambda: users.groups.delete(unit, group),
    }[op.act]()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=st.lists(OPS, min_size=4, max_size=14))
def test_who_is_in_which_group_is_what_anybody_would_count(world, ops):
    with world.open() as unit:
        groups: list[str] = []
        for number in range(GROUPS):
            known = users.groups.find_by_name(unit, f"g{number}")
            if known is not None:
                users.groups.delete(unit, known.id)
            groups.append(create(unit, f"g{number}").id)
        people = [
            (users.find_by_name(unit, f"p{n}") or users.create(unit, draft(f"p{n}"), limit=LIMIT)).id
            for n in range(PEOPLE)
        ]
        counted = Counted()
        for op in ops:
            expected = counted.do(op)
            with nullcontext() if expected is None else pytest.raises(expected):
                do(unit, op, groups, people)
            for number, person in enumerate(people):
                mine = {groups[each] for each in counted.of(number)}
                assert users.groups_of(unit, person) == mine
                assert {each.group_id for each in users.groups.memberships_of(unit, person)} == mine
        for number in set(range(GROUPS)) - counted.gone:
            inside = {person for n, person in enumerate(people) if number in counted.of(n)}
            assert {each.user_id for each in effective(unit, groups[number])} == inside


@pytest.fixture
def chain(world):
    with world.open() as unit:
        return [create(unit, f"level {n}").id for n in range(nesting.DEEPEST + 1)]


def test_a_circle_is_refused_with_its_path_and_so_is_what_is_too_deep(world, chain):
    with world.open() as unit:
        for outer, inner in pairwise(chain[:-1]):
            nest(unit, outer, inner)
        nest(unit, chain[0], chain[1])
    with pytest.raises(Conflict) as circle, world.open() as unit:
        nest(unit, chain[3], chain[1])
    assert (circle.value.code, circle.value.members) == ("group_cycle", {"path": [*chain[3:4], *chain[1:4]]})
    with pytest.raises(Conflict) as itself, world.open() as unit:
        nest(unit, chain[3], chain[3])
    assert itself.value.members == {"path": [chain[3], chain[3]]}
    with pytest.raises(Conflict) as deep, world.open() as unit:
        nest(unit, chain[-2], chain[-1])
    assert (deep.value.code, deep.value.members) == ("groups_too_deep", {"limit": nesting.DEEPEST})
    assert world.events().count("group.nested") == nesting.DEEPEST - 1


def test_how_somebody_is_in_a_group_is_told(world, chain):
    taro = add(world)
    with world.open() as unit:
        outer, left, right = chain[:3]
        nest(unit, outer, left)
        nest(unit, outer, right)
        for group in (left, right):
            users.groups.add_member(unit, group, taro.id)
        shown = {each.group_id: each for each in users.groups.memberships_of(unit, taro.id)}
        assert users.groups.membership_to_json(shown[outer])["direct"] is False
        assert shown[outer].through == tuple(sorted([left, right]))
        assert shown[left].through == ()
        assert users.get(unit, taro.id).groups == {left, right}
        assert users.attributes_of(unit, taro, ["groups"]) == {"groups": ["level 0", "level 1", "level 2"]}
        unnest(unit, outer, left)
        assert outer in users.groups_of(unit, taro.id)
        unnest(unit, outer, right)
        assert outer not in users.groups_of(unit, taro.id)


def test_the_neighbour_nests_nothing_of_ours(world, chain):
    with world.open(world.midori) as unit:
        theirs = create(unit, "theirs").id
        for outer, inner in ((theirs, chain[0]), (chain[0], theirs)):
            with pytest.raises(NotFound):
                nest(unit, outer, inner)
        assert effective(unit, chain[0]) == []


def test_many_groups_side_by_side_are_kept_within_a_moment(world):
    with world.open() as unit:
        top = create(unit, "top").id
        for number in range(60):
            nest(unit, top, create(unit, f"n{number}").id)
        assert len(users.groups.NESTED.page(unit, Question(limit=200), group=top).items) == 60


def paged(page: Callable[[Question], Slice[Any]], asked: Asked) -> list[str]:
    """All of it, two at a time."""
    found: list[str] = []
    after = ""
    while True:
        piece = page(Question(asked, after, 2))
        found += [each.id for each in piece.items]
        if not piece.next:
            return found
        after = piece.next


def test_everybody_in_many_groups_comes_once_page_by_page_in_both_directions(world):
    people = [add(world, f"p{number}") for number in range(7)]
    with world.open() as unit:
        top, inner = create(unit, "top").id, [create(unit, f"n{number}").id for number in range(20)]
        for each in inner:
            nest(unit, top, each)
        for number, each in enumerate(people[1:]):
            for group in (inner[number], inner[number + 9], top if number % 2 else inner[19]):
                users.groups.add_member(unit, group, each.id)
        inside = sorted(each.id for each in people[1:])
        for descending in (False, True):
            expected = inside[::-1] if descending else inside
            asked = Asked({}, NATURAL, descending)
            listed = Asked({"group": top}, NATURAL, descending)
            assert paged(partial(users.groups.everybody_in, unit, top), asked) == expected
            assert paged(partial(users.LISTED.page, unit), listed) == expected
        only = users.groups.everybody_in(unit, top, Question(Asked({"user": inside[2]}))).items
        assert [each.user_id for each in only] == [inside[2]]
        assert users.groups.everybody_in(unit, top, Question(Asked({"user": people[0].id}))).items == []
